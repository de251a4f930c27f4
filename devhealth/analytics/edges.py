"""Who reviews whose work, told as people are: never ranked, not apart where they are too few.

An edge tells two people apart. So where fewer people than the privacy threshold review, or fewer
have their work reviewed, the edges are one group (METRICS §1.10). Who asks always sees their own.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from devhealth.analytics.parts import Privacy

ENDS: Final = ("reviewer_id", "author_id")
COUNTS: Final = ("reviews_count", "changes_requested_count", "approvals_count")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """Reviews of one author's pull requests by one reviewer."""

    reviewer_id: str
    author_id: str
    reviews_count: int
    changes_requested_count: int
    approvals_count: int


@dataclass(frozen=True, slots=True)
class Edges:
    """Those who are told apart, by their ids, and all `others_count` others together.

    is_private  the others are people who are too few to be told apart
    """

    items: Sequence[Edge]
    others_count: int
    others_reviews_count: int
    is_private: bool


def edges_shown(found: pl.DataFrame, privacy: Privacy, people: Collection[str]) -> Edges:
    """Of rows of `ENDS` and `COUNTS`, one for each pair. `people`: the ids that are no bots'.

    Bots are no people, but where these are hidden, a bot beside them would give them away.
    """
    ordered = found.sort(ENDS)
    fewest = min(_people(ordered, end, people) for end in ENDS)
    is_own = pl.any_horizontal(pl.col(end).is_in(list(privacy.own)) for end in ENDS)
    told = ordered.filter(is_own) if privacy.hides(fewest) else ordered
    whole, apart = (int(each["reviews_count"].sum()) for each in (ordered, told))
    return Edges(
        items=[Edge(**row) for row in told.select(*ENDS, *COUNTS).to_dicts()],
        others_count=ordered.height - told.height,
        others_reviews_count=whole - apart,
        is_private=told.height < ordered.height,
    )


def _people(found: pl.DataFrame, end: str, people: Collection[str]) -> int:
    return int(found[end].unique().is_in(list(people)).sum())
