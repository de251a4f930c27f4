"""Identities as records have them, with what the organisation decided about each.

An identity is stored under the text that it is known by in the end (`processors.identity`). What
was decided in the meantime shows in records when the restamp has run: until then an identity that
was merged into another is still there, and is told from the others by `People.is_gone`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import polars as pl

from apps.cursors import Places
from apps.errors import NotFound
from apps.metrics import operations
from apps.metrics.directory import settings_now
from apps.metrics.models import Person
from apps.metrics.services import Cells
from apps.metrics.store import sink
from apps.orgs.members import Member
from devhealth.models.records import Identity
from devhealth.processors.identity import author_id as id_of
from devhealth.sinks.query import Order

BY_NAME: tuple[Order, ...] = (("name", "asc"), ("author_id", "asc"))
SEARCHED = ("name", "email", "handle")


@dataclass(frozen=True, slots=True)
class Known:
    """An identity, and what the organisation decided.

    aliases     every text that it is known by, in order; without a decision the one of its records
    user_id     who logs in as this person
    is_decided  whether anything was
    is_human    whether the settings say that no pattern makes it a bot
    """

    author_id: str
    name: str
    email: str | None
    handle: str | None
    actor_kind: str
    aliases: tuple[str, ...]
    user_id: UUID | None
    is_decided: bool
    is_human: bool


class People:
    """Everybody of whom something was decided, by two queries."""

    def __init__(self) -> None:
        self._by_id: dict[str, Person] = {}
        self._by_text: dict[str, Person] = {}
        for person in Person.objects.prefetch_related("aliases"):
            self.add(person, texts_of(person))

    def add(self, person: Person, texts: Iterable[str]) -> None:
        self._by_id[str(id_of(person.known_by))] = person
        self._by_text |= dict.fromkeys(texts, person)

    def of(self, identity: Cells) -> Person | None:
        return self._by_id.get(identity["author_id"])

    def with_text(self, text: str) -> list[str]:
        """The ids of those with an alias in which it stands."""
        return [str(id_of(each.known_by)) for alias, each in self._by_text.items() if text in alias]

    def text_of(self, identity: Cells) -> str | None:
        """What the identity is known by. Null: records are behind a decision."""
        if person := self.of(identity):
            return str(person.known_by)
        told = (identity["email"], identity["handle"], identity["name"].strip().lower(), "unknown")
        is_its = (text for text in told if text and str(id_of(text)) == identity["author_id"])
        return next(is_its, None)

    def owner_of(self, identity: Cells) -> Person | None:
        """Whose it is by now, whatever records say still."""
        return self.of(identity) or self._by_text.get(self.text_of(identity) or "")

    def is_gone(self, identity: Cells) -> bool:
        """Whether it is another's by now, and records do not say so yet."""
        is_anothers = self.owner_of(identity) is not self.of(identity)
        return is_anothers or self.text_of(identity) is None


def texts_of(person: Person) -> list[str]:
    """In order; no query where they were prefetched."""
    return sorted({person.known_by, *(alias.text for alias in person.aliases.all())})


# --- one by one, and page by page ----------------------------------------------------------------


def identity_of(author_id: UUID, *, by: Member) -> Known:
    """Raises `NotFound`."""
    by.require(operations.IDENTITIES_READ)
    (found,) = known(stored([author_id], by=by).values())
    return found


def stored(ids: Sequence[UUID], *, by: Member) -> dict[UUID, Cells]:
    """All of these, by id. Raises `NotFound` unless each is there."""
    rows = sink(by.organization).get(Identity, [(each,) for each in sorted(set(ids))]).to_dicts()
    found = {UUID(row["author_id"]): row for row in rows}
    if missing := sorted(set(ids) - found.keys()):
        raise NotFound(f"There is no identity {missing[0]}.")
    return found


def known(rows: Iterable[Cells], people: People | None = None) -> list[Known]:
    people, humans = people or People(), frozenset(settings_now().humans)
    return [_known(row, people, humans) for row in rows]


def _known(row: Cells, people: People, humans: frozenset[str]) -> Known:
    person = people.of(row)
    texts = texts_of(person) if person else [people.text_of(row) or ""]
    return Known(
        **{name: row[name] for name in ("author_id", "email", "handle", "actor_kind")},
        name=(person and person.name) or row["name"],
        aliases=tuple(text for text in texts if text),
        user_id=person and person.user_id,
        is_decided=person is not None,
        is_human=not humans.isdisjoint(texts),
    )


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which identities.

    q           stands in a name, an address, a login or an alias, in whatever case
    actor_kind  human or bot. Null: both
    ids         of these alone. Null: of all
    because     what the ids follow from: cursors go on even if these do not stay the same
    """

    q: str = ""
    actor_kind: str | None = None
    ids: Collection[UUID] | None = None
    because: Collection[str] | None = None

    @property
    def text(self) -> str:
        return self.q.strip().casefold()

    @property
    def where(self) -> dict[str, Any]:
        """As the store is asked for them."""
        where: dict[str, Any] = {"actor_kind": self.actor_kind} if self.actor_kind else {}
        return where | ({} if self.ids is None else {"author_id": sorted(self.ids)})

    def places(self, by: Member) -> Places:
        because = None if self.because is None else sorted(self.because)
        bound = (Identity.table, BY_NAME, self.text, self.actor_kind, because)
        return Places(by.organization.id, *bound)


@dataclass(frozen=True, slots=True)
class Page:
    """Some identities by name, and the way to name the place after each."""

    rows: Sequence[Known]
    has_next: bool
    ends: Mapping[str, Sequence[Any]]
    places: Places

    def cursor(self, row: Known) -> str:
        return self.places.write(self.ends[row.author_id])

    @property
    def next_cursor(self) -> str | None:
        """Null: this is the last page."""
        return self.cursor(self.rows[-1]) if self.has_next else None


def identities_page(q: str, *, by: Member, limit: int, after: str | None = None) -> Page:
    """All of them by name, but for `q`: see `Chosen`."""
    return chosen_page(Chosen(q), by=by, limit=limit, after=after)


def chosen_page(chosen: Chosen, *, by: Member, limit: int, after: str | None = None) -> Page:
    """By the name that records give, then by id; one query of the store."""
    by.require(operations.IDENTITIES_READ)
    people, places = People(), chosen.places(by)
    place = places.read(after) if after else None
    if chosen.ids is not None and not chosen.ids:
        return Page([], False, {}, places)
    if chosen.text:
        frame = _search(chosen, people, place, limit + 1, by)
    else:
        frame = sink(by.organization).page(Identity, chosen.where, BY_NAME, place, limit + 1)
    rows = frame.head(limit).to_dicts()
    ends = {row["author_id"]: [row[name] for name, _ in BY_NAME] for row in rows}
    return Page(known(rows, people), frame.height > limit, ends, places)


def _search(
    chosen: Chosen, people: People, place: Sequence[Any] | None, limit: int, by: Member
) -> pl.DataFrame:
    """Read as a whole: no store has an index for what stands somewhere in a text."""
    stands_in = [
        pl.col(name).fill_null("").str.to_lowercase().str.contains(chosen.text, literal=True)
        for name in SEARCHED
    ]
    frame = sink(by.organization).read(Identity, where=chosen.where)
    named = pl.col("author_id").is_in(people.with_text(chosen.text))
    frame = frame.filter(pl.any_horizontal(*stands_in) | named)
    if place is not None:
        name, author_id = place
        same = (pl.col("name") == name) & (pl.col("author_id") > author_id)
        frame = frame.filter((pl.col("name") > name) | same)
    return frame.sort("name", "author_id").head(limit)


def told(person: Person) -> dict[str, Any]:
    """For the audit log."""
    return {
        "known_by": person.known_by,
        "aliases": texts_of(person),
        "name": person.name,
        "user_id": person.user_id,
    }
