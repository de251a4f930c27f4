"""Pull requests: opened, merged and closed on a day, open and waiting at its end.

CHAOSS calls them change requests, accepted and declined, and their duration what a cycle is here
(metrics models of 2024). Each counts on one instant of its own and by its author's kind: bots'
pull requests are not people's. Phases are told of those merged that day, whenever they began.
"""

from typing import Final

import polars as pl

from devhealth.metrics import Frames, Grouping, Part, Source, lasting_at_ends
from devhealth.metrics.populations import per_population
from devhealth.metrics.statistics import quantile
from devhealth.metrics.stocks import ENDS
from devhealth.models.records import PullRequest

HUGE: Final = 1_000  # changed lines
HOUR: Final = 3_600_000  # milliseconds

WHOSE: Final = ("repo_id", "number", "author_id", "actor_kind", "team_id")

OPENED: Final = Source(PullRequest, "created_at", WHOSE)
CLOSED: Final = Source(PullRequest, "closed_at", (*WHOSE, "state"))
MERGED: Final = Source(
    PullRequest,
    "merged_at",
    (
        *WHOSE, "cycle_hours", "coding_hours", "draft_hours", "pickup_hours", "review_hours",
        "loc_changed", "changes_requested_count", "reviews_count",
    ),
)  # fmt: skip
OPEN: Final = Source(
    PullRequest,
    "created_at",
    (*WHOSE, "ready_at", "first_response_at"),
    until="closed_at",
    shown_by="prs_open",
)


CYCLE: Final = pl.col("cycle_hours")
CODING: Final = pl.col("coding_hours")
DRAFT: Final = pl.col("draft_hours")
PICKUP: Final = pl.col("pickup_hours")
REVIEW: Final = pl.col("review_hours")
LINES: Final = pl.col("loc_changed")

# Of those merged, which count, by measure; what is not told is not among them.
COUNTED: Final = {
    "pr_coding_n": CODING.is_not_null(),
    "pr_draft_n": DRAFT.is_not_null(),
    "pr_response_n": PICKUP.is_not_null(),
    "pr_size_n": LINES.is_not_null(),
    "huge_prs_count": LINES >= HUGE,
    "pr_verdicts_n": pl.col("changes_requested_count").is_not_null(),
    "prs_reworked": pl.col("changes_requested_count") > 0,
    "prs_unreviewed": pl.col("reviews_count") == 0,
}
OF_MERGED: Final = {
    "prs_merged": pl.len(),
    "pr_cycle_hours_p50": quantile(CYCLE, 0.5),
    "pr_cycle_hours_p75": quantile(CYCLE, 0.75),
    "pr_cycle_hours_p90": quantile(CYCLE, 0.9),
    "pr_coding_hours_p50": quantile(CODING, 0.5),
    "pr_draft_hours_p50": quantile(DRAFT, 0.5),
    "pr_pickup_hours_p50": quantile(PICKUP, 0.5),
    "pr_review_hours_p50": quantile(REVIEW, 0.5),
    "pr_size_loc_p50": quantile(LINES, 0.5),
    "pr_size_loc_p90": quantile(LINES, 0.9),
    **{name: which.sum() for name, which in COUNTED.items()},
}
SAMPLES: Final = {
    "pr_coding_hours_p50": COUNTED["pr_coding_n"],
    "pr_draft_hours_p50": COUNTED["pr_draft_n"],
    "pr_pickup_hours_p50": COUNTED["pr_response_n"],
    "pr_review_hours_p50": COUNTED["pr_response_n"],
    "pr_size_loc_p50": COUNTED["pr_size_n"],
    "pr_size_loc_p90": COUNTED["pr_size_n"],
}

IS_DECLINED: Final = pl.col("state") == "closed"

IS_UNANSWERED: Final = pl.col("first_response_at").is_null() | (pl.col("first_response_at") >= ENDS)
IS_WAITING: Final = (pl.col("ready_at") < ENDS) & IS_UNANSWERED
AGE: Final = (ENDS - pl.col("created_at")).dt.total_milliseconds() / HOUR
OF_OPEN: Final = {
    "prs_open": pl.len(),
    "prs_waiting_review": IS_WAITING.sum(),
    "pr_open_age_hours_p50": quantile(AGE, 0.5),
    "pr_open_age_hours_p90": quantile(AGE, 0.9),
}


def over_opened(frames: Frames, grouping: Grouping) -> pl.DataFrame:
    """Of both populations, by the author's kind; so are the three after it."""
    return per_population(frames[OPENED.key], grouping.row, {"prs_opened": pl.len()})


def over_merged(frames: Frames, grouping: Grouping) -> pl.DataFrame:
    return per_population(frames[MERGED.key], grouping.row, OF_MERGED)


def over_closed(frames: Frames, grouping: Grouping) -> pl.DataFrame:
    declined = {"prs_closed_unmerged": IS_DECLINED.sum()}
    return per_population(frames[CLOSED.key], grouping.row, declined)


def over_open(frames: Frames, grouping: Grouping) -> pl.DataFrame:
    lasting = lasting_at_ends(frames[OPEN.key], OPEN, grouping)
    return per_population(lasting, grouping.row, OF_OPEN)


GROUPS: Final = ("repo_id", "author_id", "team_id", "work_theme", "work_subcategory")

# What each of them says of a repository's day.
PARTS: Final = (
    Part(sources=(OPENED,), gives=("prs_opened",), over=over_opened, groups=GROUPS),
    Part(
        sources=(MERGED,),
        gives=tuple(OF_MERGED),
        over=over_merged,
        evidence={**COUNTED, **SAMPLES},
        groups=GROUPS,
    ),
    Part(
        sources=(CLOSED,),
        gives=("prs_closed_unmerged",),
        over=over_closed,
        evidence={"prs_closed_unmerged": IS_DECLINED},
        groups=GROUPS,
    ),
    Part(
        sources=(OPEN,),
        gives=tuple(OF_OPEN),
        over=over_open,
        evidence={"prs_waiting_review": IS_WAITING},
        groups=GROUPS,
    ),
)
