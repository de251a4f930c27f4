"""Where records and rollups are kept: one contract, every store.

    store = open_store("postgresql://…")        one per process, thread-safe
    sink = store.for_org(org_id, version=now)   bound to one organisation, the only way to rows

`version` is what every row that the sink writes carries: a record's `synced_at`, a rollup's
`computed_at`. A sink stamps and filters the organisation itself; no method takes one.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from typing import Any, Protocol
from uuid import UUID

import polars as pl

from devhealth.errors import Permanent
from devhealth.models.records import Record
from devhealth.sinks.query import Order, Query
from devhealth.sinks.spells import Spell
from devhealth.sinks.tables import Row

BATCH_SIZE = 10_000
LEAST_SECONDS, MOST_SECONDS = 0.001, 86_400.0  # of a read: a millisecond to a day
TICK = timedelta(milliseconds=1)  # between one version and the next

STORES: Mapping[str, str] = {
    "postgresql": "devhealth.sinks.postgres",
    "sqlite": "devhealth.sinks.sqlite",
    "clickhouse": "devhealth.sinks.clickhouse",
    "chdb": "devhealth.sinks.clickhouse",
}
# Other spellings of the same, such as what SQLAlchemy's users have in their environment.
ALIASES: Mapping[str, str] = {
    "postgres": "postgresql",
    "postgresql+asyncpg": "postgresql",
    "postgresql+psycopg": "postgresql",
    "sqlite+aiosqlite": "sqlite",
}

Where = Mapping[str, Any]


class Sink(Protocol):
    """One organisation's rows. Frames hold UUIDs as text, instants as UTC milliseconds.

    Every read is de-duplicated: a record's newest version unless it is a tombstone, a rollup's
    newest version. `where` maps a column to a value, to None (is null), or to a list of either.
    Raises `Transient` where the same call may succeed later, else `Permanent`: `TooSlow` for a
    read that the store ended at the sink's limit.
    """

    org_id: UUID
    version: datetime

    def write(self, rows: Sequence[Row] | pl.DataFrame, cls: type[Row] | None = None) -> int:
        """Write rows of one class in one transaction; a frame needs `cls`. Returns rows given.

        A record that is older than the stored one loses. A rollup row becomes its key's newest
        version unless a newer one stands. Writing twice leaves one row.
        """
        ...

    def amend(self, rows: pl.DataFrame, cls: type[Record]) -> int:
        """Change some columns of stored records, in one transaction. Returns how many it changed.

        `rows` holds the first columns of the key, or all of them, and the columns to change. What
        a row says of the first, every record whose key begins so is given, tombstones included. A
        record that says the same already, or is of a newer version, stays as it is; a key that is
        not stored is not made. The others carry the sink's version then.
        """
        ...

    async def write_batch(self, rows: Sequence[Row] | pl.DataFrame) -> int:
        """`write`, off the event loop."""
        ...

    def read(
        self,
        cls: type[Row],
        since: date | datetime | None = None,
        until: date | datetime | None = None,
        where: Where | None = None,
        *,
        at: str | None = None,
        columns: Sequence[str] | None = None,
        deleted: bool = False,
        limit: int | None = None,
        spells: Sequence[Spell] = (),
    ) -> pl.DataFrame:
        """Rows whose instant `at` (default: the class's first) lies in [since, until).

        Where there are `spells`, a row is of any of them, too, and comes once.
        `deleted` brings the tombstones of records, too; `limit` stops after so many, no matter
        which, for who would take no more anyway.
        """
        ...

    def latest(
        self,
        cls: type[Row],
        since: date | None = None,
        until: date | None = None,
        where: Where | None = None,
        *,
        as_of: datetime | None = None,
        columns: Sequence[str] | None = None,
    ) -> pl.DataFrame:
        """Rollup rows of days in [since, until), each key's newest as of an instant."""
        ...

    def aggregate(self, query: Query) -> pl.DataFrame:
        """Additive measures, computed in the store: one row per bucket and group."""
        ...

    def page(
        self,
        cls: type[Row],
        where: Where | None = None,
        order: Sequence[Order] = (),
        after: Sequence[Any] | None = None,
        limit: int = 50,
        *,
        since: date | datetime | None = None,
        until: date | datetime | None = None,
        at: str | None = None,
        as_of: datetime | None = None,
    ) -> pl.DataFrame:
        """At most `limit` rows that follow the row whose `page_order` values are `after`.

        Of those whose instant `at` lies in [since, until), as `read` has it.
        """
        ...

    def get(self, cls: type[Row], keys: Sequence[Sequence[Any]]) -> pl.DataFrame:
        """The rows of these keys, in no order; a key without a row has none."""
        ...

    def newest_version(self, cls: type[Row]) -> datetime | None:
        """The newest `synced_at` or `computed_at` stored, tombstones included."""
        ...

    def remove(self, cls: type[Row], partition: UUID | str) -> None:
        """Delete every row of a partition for good, tombstones and old versions included.

        Raises `Permanent` for a class that has none.
        """
        ...

    def erase(self) -> None:
        """Delete every row of the organisation for good."""
        ...


class Store(Protocol):
    """A place that holds many organisations."""

    def for_org(
        self, org_id: UUID, *, version: datetime | None = None, read_timeout: float | None = None
    ) -> Sink:
        """Bind an organisation.

        version       when the caller's work began; default: now (UTC)
        read_timeout  seconds after which the store itself ends a read of the sink; default: never.
                      Writes and `erase` take as long as they take
        """
        ...

    def orgs(self) -> list[UUID]:
        """Every organisation that ever wrote here and was not erased."""
        ...

    def migrate(self) -> None:
        """Bring every table to today's shape. Safe to run again, and from several processes."""
        ...

    def is_current(self) -> bool:
        """Whether `migrate` would change nothing."""
        ...

    def close(self) -> None: ...


def open_store(uri: str) -> Store:
    """The store behind a URI. Connects on first use. Raises `Permanent` for an unknown scheme."""
    known_uri = canonical(uri)
    scheme = known_uri.partition("://")[0]
    if scheme not in STORES:
        known = ", ".join(f"{name}://" for name in STORES)
        # What else it is stays unsaid, for a password may be in it.
        named = f"`{scheme}`" if scheme.isalnum() and scheme != uri else "That"
        raise Permanent(f"{named} is no known kind of store; a URI begins with {known}.")
    store: Store = import_module(STORES[scheme]).open_store(known_uri)
    return store


def canonical(uri: str) -> str:
    """The URI under the name that we know its scheme by."""
    scheme, separator, rest = uri.partition("://")
    return f"{ALIASES.get(scheme, scheme)}{separator}{rest}"


def sink_of_run(store: Store, org_id: UUID, classes: Iterable[type[Row]]) -> Sink:
    """A sink for a run that begins now and writes these classes, where no job says when it began.

    Its version is newer than all that is stored of them, even if the clock went backward.
    """
    unbound = store.for_org(org_id)
    newest = [found for cls in classes if (found := unbound.newest_version(cls))]
    floor = [each + TICK for each in newest]
    return store.for_org(org_id, version=max([datetime.now(UTC), *floor]))
