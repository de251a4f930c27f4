"""Records as a metric reads them: those of some days, or those that last on any of them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from devhealth.models.records import Record
from devhealth.sinks import Sink


def lasting(
    sink: Sink,
    cls: type[Record],
    instants: tuple[str, str],
    days: tuple[date | None, date | None],
    where: Mapping[str, Any] | None = None,
    *,
    columns: Sequence[str],
    limit: int | None = None,
) -> pl.DataFrame:
    """Records that last on a day in [since, until), or begin or cease on one.

    `instants` names from when and until when they last, the second null while they do. `limit` as
    in `Sink.read`, for each of the two reads that it takes.
    """
    (begins, ends), (since, until) = instants, days
    names = list(dict.fromkeys([*columns, begins, ends]))
    ended = sink.read(cls, since, None, where, at=ends, columns=names, limit=limit)
    open_ones = {**(where or {}), ends: None}
    open_still = sink.read(cls, None, until, open_ones, at=begins, columns=names, limit=limit)
    ended = ended.filter(pl.col(ends).is_not_null())  # without bounds, all are read
    if until is not None:
        ended = ended.filter(pl.col(begins).dt.date() < until)
    return pl.concat([ended, open_still])
