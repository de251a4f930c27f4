"""What is decided about identities: which are one person, who logs in as whom, names, humans.

A `Person` is kept as long as it says something: one that is left with the text that records give
anyway, and no name and nobody who logs in, is forgotten. So a merge that is split leaves nothing.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from apps.errors import Conflict, NotFound, Unprocessable
from apps.metrics import operations
from apps.metrics.directory import deciding
from apps.metrics.directory_settings import invalid, texts
from apps.metrics.identities import Known, People, known, stored, texts_of, told
from apps.metrics.models import TEXT, DirectorySettings, DismissedSuggestion, Person, PersonAlias
from apps.metrics.services import Cells
from apps.orgs.members import Member
from apps.orgs.models import Membership

NOBODY = "unknown"  # who neither has a name nor an address


def merge(author_id: UUID, others: Sequence[UUID], *, by: Member) -> Known:
    """All that the others are known by is the first one's from now on; its id stays.

    Raises `NotFound`, `Unprocessable`, and `Conflict` if two of them log in.
    """
    by.require(operations.IDENTITIES_MERGE)
    if author_id in others:
        raise invalid("others", "Others than the one that stays.")
    found = stored([author_id, *others], by=by)
    with deciding(by) as decision:
        people = People()
        person = _ensured(found[author_id], people)
        news = [found[each] for each in dict.fromkeys(others)]
        news = [row for row in news if people.owner_of(row) != person]
        before = {"kept": told(person), "others": [_absorb(person, row, people) for row in news]}
        person.save()
        DismissedSuggestion.objects.filter(first_id__in=found, second_id__in=found).delete()
        after = told(_reread(person))
        decision.record(operations.IDENTITIES_MERGE, _target(author_id), before, after)
    return _as_known(found[author_id])


def split(author_id: UUID, given: Iterable[str], *, by: Member) -> Known:
    """Each of these texts is somebody of their own again, as records alone have it.

    Raises `NotFound`, `Unprocessable`.
    """
    by.require(operations.IDENTITIES_SPLIT)
    row, gone = stored([author_id], by=by)[author_id], texts(given)
    with deciding(by) as decision:
        person = _decided(row, People())
        before = told(person)
        _require_aliases(person, gone)
        person.aliases.filter(text__in=gone).delete()
        after = told(_reread(person))
        _forget_if_bare(person)
        decision.record(operations.IDENTITIES_SPLIT, _target(author_id), before, after)
    return _as_known(row)


def link(author_id: UUID, user_id: UUID, *, by: Member) -> Known:
    """A member logs in as this person and sees their numbers. Raises `NotFound`, `Conflict`."""
    by.require(operations.IDENTITIES_LINK)
    row = stored([author_id], by=by)[author_id]
    with deciding(by) as decision:
        if not Membership.objects.filter(organization=by.organization, user_id=user_id).exists():
            raise NotFound("There is no such member of this organisation.")
        person = _ensured(row, People())
        before = told(person)
        if Person.objects.filter(user_id=user_id).exclude(pk=person.pk).exists():
            raise Conflict("They log in as another identity: unlink that first.", code="linked")
        person.user_id = user_id
        person.save()
        decision.record(operations.IDENTITIES_LINK, _target(author_id), before, told(person))
    return _as_known(row)


def unlink(author_id: UUID, *, by: Member) -> Known:
    """Nobody logs in as this person. Raises `NotFound`."""
    by.require(operations.IDENTITIES_LINK)
    row = stored([author_id], by=by)[author_id]
    with deciding(by) as decision:
        person = _ensured(row, People())
        before = told(person)
        person.user_id = None
        person.save()
        _forget_if_bare(person)
        decision.record(operations.IDENTITIES_LINK, _target(author_id), before, told(person))
    return _as_known(row)


def update(author_id: UUID, *, name: str | None, is_human: bool | None, by: Member) -> Known:
    """Change what is not None.

    name      what is shown; '': what records say
    is_human  True: no pattern makes it a bot, by the settings' `humans`; False: patterns decide
    """
    by.require(operations.IDENTITIES_UPDATE)
    row = stored([author_id], by=by)[author_id]
    with deciding(by) as decision:
        person, humans = _ensured(row, People()), list(decision.settings.humans)
        before = told(person) | {"humans": humans}
        if name is not None:
            person.name = name.strip()
            person.save()
        if is_human is not None:
            _call_human(decision.settings, person, is_human)
        _forget_if_bare(person)
        after = told(person) | {"humans": decision.settings.humans}
        decision.record(operations.IDENTITIES_UPDATE, _target(author_id), before, after)
    return _as_known(row)


# --- persons -------------------------------------------------------------------------------------


def _ensured(row: Cells, people: People) -> Person:
    """Whom the identity is, made if nothing was decided about it yet."""
    if (person := people.of(row)) is not None:
        return person
    text = _text_of(row, people)
    person = Person.objects.create(known_by=text)
    PersonAlias.objects.create(person=person, text=text)
    people.add(person, [text])
    return person


def _decided(row: Cells, people: People) -> Person:
    if (person := people.of(row)) is None:
        raise Unprocessable("It is known by one text only: nothing can be split off.", code="whole")
    return person


def _text_of(row: Cells, people: People) -> str:
    text = people.text_of(row)
    if text is None or people.is_gone(row):
        sentence = "It is another's by now; records follow in a moment. Read it again then."
        raise Conflict(sentence, code="merged_already")
    if text == NOBODY or len(text) > TEXT:
        raise Unprocessable("Nothing that can be named tells who this is.", code="nobody")
    return text


def _absorb(person: Person, row: Cells, people: People) -> dict[str, Any]:
    """All its texts are the person's; what it was, for the audit log."""
    other = people.of(row)
    if other is None:
        text = _text_of(row, people)
        PersonAlias.objects.create(person=person, text=text)
        return {"known_by": text, "aliases": [text]}
    was = told(other)
    if person.user_id and other.user_id:
        raise Conflict("Both log in: unlink one of them first.", code="linked")
    other.aliases.update(person=person)
    other.delete()
    person.user_id = person.user_id or was["user_id"]
    return was


def _require_aliases(person: Person, gone: Sequence[str]) -> None:
    if person.known_by in gone:
        raise invalid("texts", f"`{person.known_by}` is what it is known by, and stays.")
    if unknown := sorted(set(gone) - set(texts_of(person))):
        raise invalid("texts", f"`{unknown[0]}` is none of its texts.")


def _call_human(settings: DirectorySettings, person: Person, is_human: bool) -> None:
    own = set(texts_of(person))
    others = [text for text in settings.humans if text not in own]
    settings.humans = [*others, person.known_by] if is_human else others


def _forget_if_bare(person: Person) -> None:
    if not person.name and not person.user_id and texts_of(_reread(person)) == [person.known_by]:
        Person.objects.filter(pk=person.pk).delete()


def _target(author_id: UUID) -> str:
    return f"identity:{author_id}"


def _as_known(row: Cells) -> Known:
    (found,) = known([row])
    return found


def _reread(person: Person) -> Person:
    found: Person = Person.objects.prefetch_related("aliases").get(pk=person.pk)
    return found
