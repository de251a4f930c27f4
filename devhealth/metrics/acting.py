"""Who somebody was on a day, a human or a bot and in which team: as of what they last did.

What they did themselves goes first: commits, pull requests opened, reviews and comments. Only of a
day without any of these it is told by what became of theirs: a pull request that was merged knows
their team as of its opening, a review that they received knows no team.
"""

from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from devhealth.metrics import Frames, Grouping, Part, Source
from devhealth.metrics.populations import IS_HUMAN
from devhealth.metrics.pull_requests import MERGED, OPENED, WHOSE
from devhealth.metrics.reviews import COMMENTS, REVIEWS
from devhealth.models.directory import UNASSIGNED
from devhealth.models.records import Commit


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Records that tell it.

    name            what tells records of one instant apart
    who, kind, team the columns that say it; no team: none is told
    rank            those of a higher one are told by first
    """

    source: Source
    name: str
    who: str = "author_id"
    kind: str = "actor_kind"
    team: str = "author_team_id"
    rank: int = 2


COMMITTED: Final = Source(
    Commit, "committed_at", ("repo_id", "hash", "author_id", "actor_kind", "author_team_id")
)
_OWN: Final = (*WHOSE, "author_team_id")
_REVIEWED: Final = (*REVIEWS.columns, "reviewer_team_id", "author_id", "author_kind")

ACTS: Final = (
    Act(source=COMMITTED, name="hash"),
    Act(source=replace(OPENED, columns=_OWN), name="number"),
    Act(
        source=replace(REVIEWS, columns=_REVIEWED),
        name="review_id",
        who="reviewer_id",
        team="reviewer_team_id",
    ),
    Act(source=COMMENTS, name="comment_id"),
    Act(source=replace(MERGED, columns=_OWN), name="number", rank=1),
)
RECEIVED: Final = Act(source=ACTS[2].source, name="review_id", kind="author_kind", team="", rank=0)


def over_acts(frames: Frames, grouping: Grouping) -> pl.DataFrame:
    """`actor_kind` and `team_id` of each row, unless that is what rows are made by."""
    told = [_told(frames[act.source.key], grouping, act) for act in ACTS]
    told.append(_told(frames[RECEIVED.source.key].filter(IS_HUMAN), grouping, RECEIVED))
    last = {"actor_kind": pl.col("kind").last(), "team_id": pl.col("team").last()}
    asked = {name: each for name, each in last.items() if name not in grouping.by}
    return pl.concat(told).sort("rank", "at", "act", "name").group_by(grouping.row).agg(**asked)


def _told(records: pl.DataFrame, grouping: Grouping, act: Act) -> pl.DataFrame:
    who = {"author_id": pl.col(act.who)} if "author_id" in grouping.by else {}
    others = [name for name in grouping.row if name not in who]
    return records.select(
        *others,
        **who,
        kind=pl.col(act.kind),
        team=pl.col(act.team) if act.team else pl.lit(UNASSIGNED),
        rank=pl.lit(act.rank),
        at=pl.col(act.source.at),
        act=pl.lit(act.source.cls.table),
        name=pl.col(act.name).cast(pl.String),
    )


PART: Final = Part(
    sources=tuple(act.source for act in ACTS), gives=("actor_kind", "team_id"), over=over_acts
)
