"""Identities as they are stored: everybody who made a stored commit, under their newest name.

So are those whom only blame names: what they made may be older than the history that is stored.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from uuid import UUID

import polars as pl

from devhealth.models.records import BlameFile, Commit, Identity, Record
from devhealth.processors.identity import Identities, filled
from devhealth.processors.stamped import authors
from devhealth.sinks import Sink
from devhealth.sinks.tables import objects

NAMING: tuple[tuple[type[Record], str], ...] = (  # records that name people, and as of when
    (Commit, "committed_at"),
    (BlameFile, "newest_at"),
)
NOBODYS = "no stored commit is theirs"


def meet(sink: Sink, people: Identities, checkpoint: Callable[[], None]) -> None:
    """Write those whom a run met, once the records that name them are written.

    Where one is stored under another name, all records of theirs are asked which is the newest.
    """
    met = {each.author_id: each for each in people.met()}
    checkpoint()
    stored = _stored(sink.get(Identity, [(author_id,) for author_id in met]))
    doubtful = [each for each, known in stored.items() if filled(met[each], known) != known]
    for rows in _naming(sink, doubtful, checkpoint):
        authors(rows, people)
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
    return {UUID(each) for rows in found for each in rows["author_id"].unique()}


def _naming(
    sink: Sink, people: list[UUID], checkpoint: Callable[[], None]
) -> Iterator[pl.DataFrame]:
    """What is asked of the records that name these people; there may be nobody to ask for."""
    for cls, at in NAMING if people else ():
        checkpoint()
        columns = ["author_id", "author_name", "author_email", at, "deleted_at"]
        rows = sink.read(cls, where={"author_id": people}, columns=columns, deleted=True)
        yield rows.rename({at: "committed_at"})


def _stored(rows: pl.DataFrame) -> dict[UUID, Identity]:
    return {identity.author_id: identity for identity in objects(Identity, rows)}
