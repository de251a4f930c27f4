"""A store that notes which reads it answers: the real one behind the scheme `counted+…`."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from devhealth.sinks import STORES
from devhealth.sinks import open_store as open_real_store

READS = frozenset({"read", "latest", "aggregate", "page", "get", "newest_version"})
SCHEME = "counted+"


def counted(uri: str) -> str:
    """The address of the same store, counted."""
    STORES[f"{SCHEME}{uri.partition(':')[0]}"] = __name__  # type: ignore[index]
    return f"{SCHEME}{uri}"


def open_store(uri: str) -> "CountedStore":
    return CountedStore(open_real_store(uri.removeprefix(SCHEME)))


class CountedStore:
    def __init__(self, store: Any) -> None:
        self.store = store
        self.reads: list[str] = []

    def for_org(self, org_id: UUID, **more: Any) -> Any:
        return CountedSink(self.store.for_org(org_id, **more), self.reads)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def reads_of(self, act: Callable[[], Any]) -> list[str]:
        """The reads that an act makes."""
        before = len(self.reads)
        act()
        return self.reads[before:]


class CountedSink:
    def __init__(self, sink: Any, reads: list[str]) -> None:
        self._sink = sink
        self._reads = reads

    def __getattr__(self, name: str) -> Any:
        if name in READS:
            self._reads.append(name)
        return getattr(self._sink, name)
