"""Stored records of one repository or scope of work that carry stamps: looked through, and written
anew where wrong.

Only the columns that stamps are found from are read, a slice of time after the other, and what
belongs to its records with them; then again those of what differs, a batch after the other, so that
they are stamped as they are when it is written. Nothing but stamps is written, and the version:
what somebody else wrote in between stays, and a row of a newer version does anyway. Tombstones are
stamped, too: should the branch have their commits again, they are right.
"""

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

import polars as pl

from devhealth.models.fields import DTYPES, types_of
from devhealth.models.records import Record
from devhealth.models.touches import Touches, lasting
from devhealth.processors.naming import Frames
from devhealth.processors.stamped import Part, Stamped
from devhealth.processors.stamps import Stamps
from devhealth.sinks import BATCH_SIZE, TICK, Sink

SLICE = 25_000  # records looked through at a time
BATCHES = 5  # of rows are written, and their days noted, at a time

Slice = tuple[datetime | None, datetime | None]

_LEADS = {
    "lead": pl.String(), "at": DTYPES["instant"], "table": pl.String(), "rows": pl.UInt32(),
}  # fmt: skip
_BEFORE = " before"  # ends the name of a stamp as it is stored
_AT = " at"  # the instant of the lead


@dataclass(frozen=True, slots=True)
class Found:
    """Rows of a class that are wrong: as they should be, beside each stamp the stored one.

    instants  columns of the days that they count on
    """

    cls: type[Record]
    by: str
    gives: tuple[str, ...]
    instants: tuple[str, ...]
    rows: pl.DataFrame

    def columns(self) -> set[str]:
        """Which stamps are wrong in some row."""
        return {name for name in self.gives if self.rows.select(_differs(name).any()).item()}

    def touches(self, today: date) -> Touches:
        """Records without an instant count on no day."""
        touches = Touches()
        for (partition,), rows in self.rows.group_by(self.cls.partition):
            days = self._lasting(rows, today) if self.cls.spans else set()
            for at in self.instants:
                days.update(rows[at].dt.date().unique().drop_nulls())
            if days:
                touches.days[self.cls, str(partition)] |= days
        return touches

    def _lasting(self, rows: pl.DataFrame, today: date) -> set[date]:
        """Days of what the rows last: many have the same."""
        names = {name for begins, ends in self.cls.spans for name in (begins, *ends)}
        told = [pl.col(name).dt.date() for name in names]
        stored = [_as_stored(name, self.gives).dt.date().alias(name + _BEFORE) for name in names]
        is_apart = _differ([name for name in self.cls.apart if name in self.gives])
        alive = rows.filter(pl.col("deleted_at").is_null())
        days: set[date] = set()
        for row in alive.select(*told, *stored, is_apart=is_apart).unique().iter_rows(named=True):
            was = {name: row[name + _BEFORE] for name in names}
            days |= lasting(self.cls, was, row, today, is_told_apart=row["is_apart"])
        return days


@dataclass(slots=True)
class Wrong:
    """What is wrong in a repository.

    rows     how many, by table
    columns  which stamps of a class
    touches  on which days
    leads    `lead`, `at` (its instant), `table` and `rows`: how many of it, or that follow it
    """

    rows: Counter[str] = field(default_factory=Counter)
    columns: dict[type[Record], set[str]] = field(default_factory=lambda: defaultdict(set))
    touches: Touches = field(default_factory=Touches)
    leads: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_LEADS))

    def take(self, found: Found, today: date) -> None:
        if found.rows.is_empty():
            return
        self.rows[found.cls.table] += found.rows.height
        self.columns[found.cls] |= found.columns()
        self.touches |= found.touches(today)
        leads = found.rows.group_by(lead=pl.col(found.by).cast(pl.String)).agg(
            at=pl.col(_AT).first(), rows=pl.len()
        )
        named = leads.select("lead", "at", pl.lit(found.cls.table).alias("table"), "rows")
        self.leads = pl.concat([self.leads, named])

    def add(self, other: "Wrong") -> None:
        """What is wrong elsewhere, leads apart."""
        self.rows.update(other.rows)
        for cls, names in other.columns.items():
            self.columns[cls] |= names
        self.touches |= other.touches

    def batches(self, size: int) -> Iterator[pl.DataFrame]:
        """Leads near together in time: of one batch, with the rows of some."""
        per_lead = self.leads.group_by("lead", "at").agg(pl.col("rows").sum()).sort("at", "lead")
        share = pl.max_horizontal(pl.col("rows"), BATCHES)
        numbered = per_lead.select("lead", batch=(share.cum_sum() - share) // (BATCHES * size))
        yield from self.leads.join(numbered, on="lead").sort("batch").partition_by("batch")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewriting:
    """Records of a partition that are stamped together, and those that follow them.

    partition   a repository, or a scope of work
    checkpoint  called before every read and every write
    """

    sink: Sink
    partition: UUID
    stamped: Stamped
    stamps: Stamps
    checkpoint: Callable[[], None]

    def look_through(self, at_a_time: int = SLICE) -> Wrong:
        """All that is stored."""
        wrong = Wrong()
        for window in self._slices(at_a_time):
            together = self._together(self._leads({}, window))
            for found in (*self._parts(together), *self._following(together, window)):
                wrong.take(found, self._today)
        return wrong

    async def write(
        self,
        wrong: Wrong,
        noted: Callable[[Touches], Awaitable[None]],
        batch_size: int = BATCH_SIZE,
    ) -> Counter[str]:
        """Write what is wrong, as far as it still is; rows written by table.

        `noted` is awaited with what the next writes are going to touch.
        """
        written = Counter[str]()
        for batch in wrong.batches(batch_size):
            together = self._together(self._again(batch))
            parts = list(self._parts(together))
            touches = self._touches(batch, parts)
            if touches.days:
                await noted(touches)
            for cls, rows in self._amended(batch, together, parts):
                if rows.height:
                    self.checkpoint()
                    written[cls.table] += self.sink.amend(rows, cls)
        return written

    @property
    def _today(self) -> date:
        return self.sink.version.date()

    def _touches(self, batch: pl.DataFrame, parts: list[Found]) -> Touches:
        """Of followers, whatever day their lead is of."""
        touches = Touches()
        for found in parts:
            touches |= found.touches(self._today)
        for each in self.stamped.followers:
            days = batch.filter(pl.col("table") == each.cls.table)["at"].dt.date().drop_nulls()
            if days.len():
                touches.days[each.cls, str(self.partition)].update(days)
        return touches

    def _amended(
        self, batch: pl.DataFrame, together: Frames, parts: list[Found]
    ) -> Iterator[tuple[type[Record], pl.DataFrame]]:
        """What the wrong records should say, by their key, or as much of it as names their lead."""
        lead = self.stamped.lead
        for found in parts:
            yield found.cls, found.rows.select(*found.cls.key, *found.gives)
        for each in self.stamped.followers:
            named = batch.filter(pl.col("table") == each.cls.table)["lead"]
            rows = together[lead.cls].filter(pl.col(lead.by).is_in(named.implode()))
            keyed = rows.rename({lead.by: each.by})
            yield each.cls, keyed.select(each.cls.partition, each.by, *each.gives)

    def _parts(self, together: Frames) -> Iterator[Found]:
        lead = self.stamped.lead
        for part in self.stamped.parts:
            wrong = together[part.cls].filter(_differ(part.gives))
            if part is not lead:
                at = together[lead.cls].select(pl.col(lead.by).alias(part.by), _AT)
                wrong = wrong.join(at, on=part.by)
            yield Found(part.cls, part.by, part.gives, part.cls.instants, wrong)

    def _following(self, together: Frames, window: Slice) -> Iterator[Found]:
        lead = self.stamped.lead
        for each in self.stamped.followers:
            columns = [each.by, *each.gives]
            stored = _with_before(self._read(each.cls, {}, window, columns), each.gives)
            stamps = together[lead.cls].select(pl.col(lead.by).alias(each.by), *each.gives, _AT)
            followers = stored.drop(each.gives).join(stamps, on=each.by)
            here = pl.lit(str(self.partition)).alias(each.cls.partition)
            wrong = followers.filter(_differ(each.gives)).with_columns(here)
            yield Found(each.cls, each.by, each.gives, (_AT,), wrong)

    def _together(self, leads: pl.DataFrame) -> Frames:
        """Leads and what belongs to them, as they should be, beside each stamp the stored one."""
        lead, *others = self.stamped.parts
        stored = {lead.cls: leads}
        for part in others:
            where = {part.by: leads[lead.by].unique().to_list()}
            stored[part.cls] = self._stored(part, where, (None, None), None)
        return self.stamped.found(stored, self.stamps)

    def _slices(self, size: int) -> Iterable[Slice]:
        """Stretches of time with about so many leads each."""
        at = self.stamped.at
        if at is None:
            return [(None, None)]
        instants = self._read(self.stamped.lead.cls, {}, columns=[at])[at].sort()
        cuts = instants.gather_every(size, size).unique(maintain_order=True).to_list()
        return pairwise([None, *cuts, None]) if instants.len() else []

    def _again(self, batch: pl.DataFrame) -> pl.DataFrame:
        """The leads of a batch, as they are stored by now."""
        lead = self.stamped.lead
        # The window says nothing new, but finds them all together where the store looks by time.
        first, last = batch.select(pl.col("at").min(), last=pl.col("at").max()).row(0)
        window = (first, last + TICK) if self.stamped.at else (None, None)
        kind, _ = types_of(lead.cls)[lead.by]
        named = batch["lead"].unique().cast(DTYPES[kind])
        return self._leads({lead.by: named.to_list()}, window)

    def _leads(self, where: dict[str, Any], window: Slice) -> pl.DataFrame:
        at = self.stamped.at
        rows = self._stored(self.stamped.lead, where, window, at)
        instant = pl.col(at) if at else pl.lit(None, DTYPES["instant"])
        return rows.with_columns(instant.alias(_AT))

    def _stored(
        self, part: Part, where: dict[str, Any], window: Slice, at: str | None
    ) -> pl.DataFrame:
        """What tells records apart, what is asked of them, and what they say now."""
        cls = part.cls
        spans = (name for begins, ends in cls.spans for name in (begins, *ends))
        keys = (
            name for name in (*cls.key, cls.partition) if name != cls.partition or part.is_across
        )
        columns = dict.fromkeys((*keys, *cls.instants, *spans, *part.asks, *part.gives))
        rows = self._read(cls, where, window, list(columns), at, is_across=part.is_across)
        if not part.is_across:
            rows = rows.with_columns(pl.lit(str(self.partition)).alias(cls.partition))
        return _with_before(rows, part.gives)

    def _read(
        self,
        cls: type[Record],
        where: dict[str, Any],
        window: Slice = (None, None),
        columns: list[str] | None = None,
        at: str | None = None,
        *,
        is_across: bool = False,
    ) -> pl.DataFrame:
        self.checkpoint()
        here = {} if is_across else {cls.partition: self.partition}
        return self.sink.read(cls, *window, here | where, at=at, columns=columns, deleted=True)


def _with_before(rows: pl.DataFrame, gives: tuple[str, ...]) -> pl.DataFrame:
    return rows.with_columns(pl.col(name).alias(name + _BEFORE) for name in gives)


def _as_stored(name: str, gives: tuple[str, ...]) -> pl.Expr:
    return pl.col(name + _BEFORE if name in gives else name)


def _differ(names: Iterable[str]) -> pl.Expr:
    return pl.any_horizontal(pl.lit(False), *map(_differs, names))


def _differs(name: str) -> pl.Expr:
    return pl.col(name).ne_missing(pl.col(name + _BEFORE))
