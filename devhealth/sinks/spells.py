"""When records were: what a read of many of them asks, so that each is read once for all."""

from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from devhealth.models.fields import DTYPES

Moment = date | datetime


@dataclass(frozen=True, slots=True)
class Spell:
    """Records whose instant `at` lies in [since, until); None: without an end on that side.

    With `ends`, the instant before which they cease, null while they last, it is those that begin
    before `until` and have not ceased before `since`.
    """

    at: str
    since: Moment | None
    until: Moment | None
    ends: str = ""

    @property
    def instants(self) -> tuple[str, ...]:
        return (self.at, self.ends) if self.ends else (self.at,)

    def of(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows that it takes."""
        tests = [pl.lit(True)]
        if self.until is not None:
            tests.append(pl.col(self.at) < _midnight(self.until))
        if self.since is not None and self.ends:
            ends = pl.col(self.ends)
            tests.append(ends.is_null() | (ends >= _midnight(self.since)))
        elif self.since is not None:
            tests.append(pl.col(self.at) >= _midnight(self.since))
        return rows.filter(*tests)


def _midnight(moment: Moment) -> pl.Expr:
    """A day is its midnight (UTC)."""
    return pl.lit(moment).cast(DTYPES["instant"])
