"""What there is to choose from: asked of the provider, by an integration, when somebody looks."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from django.db import connection

from apps.cursors import Places
from apps.errors import Unprocessable
from apps.integrations import operations, services
from apps.integrations.reaching import asked, reach_of
from apps.orgs.members import Member
from devhealth import discovery
from devhealth.discovery import START, Found, Place, Sought
from devhealth.http import Unauthorized
from devhealth.wanted import Wanted

PAGES = 10
"""Of the provider's, of a hundred each, that one request looks through."""


@dataclass(frozen=True, slots=True)
class FoundPage:
    """`next_cursor`: null where that was all."""

    rows: Sequence[Found]
    next_cursor: str | None


def discover(
    integration_id: UUID, wanted: Wanted, *, by: Member, limit: int, after: str | None = None
) -> FoundPage:
    """Some of what is wanted, in the provider's order.

    A page may be short, or empty, and yet have a next one: little was wanted of what was looked
    through. Raises `NotFound`, `BadRequest` for a cursor of another question, and what the library
    raises.
    """
    by.require(operations.INTEGRATIONS_DISCOVER)
    places = Places(connection.schema_name, "discover", integration_id, repr(wanted))
    begin = Place(*places.read(after)) if after else START
    found = _sought(integration_id, wanted, by, most=limit, after=begin, pages=PAGES)
    at = found.next
    return FoundPage(found.items, places.write([at.page, at.skip]) if at else None)


def names_wanted(integration_id: UUID, wanted: Wanted, most: int, *, by: Member) -> list[str]:
    """All of them, by the names that a sync config has. Raises `Unprocessable` beyond `most`."""
    by.require(operations.INTEGRATIONS_DISCOVER)
    found = _sought(integration_id, wanted, by, most=most)
    if found.next:
        raise Unprocessable(
            f"More than {most} match, and a sync config has {most} sources at most: narrow the "
            "patterns, or make several configs.",
            code="too_many_sources",
        )
    return [each.name for each in found.items]


def _sought(
    integration_id: UUID,
    wanted: Wanted,
    by: Member,
    *,
    most: int,
    after: Place = START,
    pages: int | None = None,
) -> Sought:
    """A credential that is refused is known as such from then on."""
    integration = services.integration_of(integration_id, by=by)
    reached = reach_of(integration)
    ask = partial(
        discovery.look,
        reached.site,
        wanted=wanted,
        most=most,
        after=after,
        pages=pages,
        is_app=reached.is_app,
    )
    try:
        return asked(reached, ask)
    except Unauthorized:
        services.note_refused(integration.id)
        raise
