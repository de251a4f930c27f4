"""investment_metrics_daily: what was done, by the kind of work that it was.

Items stand under their project and count for both populations. A commit that is of no pull request,
and that none became, is of a kind that nobody knows.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from devhealth.synthetic.expected.arithmetic import Row, day_of
from devhealth.synthetic.expected.courses import Course
from devhealth.synthetic.expected.kinds import UNKNOWN, Kind
from devhealth.synthetic.expected.repo_days import POPULATIONS
from devhealth.synthetic.expected.seen import Seen, counts

Key = tuple[str, str, Kind, str, date]  # place, team, kind, population, day


@dataclass(slots=True)
class _Day:
    items: int = 0
    points: int = 0
    merged: int = 0
    lines: int = 0


class InvestmentDays:
    def __init__(self) -> None:
        self._found: dict[Key, _Day] = defaultdict(_Day)

    def count_item(self, course: Course) -> None:
        if not course.completion:
            return
        scope, team = course.completion.place
        for population in POPULATIONS:
            day = day_of(course.completion.since)
            mine = self._found[scope, team, course.work, population, day]
            mine.items += 1
            mine.points += course.item.now.points or 0

    def count(self, seen: Seen) -> None:
        for population in POPULATIONS:
            self._merged(seen, population)
            self._direct(seen, population)

    def rows(self) -> Iterator[Row]:
        for (place, team, kind, population, day), mine in self._found.items():
            yield {
                "repo_id": place,
                "team_id": team,
                "work_theme": kind.theme,
                "work_subcategory": kind.subcategory,
                "population": population,
                "day": day,
                "is_empty": False,
                "items_completed": mine.items,
                "story_points_completed": float(mine.points),
                "prs_merged": mine.merged,
                "invested_loc": mine.lines,
            }

    def _merged(self, seen: Seen, population: str) -> None:
        for asked in seen.asked:
            merged_at = asked.pull.merged_at
            if merged_at and counts(asked, population):
                key = (seen.repo_id, asked.team, asked.work, population, day_of(merged_at))
                self._found[key].merged += 1
                self._found[key].lines += asked.size

    def _direct(self, seen: Seen, population: str) -> None:
        of_pulls = {each.hash for asked in seen.asked for each in asked.pull.commits}
        of_pulls |= {asked.pull.merge_commit or "" for asked in seen.asked}
        for made in seen.made:
            if made.commit.hash not in of_pulls and counts(made, population):
                key = (seen.repo_id, made.team, UNKNOWN, population, made.day)
                self._found[key].lines += made.added + made.deleted
