"""Who is probably one person, and who somebody said is not."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from uuid import UUID

from apps.cursors import Places
from apps.metrics import operations
from apps.metrics.directory import deciding
from apps.metrics.directory_settings import invalid
from apps.metrics.identities import Known, People, known, stored
from apps.metrics.models import DismissedSuggestion
from apps.metrics.services import Cells
from apps.metrics.store import sink
from apps.orgs.members import Member
from devhealth.models.records import Identity, MailmapEntry
from devhealth.sinks.tables import objects
from devhealth.suggestions import SURER, Confidence, Link, Suggestion, suggest


@dataclass(frozen=True, slots=True)
class Suggested:
    """Identities that may be one person's, and why."""

    identities: Sequence[Known]
    links: Sequence[Link]
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Page:
    """The surest first."""

    rows: Sequence[Suggested]
    next_cursor: str | None


def suggestions_page(*, by: Member, limit: int, after: str | None = None) -> Page:
    """Found anew for every page: none is kept, and whoever was merged or dismissed is left out."""
    by.require(operations.IDENTITIES_READ)
    places = Places(by.organization.id, "suggestions")
    frame, people = sink(by.organization).read(Identity), People()
    rows = {row["author_id"]: row for row in frame.to_dicts() if not people.is_gone(row)}
    here = [each for each in objects(Identity, frame) if str(each.author_id) in rows]
    entries = objects(MailmapEntry, sink(by.organization).read(MailmapEntry))
    found = suggest(here, entries, dismissed=_dismissed())
    if after:
        place = tuple(places.read(after))
        found = [each for each in found if _place(each) > place]
    has_next = len(found) > limit
    cursor = places.write(_place(found[limit - 1])) if has_next else None
    return Page([_shown(each, rows, people) for each in found[:limit]], cursor)


def dismiss(author_ids: Sequence[UUID], *, by: Member) -> None:
    """No two of them are one person: they are not suggested again. Raises `NotFound`."""
    by.require(operations.IDENTITIES_DISMISS)
    ids = sorted(stored(author_ids, by=by))
    if len(ids) < 2:
        raise invalid("author_ids", "Two identities at least.")
    with deciding(by, restamp=False) as decision:
        DismissedSuggestion.objects.bulk_create(
            (
                DismissedSuggestion(first_id=one, second_id=other, dismissed_by=by.user.pk)
                for one, other in combinations(ids, 2)
            ),
            ignore_conflicts=True,
        )
        after = {"author_ids": ids}
        decision.record(operations.IDENTITIES_DISMISS, f"identity:{ids[0]}", None, after)


def _dismissed() -> set[tuple[UUID, UUID]]:
    return set(DismissedSuggestion.objects.values_list("first_id", "second_id"))


def _place(suggestion: Suggestion) -> tuple[int, str]:
    """Nobody is in two, so that the lowest id tells them apart."""
    return SURER.index(suggestion.confidence), str(suggestion.author_ids[0])


def _shown(suggestion: Suggestion, rows: dict[str, Cells], people: People) -> Suggested:
    own = known((rows[str(each)] for each in suggestion.author_ids), people)
    return Suggested(own, suggestion.links, suggestion.confidence)
