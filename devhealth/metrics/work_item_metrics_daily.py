"""work_item_metrics_daily: what was filed, begun, done and canceled, and what lay there."""

from dataclasses import replace
from typing import Final

import polars as pl

from devhealth.metrics import Frames, Grouping, Metric, lasting_at_ends
from devhealth.metrics.statistics import quantile
from devhealth.metrics.stocks import ENDS
from devhealth.metrics.through import through
from devhealth.metrics.work_items import (
    EVENTS,
    IS_BLOCKED,
    IS_DONE,
    IS_OPEN,
    IS_WIP,
    ITEM,
    SPAN,
    STATES,
    part,
)
from devhealth.models.rollups import WorkItemDay

WEEK: Final = 7  # days
HOUR: Final = 3_600_000  # milliseconds

IS_NEW: Final = pl.col("field") == "created"
IS_BUG: Final = pl.col("is_bug")
CYCLE: Final = pl.col("cycle_hours")
LEAD: Final = pl.col("lead_hours")
FLOW: Final = pl.col("flow_efficiency")
POINTS: Final = pl.col("story_points")
AGE: Final = (ENDS - pl.col("wip_since")).dt.total_milliseconds() / HOUR

# Changes that count, by measure.
COUNTED: Final = {
    "items_created": IS_NEW,
    "items_started": pl.col("is_start"),
    "items_completed": IS_DONE,
    "items_canceled": pl.col("is_cancellation"),
    "items_reopened": pl.col("is_reopening"),
    "bugs_created": IS_NEW & IS_BUG,
    "bugs_completed": IS_DONE & IS_BUG,
    "unplanned_count": pl.col("is_unplanned"),
    "cycle_hours_n": CYCLE.is_not_null(),
    "flow_efficiency_n": FLOW.is_not_null(),
}
OF_EVENTS: Final = {
    **{name: which.sum() for name, which in COUNTED.items()},
    "story_points_completed": POINTS.filter(IS_DONE).sum(),
    "cycle_hours_p50": quantile(CYCLE, 0.5),
    "cycle_hours_p85": quantile(CYCLE, 0.85),
    "cycle_hours_p95": quantile(CYCLE, 0.95),
    "lead_hours_p50": quantile(LEAD, 0.5),
    "lead_hours_p85": quantile(LEAD, 0.85),
    "flow_efficiency_p50": quantile(FLOW, 0.5),
}
SAMPLES: Final = {
    **dict.fromkeys(("cycle_hours_p50", "cycle_hours_p85", "cycle_hours_p95"), CYCLE.is_not_null()),
    **dict.fromkeys(("lead_hours_p50", "lead_hours_p85"), LEAD.is_not_null()),
    "flow_efficiency_p50": FLOW.is_not_null(),
    "story_points_completed": IS_DONE & (POINTS != 0).fill_null(False),
}
OF_WIP: Final = {
    "wip": pl.len(),
    "wip_unassigned": (~pl.col("is_assigned")).sum(),
    "wip_age_hours_p50": quantile(AGE, 0.5),
    "wip_age_hours_p85": quantile(AGE, 0.85),
}

RECENT: Final = replace(EVENTS, window=WEEK, shown_by="items_completed")
LASTING: Final = replace(STATES, shown_by="items_open")


def over_events(frames: Frames, grouping: Grouping) -> pl.DataFrame:
    """A day's own: the week before it is looked at by `over_recent`."""
    events = frames[EVENTS.key]
    if within := grouping.rows_within:
        events = events.filter(pl.col("day").is_between(*within))
    return events.group_by(grouping.row).agg(**OF_EVENTS)


def over_recent(frames: Frames, grouping: Grouping) -> pl.DataFrame:
    """Each completion on its day and the six after it; in other buckets than days, in its own."""
    done = frames[EVENTS.key].filter(IS_DONE).select(grouping.row)
    if window := grouping.window(WEEK):
        ahead = pl.int_ranges(pl.lit(0), pl.lit(window)).over(pl.int_range(pl.len()))
        days = done.with_columns(_ahead=ahead).explode("_ahead")
        done = days.with_columns(pl.col("day") + pl.duration(days="_ahead")).drop("_ahead")
    if within := grouping.rows_within:
        done = done.filter(pl.col("day").is_between(*within))
    return done.group_by(grouping.row).agg(throughput_7d=pl.len())


def over_wip(frames: Frames, grouping: Grouping) -> pl.DataFrame:
    wip = frames[STATES.key].filter(IS_WIP)
    return lasting_at_ends(wip, STATES, grouping).group_by(grouping.row).agg(**OF_WIP)


def over_open(frames: Frames, grouping: Grouping) -> pl.DataFrame:
    found = through(frames[STATES.key].filter(IS_OPEN), SPAN, ITEM, grouping)
    return found.filter(pl.col("left") > 0).select(*grouping.row, items_open="left")


def over_blocked(frames: Frames, grouping: Grouping) -> pl.DataFrame:
    found = through(frames[STATES.key].filter(IS_BLOCKED), SPAN, ITEM, grouping)
    return found.select(*grouping.row, blocked_hours="hours")


METRIC: Final = Metric(
    rollup=WorkItemDay,
    parts=(
        part(
            sources=(EVENTS,),
            gives=tuple(OF_EVENTS),
            over=over_events,
            evidence={**COUNTED, **SAMPLES},
        ),
        part(
            sources=(RECENT,),
            gives=("throughput_7d",),
            over=over_recent,
            evidence=dict.fromkeys(
                ("throughput_7d", "wip_congestion", "completed_or_wip", "completed_share"), IS_DONE
            ),
        ),
        part(
            sources=(LASTING,),
            gives=tuple(OF_WIP),
            over=over_wip,
            evidence={
                **dict.fromkeys(OF_WIP, IS_WIP),
                "wip_unassigned": IS_WIP & ~pl.col("is_assigned"),
            },
        ),
        part(
            sources=(LASTING,),
            gives=("items_open",),
            over=over_open,
            evidence={"items_open": IS_OPEN},
        ),
        part(
            sources=(LASTING,),
            gives=("blocked_hours",),
            over=over_blocked,
            evidence={"blocked_hours": IS_BLOCKED},
            is_through=True,
        ),
    ),
    made={
        "completed_or_wip": (("throughput_7d", "wip"), pl.col("throughput_7d") + pl.col("wip")),
        "wip_congestion": (
            ("throughput_7d", "wip"),
            pl.col("wip") / pl.col("throughput_7d").clip(lower_bound=1),
        ),
    },
    ratios={"completed_share": ("throughput_7d", "completed_or_wip")},
)
