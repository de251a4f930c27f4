"""Stored records of one repository that carry stamps: looked through, and written anew where wrong.

Only the columns that stamps are found from are read, a slice of time after the other; then again
those of the rows that differ, a batch after the other, so that they are stamped as they are when it
is written. Nothing but stamps is written, and the version: what somebody else wrote in between
stays, and a row of a newer version does anyway. Tombstones are stamped, too: should the branch have
their commits again, they are right.
"""

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

import polars as pl

from devhealth.models.fields import DTYPES
from devhealth.models.records import Record
from devhealth.models.touches import Touches
from devhealth.processors.stamped import Stamped
from devhealth.processors.stamps import Stamps
from devhealth.sinks import BATCH_SIZE, TICK, Sink

SLICE = 25_000  # records looked through at a time
BATCHES = 5  # of rows are written, and their days noted, at a time

Slice = tuple[datetime | None, datetime | None]

_LEADS = {
    "lead": pl.String(), "at": DTYPES["instant"], "table": pl.String(), "rows": pl.UInt32(),
}  # fmt: skip
_BEFORE = " before"  # ends the name of a stamp as it is stored


@dataclass(frozen=True, slots=True)
class Found:
    """Rows of a class that are wrong: as they should be, beside each stamp the stored one."""

    cls: type[Record]
    by: str
    gives: tuple[str, ...]
    rows: pl.DataFrame

    def columns(self) -> set[str]:
        """Which stamps are wrong in some row."""
        return {name for name in self.gives if self.rows.select(_differs(name).any()).item()}

    def touches(self, repo_id: UUID) -> Touches:
        """Records without an instant count on no day."""
        touches = Touches()
        for at in self.cls.instants[:1] if self.rows.height else ():
            days = self.rows.select(pl.col(at).dt.date().unique()).to_series()
            touches.days[self.cls, str(repo_id)].update(days)
        return touches


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

    def take(self, found: Found, repo_id: UUID) -> None:
        if found.rows.is_empty():
            return
        self.rows[found.cls.table] += found.rows.height
        self.columns[found.cls] |= found.columns()
        self.touches |= found.touches(repo_id)
        at = pl.col(*found.cls.instants[:1]).first() if found.cls.instants else pl.lit(None)
        leads = found.rows.group_by(lead=found.by).agg(at=at.cast(DTYPES["instant"]), rows=pl.len())
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
    """One kind of records of a repository, and those that follow them.

    checkpoint  called before every read and every write
    """

    sink: Sink
    repo_id: UUID
    stamped: Stamped
    stamps: Stamps
    checkpoint: Callable[[], None]

    def look_through(self, at_a_time: int = SLICE) -> Wrong:
        """All that is stored."""
        wrong = Wrong()
        for each in self._slices(at_a_time):
            for found in self._wrong(each):
                wrong.take(found, self.repo_id)
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
            touches = self._touches(batch)
            leads = self._leads(self._again(batch))
            if touches.days:
                await noted(touches)
            for cls, rows in self._amended(batch, leads):
                if rows.height:
                    self.checkpoint()
                    written[cls.table] += self.sink.amend(rows, cls)
        return written

    def _touches(self, batch: pl.DataFrame) -> Touches:
        """Records without an instant count on no day."""
        touches = Touches()
        for cls in (self.stamped.cls, *(each.cls for each in self.stamped.followers)):
            days = batch.filter(pl.col("table") == cls.table)["at"].dt.date().drop_nulls()
            if days.len():
                touches.days[cls, str(self.repo_id)].update(days)
        return touches

    def _amended(
        self, batch: pl.DataFrame, leads: pl.DataFrame
    ) -> Iterator[tuple[type[Record], pl.DataFrame]]:
        """What the wrong records should say, by their key, or as much of it as names their lead."""
        cls, by = self.stamped.cls, self.stamped.by
        keyed = leads.with_columns(pl.lit(str(self.repo_id)).alias(cls.partition))
        yield cls, _wrong_in(cls, batch, keyed, by).select(*cls.key, *self.stamped.gives)
        for each in self.stamped.followers:
            rows = _wrong_in(each.cls, batch, keyed, by).rename({by: each.by})
            yield each.cls, rows.select(cls.partition, each.by, *each.gives)

    def _wrong(self, window: Slice) -> Iterator[Found]:
        cls, by, gives = self.stamped.cls, self.stamped.by, self.stamped.gives
        leads = self._leads(self._read(cls, {}, window, self._needed))
        yield Found(cls, by, gives, leads.filter(_differ(gives)))
        for each in self.stamped.followers:
            columns = [each.by, *each.gives]
            stored = _with_before(self._read(each.cls, {}, window, columns), each.gives)
            shared = (*each.gives, *cls.instants[:1])
            stamps = leads.select(pl.col(by).alias(each.by), *shared)
            followers = stored.drop(shared, strict=False).join(stamps, on=each.by)
            yield Found(each.cls, each.by, each.gives, followers.filter(_differ(each.gives)))

    @property
    def _needed(self) -> list[str]:
        """Columns that tell leads apart, and what is wrong with them."""
        cls, stamped = self.stamped.cls, self.stamped
        return list(dict.fromkeys((*cls.key[1:], *cls.instants[:1], *stamped.asks, *stamped.gives)))

    def _leads(self, stored: pl.DataFrame) -> pl.DataFrame:
        """As they should be, beside each stamp the stored one."""
        return self.stamped.found(_with_before(stored, self.stamped.gives), self.stamps)

    def _slices(self, size: int) -> Iterable[Slice]:
        """Stretches of time with about so many records each."""
        cls = self.stamped.cls
        cuts: list[datetime] = []
        for at in cls.instants[:1]:
            instants = self._read(cls, {}, columns=[at])[at].sort()
            cuts = instants.gather_every(size, size).unique(maintain_order=True).to_list()
        return pairwise([None, *cuts, None])

    def _again(self, batch: pl.DataFrame) -> pl.DataFrame:
        """The leads of a batch, as they are stored by now."""
        cls = self.stamped.cls
        # The window says nothing new, but finds them all together where the store looks by time.
        first, last = batch.select(pl.col("at").min(), last=pl.col("at").max()).row(0)
        window = (first, last + TICK) if cls.instants else (None, None)
        where = {self.stamped.by: batch["lead"].unique().to_list()}
        return self._read(cls, where, window, self._needed)

    def _read(
        self,
        cls: type[Record],
        where: dict[str, Any],
        window: Slice = (None, None),
        columns: list[str] | None = None,
    ) -> pl.DataFrame:
        self.checkpoint()
        here = {cls.partition: self.repo_id} | where
        return self.sink.read(cls, *window, here, columns=columns, deleted=True)


def _wrong_in(cls: type[Record], batch: pl.DataFrame, leads: pl.DataFrame, by: str) -> pl.DataFrame:
    """The leads that are wrong themselves, or that wrong records of another class follow."""
    named = batch.filter(pl.col("table") == cls.table)["lead"]
    return leads.filter(pl.col(by).is_in(named.implode()))


def _with_before(rows: pl.DataFrame, gives: tuple[str, ...]) -> pl.DataFrame:
    return rows.with_columns(pl.col(name).alias(name + _BEFORE) for name in gives)


def _differ(gives: tuple[str, ...]) -> pl.Expr:
    return pl.any_horizontal(map(_differs, gives))


def _differs(name: str) -> pl.Expr:
    return pl.col(name).ne_missing(pl.col(name + _BEFORE))
