"""A store of records and rollups for tests: one SQLite directory, an organisation each time."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from devhealth.due import everything
from devhealth.metrics import metrics
from devhealth.models.records import Commit, CommitFile, Repository
from devhealth.models.touches import Touches
from devhealth.recompute import recompute
from devhealth.sinks import Sink, Store

FIRST_RUN = datetime(2026, 1, 5, 12, tzinfo=UTC)


class Organisation:
    """One of a store's, whose every run is a minute later than the one before."""

    def __init__(self, store: Store, org_id: UUID | None = None) -> None:
        self.store = store
        self.org_id = org_id or uuid4()
        self._minutes = count()

    def sink(self) -> Sink:
        """The next run's."""
        version = FIRST_RUN + timedelta(minutes=next(self._minutes))
        return self.store.for_org(self.org_id, version=version)

    def take(self, works: Iterable[Any], *, lost: bool = False) -> Touches:
        """Write commits and their files as a sync does, or bury them."""
        sink = self.sink()
        gone = {"deleted_at": sink.version, "deleted_reason": "lost"} if lost else {}
        touches = Touches()
        for commit, changes in works:
            sink.write([replace(commit, **gone)])
            sink.write([replace(change, **gone) for change in changes])
            for cls in (Commit, CommitFile):
                touches.add(cls, commit.repo_id, commit.committed_at)
        return touches

    def tell(self, records: Iterable[Any], today: date, *, lost: bool = False) -> Touches:
        """Write records of any classes as a sync of `today` does, or bury them."""
        sink, touches = self.sink(), Touches()
        gone = {"deleted_at": sink.version, "deleted_reason": "lost"} if lost else {}
        by_class: dict[type, list[Any]] = {}
        for record in records:
            by_class.setdefault(type(record), []).append(replace(record, **gone))
        for cls, rows in by_class.items():
            keys = [tuple(getattr(row, name) for name in cls.key) for row in rows]
            before = sink.get(cls, keys)
            sink.write(rows)
            touches.change(cls, before, sink.get(cls, keys), today)
        return touches

    def know(self, repositories: Iterable[Repository]) -> None:
        self.sink().write(list(repositories))

    def compute(self, touches: Touches, today: date) -> dict[str, int]:
        return recompute(self.sink(), touches, today=today)

    def compute_everything(self, today: date) -> dict[str, int]:
        sink = self.sink()
        return recompute(sink, everything(sink), today=today)

    def rows(self, cls: type, *, empty: bool = False) -> list[dict[str, Any]]:
        """The newest rollup rows by key, without their versions; `empty` ones, too."""
        found = self.sink().latest(cls).drop("computed_at").sort(cls.key)
        return [row for row in found.to_dicts() if empty or not row["is_empty"]]

    def rollups(self) -> list[list[dict[str, Any]]]:
        return [self.rows(metric.rollup) for metric in metrics()]

    def records(self, cls: type, *, versions: bool = False) -> list[dict[str, Any]]:
        """Stored records by key, tombstones left out."""
        found = self.sink().read(cls).sort(cls.key)
        return (found if versions else found.drop("synced_at")).to_dicts()
