"""What the peer was asked, and what it tells."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Asked:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    """Names in small letters."""
    json: Any
    at: float
    """By the peer's clock, when the request was read."""
    url: str
    """The peer's own."""
    fields: dict[str, str] = field(default_factory=dict)
    """What stood for `{name}` in the route."""


@dataclass(frozen=True, kw_only=True)
class Told:
    status: int = 200
    json: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    """Instead of the JSON."""
    cut: int | None = None
    """Send as many bytes of the body, then hang up."""
    delay: float = 0.0
    """Real seconds before the answer."""
    quiet: float = 0.0
    """Seconds in which nobody may ask after this."""
    cost: int = 1

    def but(self, **changes: Any) -> "Told":
        return replace(self, **changes)

    def with_headers(self, **headers: str) -> "Told":
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **more})


Handler = Callable[[Asked], Any]
"""Gives the JSON, or a `Told`."""
Fault = Callable[[Asked, Told], Told]
