"""What was told of some things is compared with what is stored of them, noted, and written.

A thing's parts are one set: what is stored beside those that were told is gone. All of it is
written, for a late writer may have brought something older meanwhile; days are touched only by what
differs. A thing goes before its parts, and its parts before it where they are buried: so no part is
left behind that nobody finds.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import polars as pl

from devhealth.errors import Transient
from devhealth.models.fields import DTYPES
from devhealth.models.records import Record
from devhealth.models.touches import Touches
from devhealth.places import Place
from devhealth.processors.frames import differing
from devhealth.processors.stamps import Stamps
from devhealth.remote import Frames, Target
from devhealth.sinks import BATCH_SIZE, Sink
from devhealth.sinks.values import frame_of

LEFT = "no longer part of it"
GONE = "no longer at the provider"


@dataclass(slots=True)
class Batch:
    """Things on their way, each once: of two tellings the newer, or the later."""

    target: Target
    things: dict[tuple[Any, ...], dict[tuple[Any, ...], Record]] = field(default_factory=dict)
    rows: int = 0

    def take(self, records: Sequence[Record]) -> None:
        if not records:
            return
        own = (each for each in records if not isinstance(each, self.target.beside))
        of = tuple(sorted({getattr(each, self.target.by) for each in own}))
        before = self.things.get(of, {})
        if self._is_older(records, before):
            return
        told = {_key(each): each for each in records}
        self.things[of] = told if self.target.parts else before | told
        self.rows += len(self.things[of]) - len(before)

    def _is_older(self, records: Sequence[Record], before: dict[Any, Record]) -> bool:
        if not before or not (at := self.target.newest):
            return False
        known = next(each for each in before.values() if isinstance(each, self.target.thing))
        return bool(getattr(records[0], at) < getattr(known, at))

    def frames(self) -> Frames:
        classes = (*self.target.classes, *self.target.beside)
        found: dict[type[Record], dict[Any, Record]] = {cls: {} for cls in classes}
        for records in self.things.values():
            for key, each in records.items():
                found[type(each)][key] = each
        return {cls: frame_of(cls, [*rows.values()]) for cls, rows in found.items()}


class Put(NamedTuple):
    """Rows written, tombstones included; things that were stored otherwise, or not at all."""

    written: int
    changed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Putting:
    """Things of one target of one place on their way into the sink.

    `noted` is awaited with what the next write is going to touch; `checkpoint` is called before
    every read and write.
    """

    sink: Sink
    target: Target
    place: Place
    stamps: Stamps
    noted: Callable[[Touches], Awaitable[None]]
    checkpoint: Callable[[], None]
    batch_size: int = BATCH_SIZE

    async def put(self, told: Frames) -> Put:
        """Write them. Raises `Transient` (`_require_ours`)."""
        of = told[self.target.thing][self.target.by].unique().sort().to_list()
        stored = {cls: self._stored(cls, of) for cls in self.target.classes}
        self._require_ours(told, stored[self.target.thing])
        told = dict(self._newer(told, stored[self.target.thing]))
        for cls in self.target.parts:
            told[cls] = self._with_left(cls, told, stored[cls])
        settled = self.target.settled(told, stored, self.stamps)
        touches = Touches()
        for cls in self.target.classes:
            rows = settled[cls]
            before = stored[cls].join(rows, on=cls.key, how="semi")
            touches.change(cls, before, rows, self.sink.version.date())
        await self._note(touches)
        changed = self._changed(settled, stored)
        written = sum(self._write(cls, self._beside(cls, told[cls])) for cls in self.target.beside)
        written += sum(self._write(cls, settled[cls]) for cls in self.target.classes)
        return Put(written, changed)

    def _changed(self, settled: Frames, stored: Frames) -> int:
        """Things of which anything is not stored as it is to be."""
        by = self.target.by
        parts = [differing(cls, stored[cls], settled[cls])[by] for cls in self.target.classes]
        return pl.concat(parts).n_unique()

    def _beside(self, cls: type[Record], told: pl.DataFrame) -> pl.DataFrame:
        """What is not stored as it is told."""
        self.checkpoint()
        stored = self.sink.get(cls, list(told.select(cls.key).iter_rows())).select(told.columns)
        return told.join(stored, on=told.columns, how="anti", nulls_equal=True)

    async def bury(self, of: Sequence[Any]) -> int:
        """Make tombstones of these things and all their parts; how many rows."""
        alive = {
            cls: self._stored(cls, of).filter(pl.col("deleted_at").is_null())
            for cls in self.target.classes
        }
        touches = Touches()
        for cls, rows in alive.items():
            touches.change(cls, rows, rows.clear(), self.sink.version.date())
        await self._note(touches)
        return sum(
            self._write(cls, buried(alive[cls], self.sink.version, GONE))
            for cls in reversed(self.target.classes)
        )

    def here(self, cls: type[Record]) -> dict[str, Any]:
        """What finds all that is stored of the place."""
        return {cls.partition: self.place.place_id}

    def _stored(self, cls: type[Record], of: Iterable[Any]) -> pl.DataFrame:
        self.checkpoint()
        here = {} if self.target.is_across else self.here(cls)
        where = {**here, self.target.by: list(of)}
        return self.sink.read(cls, where=where, deleted=True)

    def _newer(self, told: Frames, stored: pl.DataFrame) -> Frames:
        """Without things of which this run has written a newer telling: lists shift."""
        at, by = self.target.newest, self.target.by
        if at is None:
            return told
        ours = stored.filter(pl.col("synced_at") == self.sink.version).select(by, known=at)
        older = told[self.target.thing].join(ours, on=by).filter(pl.col(at) < pl.col("known"))
        return {
            cls: rows if cls in self.target.beside else rows.join(older, on=by, how="anti")
            for cls, rows in told.items()
        }

    def _require_ours(self, told: Frames, stored: pl.DataFrame) -> None:
        """A restamp that began after this run has written rows that ours would lose against. Where
        they tell less than ours, another run must bring it: this one is not to count as done."""
        if (at := self.target.newest) is None:
            return
        by = self.target.by
        above = stored.filter(pl.col("synced_at") > self.sink.version).select(by, known=at)
        lost = told[self.target.thing].join(above, on=by).filter(pl.col(at) > pl.col("known"))
        if lost.height:
            raise Transient(
                f"{self.place.name} was stamped anew while this run was under way: run "
                "it again, so that what it fetched is kept.",
                retry_after=0,
            )

    def _with_left(self, cls: type[Record], told: Frames, stored: pl.DataFrame) -> pl.DataFrame:
        """With tombstones of the parts that are not told any more."""
        rows, things = told[cls], told[self.target.thing]
        alive = stored.filter(pl.col("deleted_at").is_null())
        theirs = alive.join(things, on=self.target.by, how="semi")
        left = theirs.join(rows, on=cls.key, how="anti").select(rows.columns)
        return pl.concat([rows, buried(left, self.sink.version, LEFT)])

    async def _note(self, touches: Touches) -> None:
        if any(touches.days.values()):
            await self.noted(touches)

    def _write(self, cls: type[Record], rows: pl.DataFrame) -> int:
        for part in rows.iter_slices(self.batch_size):
            self.checkpoint()
            self.sink.write(part, cls)
        return rows.height


def buried(rows: pl.DataFrame, at: datetime, reason: str) -> pl.DataFrame:
    """The same as tombstones."""
    return rows.with_columns(
        deleted_at=pl.lit(at, DTYPES["instant"]), deleted_reason=pl.lit(reason, pl.String)
    )


def _key(record: Record) -> tuple[Any, ...]:
    return type(record), *(getattr(record, name) for name in record.key)
