"""REST: whose today's code is."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema
from pydantic import StringConstraints

from apps.metrics.ownership import MOST_OWNERS, Asked, OwnedPlace, ownership_page
from apps.rest import PageOut, PageQuery, page_out

router = Router(tags=["metrics"])

OF_OWNERS = (
    "How many of each place are told apart, in the order of their ids; the rest are `others`. "
    "0: none are asked for."
)


class OwnershipQuery(PageQuery):
    """A repository, and a directory or file in it."""

    repository_id: UUID
    path: Annotated[str, StringConstraints(max_length=4096)] = Field(
        "", description="What lies directly under it is told apart; '': the top directory."
    )
    population: Literal["people", "all"] = "people"
    owners: int = Field(10, ge=0, le=MOST_OWNERS, description=OF_OWNERS)


class OwnerOut(Schema):
    """One person's, or a bot's, lines of a place."""

    author_id: UUID
    author_name: str | None = Field(description="Null: not in the directory.")
    lines: int
    share: float = Field(description="Of all lines of the place.")


class OwnersOut(Schema):
    """People come by their ids; fewer than the privacy threshold are not told apart."""

    items: list[OwnerOut]
    others_count: int
    others_lines: int
    others_share: float
    is_private: bool = Field(description="Others are people who are too few to be told apart.")


class OwnedPlaceOut(Schema):
    """A directory, which ends in `/`, or a file, by who last changed its lines."""

    path: str
    files: int = Field(description="With lines of text.")
    lines: int
    authors: int = Field(description="Who has any of the lines.")
    bus_factor: int = Field(description="The fewest who together have at least half of the lines.")
    top_share: float = Field(description="The part that the author with the most has.")
    oldest_at: datetime = Field(description="Of the commits that the lines are of.")
    newest_at: datetime = Field(description="Of the commits that the lines are of.")
    owners: OwnersOut | None = Field(description="Null: not asked for.")


class OwnershipPage(PageOut[OwnedPlaceOut]):
    """What lies directly under the path, by path."""

    whole: OwnedPlaceOut | None = Field(
        description="All of it as one place. Null: no line is known there."
    )
    blamed_at: datetime | None = Field(
        description="When the blame began that all of this is as of. Null: none is finished yet."
    )
    revision: str | None = Field(description="The commit that was blamed. Null: none yet.")


@router.get("/ownership", response=OwnershipPage, summary="Whose today's code is")
def read_ownership(
    request: HttpRequest, response: HttpResponse, asked: Query[OwnershipQuery]
) -> dict[str, Any]:
    """Lines, owners and bus factor by directory and file, as of the last `blame`; no past day's."""
    page = ownership_page(
        Asked(repository_id=asked.repository_id, path=asked.path, population=asked.population),
        by=request.auth,
        limit=asked.limit,
        after=asked.cursor,
    )
    return page_out(request, response, page) | {
        "items": [place_out(each, asked.owners) for each in page.rows],
        "whole": page.whole and place_out(page.whole, asked.owners),
        "blamed_at": page.blamed_at,
        "revision": page.revision,
    }


def place_out(place: OwnedPlace, first: int) -> dict[str, Any]:
    return place.numbers | {"owners": owners_out(place, first) if first else None}


def owners_out(place: OwnedPlace, first: int) -> dict[str, Any]:
    found = place.owners(first)
    return {
        "items": [
            {
                "author_id": each.author_id,
                "author_name": place.owning.name(each.author_id),
                "lines": each.lines,
                "share": each.share,
            }
            for each in found.items
        ],
        "others_count": found.others_count,
        "others_lines": found.others_lines,
        "others_share": found.others_share,
        "is_private": found.is_private,
    }
