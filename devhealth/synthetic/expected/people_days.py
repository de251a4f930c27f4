"""user_metrics_daily, and review_edges_daily: what people did, and for whom."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from devhealth.synthetic.expected.arithmetic import Row, day_of
from devhealth.synthetic.expected.people import UNASSIGNED
from devhealth.synthetic.expected.repo_days import LARGE
from devhealth.synthetic.expected.seen import AFTER_HOURS, WEEKEND, Asked, Done, Made, Seen

COUNTED: Final = (
    "commits_count", "loc_added", "loc_deleted", "large_commits_count",
    "co_authored_commits_count", "after_hours_commits_count", "weekend_commits_count",
    "prs_opened", "prs_merged", "reviews_given", "changes_requested_given", "reviews_received",
    "comments_given",
)  # fmt: skip
# What tells who somebody was: what they did, else what became of theirs, else what they got.
_OWN, _MERGED, _RECEIVED = 2, 1, 0
Key = tuple[str, date]


@dataclass(slots=True)
class _Day:
    """`told`: by what is known who it was, the best last."""

    counts: Counter[str] = field(default_factory=Counter)
    paths: set[str] = field(default_factory=set)
    told: tuple[int, datetime | None, str, str] = (-1, None, "human", UNASSIGNED)

    def tell(self, rank: int, at: datetime, kind: str, team: str) -> None:
        if rank > self.told[0] or (rank == self.told[0] and self.told[1] and at >= self.told[1]):
            self.told = (rank, at, kind, team)


def user_days(seen: Seen) -> Iterator[Row]:
    found: dict[Key, _Day] = defaultdict(_Day)
    for made in seen.made:
        _committed(made, found)
    for asked in seen.asked:
        _asked(asked, found)
        _said(asked, found)
    for (author_id, day), mine in found.items():
        yield {
            "repo_id": seen.repo_id,
            "author_id": author_id,
            "day": day,
            "is_empty": False,
            "actor_kind": mine.told[2],
            "team_id": mine.told[3],
            "files_changed": len(mine.paths),
            **{name: mine.counts[name] for name in COUNTED},
        }


def _own(done: Done, found: dict[Key, _Day]) -> _Day:
    mine = found[done.author_id, done.day]
    mine.tell(_OWN, done.at, done.kind, done.own_team)
    return mine


def _committed(made: Made, found: dict[Key, _Day]) -> None:
    mine = _own(made, found)
    mine.counts["commits_count"] += 1
    mine.counts["loc_added"] += made.added
    mine.counts["loc_deleted"] += made.deleted
    mine.counts["large_commits_count"] += made.added + made.deleted > LARGE
    mine.counts["after_hours_commits_count"] += made.time_of_week == AFTER_HOURS
    mine.counts["weekend_commits_count"] += made.time_of_week == WEEKEND
    mine.paths.update(each.path for each in made.commit.files)
    for helper in made.helpers:
        found[helper, made.day].counts["co_authored_commits_count"] += 1


def _asked(asked: Asked, found: dict[Key, _Day]) -> None:
    _own(asked, found).counts["prs_opened"] += 1
    if merged_at := asked.pull.merged_at:
        mine = found[asked.author_id, day_of(merged_at)]
        mine.tell(_MERGED, merged_at, asked.kind, asked.own_team)
        mine.counts["prs_merged"] += 1


def _said(asked: Asked, found: dict[Key, _Day]) -> None:
    for comment in asked.comments:
        _own(comment, found).counts["comments_given"] += 1
    for given in asked.others:
        mine = _own(given, found)
        mine.counts["reviews_given"] += 1
        mine.counts["changes_requested_given"] += given.review.state == "changes_requested"
        if given.kind == "human":
            theirs = found[asked.author_id, given.day]
            theirs.tell(_RECEIVED, given.at, asked.kind, UNASSIGNED)
            theirs.counts["reviews_received"] += 1


def review_edges(seen: Seen) -> Iterator[Row]:
    found: dict[tuple[str, str, date], Counter[str]] = defaultdict(Counter)
    kinds: dict[str, str] = {}
    for asked in seen.asked:
        for each in asked.others:
            kinds[each.author_id] = each.kind
            found[each.author_id, asked.author_id, each.day][each.review.state] += 1
    for (reviewer_id, author_id, day), states in found.items():
        yield {
            "repo_id": seen.repo_id,
            "reviewer_id": reviewer_id,
            "author_id": author_id,
            "day": day,
            "is_empty": False,
            "actor_kind": kinds[reviewer_id],
            "reviews_count": states.total(),
            "changes_requested_count": states["changes_requested"],
            "approvals_count": states["approved"],
        }
