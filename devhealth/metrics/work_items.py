"""Changes of work items as metrics read them: events on their day, and states that last.

An item is not of an actor's kind: a person's and a bot's count alike.
"""

from typing import Final

import polars as pl

from devhealth.metrics import Part, Source
from devhealth.models.directory import OVER, WIP
from devhealth.models.records import WorkItemChange

ITEM: Final = "work_item_id"

PLACED: Final = (
    "provider", "work_scope_id", "team_id", "item_type", "work_theme", "work_subcategory",
)  # fmt: skip
GROUPS: Final = PLACED

EVENTS: Final = Source(
    WorkItemChange,
    "at",
    (
        *PLACED, ITEM, "field", "is_bug", "is_unplanned", "is_start", "is_completion",
        "is_cancellation", "is_reopening", "cycle_hours", "lead_hours", "flow_efficiency",
        "story_points",
    ),
)  # fmt: skip
STATES: Final = Source(
    WorkItemChange,
    "at",
    (*PLACED, ITEM, "status", "is_flagged", "is_assigned", "wip_since"),
    until="until",
)
SPAN: Final = (STATES.at, STATES.until)

IS_OPEN: Final = ~pl.col("status").is_in(OVER)
IS_WIP: Final = pl.col("status").is_in(WIP)
IS_BLOCKED: Final = IS_OPEN & ((pl.col("status") == "blocked") | pl.col("is_flagged"))
IS_DONE: Final = pl.col("is_completion")


def part(**given: object) -> Part:
    """Of work items: nobody's in particular, and told apart by what changes say of their items."""
    return Part(groups=GROUPS, person="", kind="", **given)  # type: ignore[arg-type]
