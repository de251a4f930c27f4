"""Makes a world from a seed.

One row of dice is thrown, in a fixed order: for who is there, then a seed for each repository and
each project, by which the history of that one is made whenever it is asked for. So a world is
never in memory as a whole, and always the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from devhealth.synthetic import cast
from devhealth.synthetic.coding import Coding, first_day
from devhealth.synthetic.delivering import Delivering
from devhealth.synthetic.dice import Dice
from devhealth.synthetic.landing import Landing
from devhealth.synthetic.planned import end_of
from devhealth.synthetic.rhythm import DAY, day_of
from devhealth.synthetic.running import runs
from devhealth.synthetic.working import Working, moved_into, sprints
from devhealth.synthetic.world import (
    Commit,
    History,
    Item,
    Person,
    Project,
    Repository,
    Work,
    World,
)

DAYS, REPOSITORIES, PEOPLE = 365, 8, 24
KEPT = 3  # projects whose items are remembered


def make(
    seed: int,
    days: int = DAYS,
    repos: int = REPOSITORIES,
    people: int = PEOPLE,
    scale: int = 1,
    *,
    until: date,
) -> World:
    """A world of so many days before `until`; `scale` times as much happens in it.

    people  bots among them; five or more
    """
    dice, since = Dice(seed), until - timedelta(days=days)
    everybody = cast.people(dice, people)
    teams = cast.teams(dice, everybody, since, days)
    repositories = cast.repositories(dice, repos, teams, since, days)
    projects = cast.projects(repositories, teams)
    making = _Making(
        scale=scale,
        of_repositories={each.key: dice.seed() for each in repositories},
        of_projects={each.key: dice.seed() for each in projects},
    )
    return World(
        seed=seed,
        since=since,
        until=until,
        people=everybody,
        teams=teams,
        repositories=repositories,
        projects=projects,
        statuses=cast.STATUSES,
        make_history=making.history,
        make_work=making.work,
    )


@dataclass(frozen=True, slots=True)
class _Making:
    """Seeds by the key of a repository or project."""

    scale: int
    of_repositories: Mapping[str, int]
    of_projects: Mapping[str, int]
    kept: dict[str, tuple[Item, ...]] = field(default_factory=dict)

    def history(self, world: World, repository: Repository) -> History:
        dice = Dice(self.of_repositories[repository.key])
        project = next(each for each in world.projects if each.key == repository.project)
        coding = Coding(
            world=world,
            repository=repository,
            dice=dice,
            items=self._filed(world, project),
            percent=100 * self.scale,
            first_day=first_day(world, repository),
        )
        coding.run()
        landing = Landing(coding, self._shared(world, repository))
        landing.run()
        pulls = tuple(landing.pull_requests())
        days = range(coding.first_day, day_of(world.until))
        delivering = Delivering(dice, repository, coding.end)
        delivering.run(pulls)
        return History(
            repository=repository,
            commits=tuple(landing.commits),
            pull_requests=pulls,
            runs=tuple(runs(dice, repository, pulls, landing.commits, days, coding.end)),
            deployments=tuple(delivering.deployments),
            incidents=tuple(delivering.incidents),
        )

    def work(self, world: World, project: Project) -> Work:
        """Its own items, and those that were moved here from the project before it."""
        place = world.projects.index(project)
        others = world.projects[place - 1] if len(world.projects) > 1 else project
        items = [*self._filed(world, project)]
        if others != project:
            items += self._filed(world, others)
        there = sorted(moved_into(project, items), key=lambda item: item.native_id)
        days = range(day_of(world.since), day_of(world.until))
        return Work(
            project=project, sprints=sprints(project, days, end_of(world)), items=tuple(there)
        )

    def _filed(self, world: World, project: Project) -> tuple[Item, ...]:
        """All that were filed there, wherever they are now; those of the last projects are kept,
        for each of their repositories asks for them."""
        if project.key not in self.kept:
            if len(self.kept) >= KEPT:
                del self.kept[next(iter(self.kept))]
            dice = Dice(self.of_projects[project.key])
            self.kept[project.key] = _filed(dice, self.scale, project, world)
        return self.kept[project.key]

    def _shared(self, world: World, repository: Repository) -> list[Commit]:
        """What a fork began with: all up to the last merge before its first day."""
        if repository.fork_of is None:
            return []
        parent = next(each for each in world.repositories if each.key == repository.fork_of)
        began = first_day(world, repository) * DAY
        commits = self.history(world, parent).commits
        merges = [
            place
            for place, each in enumerate(commits, 1)
            if len(each.parents) > 1 and each.committed_at.timestamp() < began
        ]
        return list(commits[: max(merges, default=0)])


def _filed(dice: Dice, scale: int, project: Project, world: World) -> tuple[Item, ...]:
    days = range(day_of(world.since), day_of(world.until))
    end = end_of(world)
    place = world.projects.index(project)
    beside = world.projects[(place + 1) % len(world.projects)]
    working = Working(
        dice=dice,
        project=project,
        beside=beside if beside != project else None,
        crew=_crew(world, place),
        sprints=sprints(project, days, end),
        percent=100 * scale,
        end=end,
    )
    return tuple(working.run(days))


def _crew(world: World, place: int) -> list[Person]:
    """Who works on a project: those who are at home in its repositories, more or less."""
    humans = [each for each in world.people if each.kind == "human"]
    count = max(1, min(len(humans) // 2, len(world.projects)))
    return [each for number, each in enumerate(humans) if number % count == place % count]
