"""Records as a metric reads them: those of some days, or those that last on any of them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from devhealth.models.records import Record
from devhealth.sinks import Sink
from devhealth.sinks.spells import Spell


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
    in `Sink.read`.
    """
    names = list(dict.fromkeys([*columns, *instants]))
    spell = Spell(instants[0], *days, instants[1])
    return sink.read(cls, where=where, columns=names, limit=limit, spells=[spell])
