"""team_metrics_daily: what was done for a team, and what those did who were in it then.

A commit that several repositories have counts in the first of them: forks come last, then ids
decide.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from devhealth.synthetic.expected.arithmetic import Row, day_of, ratio
from devhealth.synthetic.expected.repo_days import POPULATIONS
from devhealth.synthetic.expected.seen import (
    AFTER_HOURS,
    WEEKEND,
    Asked,
    Done,
    Made,
    Seen,
    counts,
)

Key = tuple[str, date]
TIMES: Final = (AFTER_HOURS, WEEKEND)


@dataclass(slots=True)
class _Day:
    active: set[str] = field(default_factory=set)
    commits: int = 0
    times: list[str] = field(default_factory=list)
    merged: int = 0
    reviews: int = 0

    def row(self) -> Row:
        after_hours, weekend = (self.times.count(each) for each in TIMES)
        return {
            "active_members_count": len(self.active),
            "commits_count": self.commits,
            "member_commits_count": len(self.times),
            "after_hours_commits_count": after_hours,
            "weekend_commits_count": weekend,
            "after_hours_ratio": ratio(after_hours, len(self.times)),
            "weekend_ratio": ratio(weekend, len(self.times)),
            "prs_merged": self.merged,
            "reviews_count": self.reviews,
        }


class TeamDays:
    """Repositories are counted one after the other, forks last, else in the order of their ids."""

    def __init__(self) -> None:
        self._found: dict[str, dict[Key, _Day]] = {each: defaultdict(_Day) for each in POPULATIONS}
        self._hashes: set[str] = set()

    def count(self, seen: Seen) -> None:
        for made in seen.made:
            if made.commit.hash not in self._hashes:
                self._hashes.add(made.commit.hash)
                self._committed(made)
        for asked in seen.asked:
            self._active(asked)
            if asked.pull.merged_at:
                self._merged(asked, asked.pull.merged_at)
            self._said(asked)

    def rows(self) -> Iterator[Row]:
        for population, found in self._found.items():
            for (team, day), mine in found.items():
                key = {"team_id": team, "population": population, "day": day, "is_empty": False}
                yield key | mine.row()

    def _days(self, done: Done, team: str, day: date | None = None) -> Iterable[_Day]:
        """Of each population that counts it."""
        for population in POPULATIONS:
            if counts(done, population):
                yield self._found[population][team, day or done.day]

    def _committed(self, made: Made) -> None:
        self._active(made)
        for each in self._days(made, made.team):
            each.commits += 1
        for each in self._days(made, made.own_team):
            each.times.append(made.time_of_week)

    def _active(self, done: Done) -> None:
        for each in self._days(done, done.own_team):
            each.active.add(done.author_id)

    def _merged(self, asked: Asked, at: datetime) -> None:
        for each in self._days(asked, asked.team, day_of(at)):
            each.merged += 1

    def _said(self, asked: Asked) -> None:
        for comment in asked.comments:
            self._active(comment)
        for given in asked.others:
            self._active(given)
            for each in self._days(given, given.team):
                each.reviews += 1
