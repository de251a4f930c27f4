"""What the rollups of a made-up world should hold, by an independent route.

From the world's ground truth and the definitions of METRICS straight to rows, in plain Python:
nothing here is shared with `devhealth.processors`, `devhealth.metrics` or `devhealth.analytics`. If
a store holds the same rows after it was told the world, both are right.
"""

from collections.abc import Mapping
from datetime import date, timedelta

from devhealth.models.rollups import ROLLUPS
from devhealth.synthetic.directory import RULES
from devhealth.synthetic.expected.arithmetic import Row
from devhealth.synthetic.expected.courses import Courses
from devhealth.synthetic.expected.delivery_days import deployment_days, incident_days
from devhealth.synthetic.expected.file_days import file_days
from devhealth.synthetic.expected.investment_days import InvestmentDays
from devhealth.synthetic.expected.item_days import ItemDays
from devhealth.synthetic.expected.kinds import Kinds
from devhealth.synthetic.expected.people import People, repo_id
from devhealth.synthetic.expected.people_days import review_edges, user_days
from devhealth.synthetic.expected.pipeline_days import pipeline_days
from devhealth.synthetic.expected.repo_days import repo_days
from devhealth.synthetic.expected.seen import see
from devhealth.synthetic.expected.state_days import StateDays
from devhealth.synthetic.expected.team_days import TeamDays
from devhealth.synthetic.world import Repository, World


def expected(world: World, today: date | None = None) -> Mapping[str, list[Row]]:
    """By table the rows of all days up to `today`, in the order of their keys; ids are texts. Rows
    that are empty, which tell that something was there once, are not among them.

    `today`: the day on which they are computed, the world's last one or a later one; None: that.
    """
    found = _Expecting(world, today or last_day(world)).rows()
    keys = {rollup.table: rollup.key for rollup in ROLLUPS}
    return {
        table: sorted(rows, key=lambda row: tuple(row[name] for name in keys[table]))
        for table, rows in found.items()
    }


def last_day(world: World) -> date:
    return world.until - timedelta(days=1)


class _Expecting:
    def __init__(self, world: World, today: date) -> None:
        self._world, self._today = world, today
        self._people = People(world)
        self._teams, self._investments = TeamDays(), InvestmentDays()
        self._items, self._states = ItemDays(today), StateDays(today)
        self._rows: dict[str, list[Row]] = {rollup.table: [] for rollup in ROLLUPS}

    def rows(self) -> dict[str, list[Row]]:
        kinds = self._of_projects()
        for repository in sorted(self._world.repositories, key=_place):
            self._of_repository(repository, kinds)
        self._rows["team_metrics_daily"] += self._teams.rows()
        self._rows["investment_metrics_daily"] += self._investments.rows()
        self._rows["work_item_metrics_daily"] += self._items.rows()
        self._rows["work_item_state_durations_daily"] += self._states.rows()
        return self._rows

    def _of_projects(self) -> Kinds:
        """Counts items; what they are is what pull requests are that name them."""
        items = [each for work in self._world.works() for each in work.items]
        kinds = Kinds(RULES, items)
        courses = Courses(self._world, self._people, kinds)
        for item in items:
            course = courses.of(item)
            self._items.count(course)
            self._states.count(course)
            self._investments.count_item(course)
        return kinds

    def _of_repository(self, repository: Repository, kinds: Kinds) -> None:
        seen = see(self._world.history(repository), self._people, kinds)
        self._teams.count(seen)
        self._investments.count(seen)
        self._rows["repo_metrics_daily"] += repo_days(seen, self._today)
        self._rows["user_metrics_daily"] += user_days(seen)
        self._rows["file_metrics_daily"] += file_days(seen)
        self._rows["review_edges_daily"] += review_edges(seen)
        self._rows["cicd_metrics_daily"] += pipeline_days(seen)
        self._rows["deploy_metrics_daily"] += deployment_days(seen)
        self._rows["incident_metrics_daily"] += incident_days(seen)


def _place(repository: Repository) -> tuple[bool, str]:
    return repository.fork_of is not None, repo_id(repository)
