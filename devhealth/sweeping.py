"""What a provider has no more: all ids that it tells against those that are stored.

Nothing counts as gone that is missing once: lists shift while they are read, so that one may lose
what nobody deleted. What is missing is looked for a second time, in a list that is read anew. Where
a provider forgets old things, nothing is gone that is older than all that it still tells.
"""

from collections.abc import Awaitable, Callable

import polars as pl

from devhealth.putting import Putting

CHUNK = 500  # things whose rows are buried together

Ids = Callable[[], Awaitable[set[str]]]


async def sweep(putting: Putting, ids: Ids) -> int:
    """Bury what is not among all ids that are told; rows written.

    Raises what `ids` raises, and nothing is buried then.
    """
    stored = _stored(putting)
    gone = _missing(stored, await ids()) if stored.height else stored
    if gone.height:
        again = await ids()
        gone = gone.filter(~pl.col("id").is_in(again))
    things = gone[putting.target.by].unique().sort().to_list()
    return sum([await putting.bury(things[at : at + CHUNK]) for at in range(0, len(things), CHUNK)])


def _stored(putting: Putting) -> pl.DataFrame:
    """Every thing that a provider told: `id`, its own column, and `at` where things are forgotten.

    An instant that is not known is never younger than another.
    """
    target = putting.target
    known_as = target.known_as or target.by
    names = [
        target.by,
        known_as,
        *(target.untold or ())[:1],
        *([target.forgets] if target.forgets else ()),
    ]
    putting.checkpoint()
    where = putting.here(target.thing)
    rows = putting.sink.read(target.thing, where=where, columns=list(dict.fromkeys(names)))
    if target.untold:
        column, ours = target.untold
        rows = rows.filter(pl.col(column) != ours)
    at = pl.col(target.forgets) if target.forgets else pl.lit(None)
    return rows.select(target.by, id=pl.col(known_as).cast(pl.String), at=at)


def _missing(stored: pl.DataFrame, told: set[str]) -> pl.DataFrame:
    """Without what may only have been forgotten."""
    is_told = pl.col("id").is_in(told)
    missing = stored.filter(~is_told)
    if stored["at"].dtype == pl.Null:
        return missing
    oldest = stored.filter(is_told)["at"].min()
    return missing.filter(pl.col("at") >= pl.lit(oldest, stored["at"].dtype))
