"""Who owns a place, told as people are: never ranked, and not apart where they are too few.

People come in the order of their ids; where there are fewer of them than the privacy threshold,
they are one group (METRICS §1.10). Who asks always sees their own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from devhealth.analytics.parts import Privacy


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose lines they are. `share` is of all lines of the place."""

    author_id: str
    lines: int
    share: float


@dataclass(frozen=True, slots=True)
class Owners:
    """Of a place: those who are told apart, by author_id, and all `others_count` others together.

    is_private  the others are people who are too few to be told apart
    """

    items: Sequence[Owner]
    others_count: int
    others_lines: int
    others_share: float
    is_private: bool


def may_be_told(found: pl.DataFrame, privacy: Privacy) -> pl.DataFrame:
    """Of one place's owners, as `metrics.ownership.owners_of_places` gives them.

    Bots are no people, but where these are hidden, a bot beside them would give them away.
    """
    if privacy.hides(int(found["is_person"].sum())):
        return found.filter(pl.col("author_id").is_in(list(privacy.own)))
    return found


def owners_shown(found: pl.DataFrame, privacy: Privacy, first: int) -> Owners:
    """The `first` of one place's owners who may be told apart."""
    told = may_be_told(found, privacy)
    shown = told.head(first)
    whole, apart = (int(each["lines"].sum()) for each in (found, shown))
    return Owners(
        items=[Owner(*row) for row in shown.select("author_id", "lines", "share").iter_rows()],
        others_count=found.height - shown.height,
        others_lines=whole - apart,
        others_share=round((whole - apart) / whole, 6),
        is_private=told.height < found.height,
    )
