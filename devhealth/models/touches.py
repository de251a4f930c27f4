"""What a sync's writes touched: the only thing that a recompute needs to know of it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import polars as pl

from devhealth.models.records import Record

EVERYWHERE = ""  # the partition of what an organisation has only one of


@dataclass(slots=True)
class Touches:
    """UTC days on which records of a class were added, changed or lost, by class and partition.

    A partition is what one read loads at a time: the text of a repository's id.
    """

    days: dict[tuple[type[Record], str], set[date]] = field(
        default_factory=lambda: defaultdict(set)
    )

    def add(self, cls: type[Record], partition: UUID | str, instant: datetime) -> None:
        self.days[cls, str(partition)].add(instant.astimezone(UTC).date())

    def change(
        self, cls: type[Record], before: pl.DataFrame, after: pl.DataFrame, today: date
    ) -> None:
        """Rows of a class as they were stored, tombstones left out, and as they will be.

        Of a row that differs, the days of its instants are touched, old and new; of what it lasts,
        the days in exactly one of the old and the new span, or in any where it is told apart. One
        that moves to another partition is lost in the one and new in the other. Nothing lasts past
        `today`.
        """
        old, new = _alive(cls, before), _alive(cls, after)
        for key in old.keys() | new.keys():
            was, becomes = old.get(key), new.get(key)
            if was != becomes:
                is_moved = was and becomes and was[cls.partition] != becomes[cls.partition]
                for pair in ((was, None), (None, becomes)) if is_moved else ((was, becomes),):
                    self._change_row(cls, *pair, today)

    def _change_row(
        self, cls: type[Record], was: "Row | None", becomes: "Row | None", today: date
    ) -> None:
        row = becomes or was or {}
        touched = self.days[cls, str(row[cls.partition])]
        for each in (was, becomes):
            touched.update(_days_of(cls, each))
        is_apart = was and becomes and any(was[s] != becomes[s] for s in cls.apart if s in was)
        touched.update(lasting(cls, was, becomes, today, is_told_apart=bool(is_apart)))

    def __or__(self, other: "Touches") -> "Touches":
        both = Touches()
        for touches in (self, other):
            for key, days in touches.days.items():
                both.days[key] |= days
        return both

    def partitions(self) -> list[str]:
        return sorted({partition for _, partition in self.days} - {EVERYWHERE})

    def everywhere(self) -> "Touches":
        """The same days, of the whole organisation."""
        all_of_them = Touches()
        for (cls, _), days in self.days.items():
            all_of_them.days[cls, EVERYWHERE] |= days
        return all_of_them


Row = Mapping[str, Any]


def span_days(begins: date | None, ends: list[date | None], today: date) -> range:
    """Days, as ordinals, at whose end something lasts that begins and ends at these instants (UTC).

    The earliest end counts; without any it still lasts. Without a beginning it never does.
    """
    if begins is None:
        return range(0)
    told = [end for end in ends if end is not None]
    last = min(told).toordinal() - 1 if told else today.toordinal()
    return range(begins.toordinal(), min(last, today.toordinal()) + 1)


def _alive(cls: type[Record], rows: pl.DataFrame) -> dict[tuple[Any, ...], Row]:
    """By key, without what the store adds."""
    names = [name for name in rows.columns if name != cls.version]
    alive = rows.select(names).filter(pl.col("deleted_at").is_null())
    return {tuple(row[name] for name in cls.key): row for row in alive.iter_rows(named=True)}


def _days_of(cls: type[Record], row: Row | None) -> Iterator[date]:
    for name in cls.instants if row else ():
        if row and (instant := row[name]) is not None:
            yield instant.date()


def lasting(
    cls: type[Record], was: Row | None, becomes: Row | None, today: date, *, is_told_apart: bool
) -> set[date]:
    """Days that a row of spans is no longer counted on as it was, by its instants or their days.

    Those in exactly one of the old and the new span, or in any where the two are told apart.
    """
    touched = set[int]()
    for begins, ends in cls.spans:
        old, new = (
            set(span_days(row[begins], [row[end] for end in ends], today) if row else ())
            for row in (was, becomes)
        )
        touched |= old | new if is_told_apart else old ^ new
    return {date.min + timedelta(days=ordinal - 1) for ordinal in touched}
