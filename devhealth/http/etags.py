"""Entity tags: what has not changed since is answered by a 304, which costs no quota.

A tag promises that what it was of is stored already. So it must be kept only when that is true:
give the client a `Deferred` and call `commit` where the watermark is moved.
"""

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Stored:
    etag: str
    next_url: str | None = None
    """What followed the page, so that a list can be read on past an unchanged page."""


class Etags(Protocol):
    """`key` names a credential and an address; it holds no secret and has at most 64 characters."""

    async def get(self, key: str) -> Stored | None: ...

    async def put(self, key: str, stored: Stored) -> None: ...


@dataclass(slots=True)
class MemoryEtags:
    """For one process, as long as it lives."""

    kept: dict[str, Stored] = field(default_factory=dict)

    async def get(self, key: str) -> Stored | None:
        return self.kept.get(key)

    async def put(self, key: str, stored: Stored) -> None:
        self.kept[key] = stored


@dataclass(slots=True)
class Deferred:
    """Holds new tags back until `commit`. What is not committed is asked for again."""

    inner: Etags
    held: dict[str, Stored] = field(default_factory=dict)

    async def get(self, key: str) -> Stored | None:
        return await self.inner.get(key)

    async def put(self, key: str, stored: Stored) -> None:
        self.held[key] = stored

    async def commit(self) -> None:
        """All that the answers told is stored: their tags may be."""
        while self.held:
            await self.inner.put(*self.held.popitem())
