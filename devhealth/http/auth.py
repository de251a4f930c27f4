"""Who asks, as a value. No token is ever part of a `repr`."""

import asyncio
import base64
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Protocol

Header = tuple[str, str]


class Auth(Protocol):
    async def header(self, rejected: Header | None = None) -> Header | None:
        """The header to send. With `rejected`, which got a 401: another one, or None for none."""
        ...


class Token(Protocol):
    async def __call__(self, *, is_rejected: bool) -> str:
        """A token that is good now. Cheap, unless `is_rejected`: the last one got a 401."""
        ...


@dataclass(frozen=True, slots=True)
class Anonymous:
    """Public data, with the small quota of an address."""

    async def header(self, rejected: Header | None = None) -> Header | None:
        return None


@dataclass(frozen=True, slots=True)
class TokenHeader:
    """A token in a header of its own, as `PRIVATE-TOKEN` of GitLab."""

    name: str
    token: str = field(repr=False)

    async def header(self, rejected: Header | None = None) -> Header | None:
        return None if rejected else (self.name, self.token)


@dataclass(frozen=True, slots=True)
class Bearer:
    token: str = field(repr=False)

    async def header(self, rejected: Header | None = None) -> Header | None:
        return None if rejected else ("Authorization", f"Bearer {self.token}")


@dataclass(frozen=True, slots=True)
class Basic:
    user: str
    token: str = field(repr=False)

    async def header(self, rejected: Header | None = None) -> Header | None:
        pair = base64.b64encode(f"{self.user}:{self.token}".encode()).decode()
        return None if rejected else ("Authorization", f"Basic {pair}")


@dataclass(frozen=True, slots=True)
class Refreshing:
    """A token that changes: `token` is asked before every request, and once more after a 401.

    Requests that are refused together refresh once: who finds that the token has changed since
    takes the new one.
    """

    token: Token = field(repr=False)
    name: str = "Authorization"
    scheme: str = "Bearer "
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock, init=False, repr=False)

    async def header(self, rejected: Header | None = None) -> Header | None:
        if rejected is None:
            return await self._asked(self.token(is_rejected=False))
        async with self._turn:
            current = await self._asked(self.token(is_rejected=False))
            if current != rejected:
                return current
            return await self._asked(self.token(is_rejected=True))

    async def _asked(self, token: Awaitable[str]) -> Header:
        return self.name, f"{self.scheme}{await token}"
