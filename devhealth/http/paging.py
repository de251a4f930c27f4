"""Pagination as a value: from a request and its answer to the next request, or the end.

    LinkPaging()                              GitHub, GitLab's keyset lists: rel="next"
    PageNumber(size=100)                      GitLab: X-Next-Page; else counted up to an empty page
    Cursor(at=("meta", "next"))               a cursor inside the answer
    NextPageToken()                           Jira Cloud, Google: nextPageToken, until isLast
    StartAt(size=100)                         Jira: startAt and total

`at_items` names where in the answer the list lies; empty: the answer is the list.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import httpx

from devhealth.errors import Transient
from devhealth.http.answers import Answer, Request, joined

Path = tuple[str, ...]


class Paging(Protocol):
    def first(self, request: Request) -> Request:
        """The request of the first page."""
        ...

    def items(self, answer: Answer) -> Any:
        """The list that a page holds; whatever else lies there is found out by the client."""
        ...

    def after(self, request: Request, answer: Answer, count: int) -> Request | None:
        """What to ask after a page of `count` items. Null: it was the last one."""
        ...


def found(data: Any, path: Sequence[str]) -> Any:
    """What lies at `path` of an answer. Null: nothing does."""
    for name in path:
        data = data.get(name) if isinstance(data, dict) else None
    return data


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    """Where in the answer the list lies."""

    at_items: Path = ()

    def items(self, answer: Answer) -> Any:
        return found(answer.data, self.at_items)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkPaging(_Listed):
    """RFC 8288: the address of the next page stands in the `Link` header."""

    def first(self, request: Request) -> Request:
        return request

    def after(self, request: Request, answer: Answer, count: int) -> Request | None:
        links = httpx.Response(200, headers={"link": answer.headers.get("link", "")}).links
        if not (url := links.get("next", {}).get("url")):
            return None
        return Request(joined(answer.url, url))


@dataclass(frozen=True, slots=True, kw_only=True)
class PageNumber(_Listed):
    """`X-Next-Page` says which page follows; where it is missing, an empty page is the end.

    A page that is merely short is no end: providers leave out what may not be seen.
    """

    size: int = 100
    page: str = "page"
    per_page: str = "per_page"

    def first(self, request: Request) -> Request:
        return request.with_params(**{self.page: 1, self.per_page: self.size, **request.params})

    def after(self, request: Request, answer: Answer, count: int) -> Request | None:
        counted = _number(request, self.page, 1) + 1 if count else ""
        told = answer.headers.get("x-next-page", counted)
        return request.with_params(**{self.page: told}) if told else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor(_Listed):
    """A cursor in the answer at `at`, sent back as `name`. None, or `at_more` false: the end."""

    name: str = "cursor"
    at: Path = ("next_cursor",)
    at_more: Path = ()

    def first(self, request: Request) -> Request:
        return request

    def after(self, request: Request, answer: Answer, count: int) -> Request | None:
        cursor = found(answer.data, self.at)
        is_more = found(answer.data, self.at_more) if self.at_more else bool(cursor)
        if is_more and not cursor:
            raise Transient("The provider says that a list goes on, but not where: sync again.")
        return request.with_params(**{self.name: cursor}) if is_more else None


@dataclass(frozen=True, slots=True, kw_only=True)
class NextPageToken(_Listed):
    """A token in the answer, sent back under its own name; `isLast` ends even where one is left."""

    name: str = "nextPageToken"
    last: str = "isLast"

    def first(self, request: Request) -> Request:
        return request

    def after(self, request: Request, answer: Answer, count: int) -> Request | None:
        token = found(answer.data, (self.name,))
        if not token or found(answer.data, (self.last,)) is True:
            return None
        return request.with_params(**{self.name: token})


@dataclass(frozen=True, slots=True, kw_only=True)
class StartAt(_Listed):
    """Items are counted, as they came: a provider may give fewer at once than it was asked for."""

    size: int = 100
    start: str = "startAt"
    most: str = "maxResults"
    total: str = "total"
    last: str = "isLast"

    def first(self, request: Request) -> Request:
        return request.with_params(**{self.start: 0, self.most: self.size, **request.params})

    def after(self, request: Request, answer: Answer, count: int) -> Request | None:
        position = _number(request, self.start, 0) + count
        total = found(answer.data, (self.total,))
        is_over = isinstance(total, int) and position >= total
        if not count or is_over or found(answer.data, (self.last,)) is True:
            return None
        return request.with_params(**{self.start: position})


def _number(request: Request, name: str, first: int) -> int:
    value = request.params.get(name)
    return int(value) if isinstance(value, str | int) else first
