"""Identities as they are stored: everybody who made a stored commit, under their newest name."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import polars as pl

from devhealth.models.records import Commit, Identity
from devhealth.processors.identity import Identities, filled
from devhealth.sinks import TICK, Sink
from devhealth.sinks.tables import objects

NOBODYS = "no stored commit is theirs"


def meet(sink: Sink, people: Identities, checkpoint: Callable[[], None]) -> None:
    """Write those whom a run met, once their commits are written: older ones rename nobody."""
    met = {each.identity.author_id: each for each in people.met()}
    checkpoint()
    stored = _stored(sink.get(Identity, [(author_id,) for author_id in met]))
    changed = [each.identity for author_id, each in met.items() if author_id not in stored]
    told = {
        author_id: filled(met[author_id].identity, known) for author_id, known in stored.items()
    }
    renamed = {each for each in told if told[each] != stored[each]}
    later = _later(sink, {author_id: met[author_id].at for author_id in renamed})
    for author_id in renamed:
        known = stored[author_id]
        best = filled(known, told[author_id]) if author_id in later else told[author_id]
        changed += [best] if best != known else []
    checkpoint()
    sink.write(changed)


def settle(sink: Sink, people: Identities, checkpoint: Callable[[], None]) -> int:
    """Have exactly those stored whom a run met that has seen every stored commit; rows written.

    The others become tombstones, but for those whom a commit names that somebody else has written
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
    met = {each.identity.author_id: each.identity for each in people.met()}
    gone = [each for each in stored.values() if not each.deleted_at and each.author_id not in met]
    return [
        *(each for author_id, each in met.items() if stored.get(author_id) != each),
        *(replace(each, deleted_at=sink.version, deleted_reason=NOBODYS) for each in gone),
    ]


def _named(sink: Sink, gone: list[UUID], checkpoint: Callable[[], None]) -> set[UUID]:
    """Of these the authors of commits, as far as any is stored."""
    if not gone:
        return set()
    checkpoint()
    rows = sink.read(Commit, where={"author_id": gone}, columns=["author_id"], deleted=True)
    return set(map(UUID, rows["author_id"].unique()))


def _later(sink: Sink, newest: Mapping[UUID, datetime]) -> set[UUID]:
    """Who has a commit that is newer than this."""
    if not newest:
        return set()
    columns = ["author_id", "committed_at"]
    where = {"author_id": list(newest)}
    rows = sink.read(Commit, min(newest.values()) + TICK, where=where, columns=columns)
    last = rows.group_by("author_id").agg(pl.col("committed_at").max())
    return {UUID(each) for each, at in last.iter_rows() if at > newest[UUID(each)]}


def _stored(rows: pl.DataFrame) -> dict[UUID, Identity]:
    return {identity.author_id: identity for identity in objects(Identity, rows)}
