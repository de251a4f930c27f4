"""work_item_state_durations_daily: hours that items spent in each state of a day."""

from dataclasses import replace
from typing import Final

import polars as pl

from devhealth.metrics import Frames, Grouping, Metric, Part
from devhealth.metrics.through import through
from devhealth.metrics.work_items import GROUPS, IS_OPEN, ITEM, SPAN, STATES
from devhealth.models.rollups import WorkItemStateDay

LASTING: Final = replace(STATES, shown_by="state_items_left")


def over_states(frames: Frames, grouping: Grouping) -> pl.DataFrame:
    found = through(frames[STATES.key].filter(IS_OPEN), SPAN, ITEM, grouping)
    return found.rename(
        {"hours": "state_hours", "things": "state_items", "left": "state_items_left"}
    )


METRIC: Final = Metric(
    rollup=WorkItemStateDay,
    parts=(
        Part(
            sources=(LASTING,),
            gives=("state_hours", "state_items", "state_items_left"),
            over=over_states,
            evidence=dict.fromkeys(("state_hours", "state_items", "state_items_left"), IS_OPEN),
            groups=(*GROUPS, "status"),
            person="",
            kind="",
            is_through=True,
        ),
    ),
)
