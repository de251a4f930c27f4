"""Identities as they are stored: everybody whom a stored record names, under their newest name.

That is who made a commit or opened a pull request, who reviewed or commented it, and whom blame
names: what they made may be older than the history that is stored.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from uuid import UUID

import polars as pl

from devhealth.models.records import Identity
from devhealth.processors.identity import Identities, filled
from devhealth.processors.naming import NAMING, Naming, named
from devhealth.sinks import Sink
from devhealth.sinks.tables import objects

NOBODYS = "no stored record is theirs"


def meet(sink: Sink, people: Identities, checkpoint: Callable[[], None]) -> None:
    """Write those whom a run met, once the records that name them are written.

    Where one is stored under another name, all records of theirs are asked which is the newest.
    """
    met = {each.author_id: each for each in people.met()}
    checkpoint()
    stored = _stored(sink.get(Identity, [(author_id,) for author_id in met]))
    doubtful = [each for each, known in stored.items() if filled(met[each], known) != known]
    for naming, rows in _naming(sink, doubtful, checkpoint):
        named(rows, naming, people)
    met = {each.author_id: each for each in people.met() if each.author_id in met}
    kept = stored.keys() - doubtful
    checkpoint()
    sink.write([met[each] for each in met.keys() - kept if met[each] != stored.get(each)])


def settle(sink: Sink, people: Identities, checkpoint: Callable[[], None]) -> int:
    """Have exactly those stored whom a run met that has seen every such record; rows written.

    The others become tombstones, but for those whom a record names that somebody else has written
    in the meantime.
    """
    wrong = unsettled(sink, people, checkpoint)
    kept = _named(sink, [each.author_id for each in wrong if each.deleted_at], checkpoint)
    checkpoint()
    return sink.write([each for each in wrong if each.author_id not in kept])


def unsettled(
    sink: Sink, people: Identities, checkpoint: Callable[[], None] = lambda: None
) -> list[Identity]:
    """The same as they should be stored, tombstones included: those that are not."""
    checkpoint()
    stored = _stored(sink.read(Identity, deleted=True))
    met = {each.author_id: each for each in people.met()}
    gone = [each for each in stored.values() if not each.deleted_at and each.author_id not in met]
    return [
        *(each for author_id, each in met.items() if stored.get(author_id) != each),
        *(replace(each, deleted_at=sink.version, deleted_reason=NOBODYS) for each in gone),
    ]


def _named(sink: Sink, gone: list[UUID], checkpoint: Callable[[], None]) -> set[UUID]:
    """Of these the authors of records, as far as any is stored."""
    found = _naming(sink, gone, checkpoint)
    return {UUID(each) for naming, rows in found for each in rows[naming.id].unique()}


def _naming(
    sink: Sink, people: list[UUID], checkpoint: Callable[[], None]
) -> Iterator[tuple[Naming, pl.DataFrame]]:
    """What is asked of the records that name these people; there may be nobody to ask for."""
    for naming in NAMING if people else ():
        checkpoint()
        columns = [naming.id, *naming.asks]
        yield (
            naming,
            sink.read(naming.cls, where={naming.id: people}, columns=columns, deleted=True),
        )


def _stored(rows: pl.DataFrame) -> dict[UUID, Identity]:
    return {identity.author_id: identity for identity in objects(Identity, rows)}
