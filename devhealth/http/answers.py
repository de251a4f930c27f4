"""What is asked and what comes back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from devhealth.http.errors import Unsafe

Value = str | int | bool | list[str] | None
Params = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Request:
    """A GET. `path` is below the client's base address, or a whole address of the same host."""

    path: str
    params: Params = field(default_factory=dict)
    """Null: left out. They replace those of the same name in `path`."""

    @staticmethod
    def of(url: str) -> "Request":
        """An address with its query as params, so that pagination finds its place in them."""
        whole = httpx.URL(url)
        params: dict[str, Value] = {
            name: values[0] if len(values) == 1 else values
            for name in whole.params
            if (values := whole.params.get_list(name))
        }
        return Request(str(whole.copy_with(query=None)), params)

    def with_params(self, **more: Value) -> "Request":
        return Request(self.path, {**self.params, **more})


def joined(url: str, link: str) -> str:
    """Where `link`, found in an answer of `url`, leads. Raises Unsafe: it cannot be read."""
    try:
        return str(httpx.URL(url).join(link))
    except httpx.InvalidURL as error:
        host = httpx.URL(url).host
        raise Unsafe(f"{host} gave an address that is none: tell its operator.") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A success (2xx), or a 304."""

    url: str = field(repr=False)
    """Where it came from, after redirects. Its query is not for a log."""
    status: int
    headers: httpx.Headers = field(repr=False)
    data: Any = field(repr=False)
    """The JSON. Null: none came (204), or nothing has changed (304)."""
    next_url: str | None = field(default=None, repr=False)
    """Of a 304: what followed when the list was last read."""

    @property
    def is_unchanged(self) -> bool:
        """304: the same as when the entity tag was kept. It cost no quota, and holds no data."""
        return self.status == 304


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of a list. Lists shift while they are read: an item may come twice, or never."""

    number: int
    """From 1."""
    items: list[Any] = field(repr=False)
    answer: Answer
    is_unchanged: bool = False
    """As when its entity tag was kept; it has no items then."""
    is_last: bool
    """Of an unchanged page that nobody noted the next of, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """An error inside a GraphQL reply. Its text is the provider's: not for messages or logs."""

    kind: str
    """`NOT_FOUND`, `FORBIDDEN`, … in the provider's words; empty: none was given."""
    path: tuple[str | int, ...]
    """Which field of `data` is null because of it; empty: not told."""
    message: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Of GraphQL: data, and what is missing from it. A query that brought no data raises."""

    data: dict[str, Any] = field(repr=False)
    problems: tuple[Problem, ...] = ()
    answer: Answer
