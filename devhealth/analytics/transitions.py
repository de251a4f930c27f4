"""From which state to which: how often work items went that way.

A change of an item counts where it leaves the item in another state than the change before it did;
its filing is none, since it comes from nowhere.
"""

from typing import Final

import polars as pl

ITEM: Final = "work_item_id"
CHANGE: Final = (ITEM, "place", "status")


def transitions(came: pl.DataFrame, left: pl.DataFrame) -> pl.DataFrame:
    """`source`, `target` and `count`, in their order.

    `came` are changes, `left` those that each of them followed on, among others.
    """
    before = left.select(ITEM, place=pl.col("place") + 1, source="status")
    both = came.select(ITEM, "place", target="status").join(before, on=[ITEM, "place"])
    moved = both.filter(pl.col("source") != pl.col("target"))
    return moved.group_by("source", "target").agg(count=pl.len()).sort("source", "target")
