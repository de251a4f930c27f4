"""GitHub's GraphQL, read so that nothing is lost: lists to their end, pages that shrink.

A page that takes too long is halved, and pages stay small for the rest of the run. What still
takes too long alone, or comes in part only even when it is asked for alone, is given under its
number and address, with `problems`: whoever reads it puts it aside, and the run goes on.
What an instance does not know is left out from then on, where it may be; `notes` say so.
"""

import re
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from devhealth.connectors.github_queries import (
    ASIDE,
    CONNECTIONS,
    MOST,
    OPTIONAL,
    Connection,
    Listing,
    following,
    numbered,
    without,
)
from devhealth.errors import Permanent, Transient
from devhealth.http import Answer, Client, Page, Reply
from devhealth.http.errors import Forbidden, Missing, Rejected, TimedOut, TooLarge

Raw = dict[str, Any]

TOO_MUCH = (TimedOut, TooLarge)
_AT_ONCE = 10  # lists that are read on in one request
_MOST_IN_A_ROW = 2  # things that take too long alone; more are an outage
_UNKNOWN = re.compile(r"Field '(\w+)' doesn't (?:exist|accept argument '(\w+)')")
_BY_ID = 50  # things that are asked for by their ids in one request


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cut:
    """A list that has more than it shows: of `holder`, which is `thing` or one of its own."""

    thing: Raw
    holder: Raw
    connection: Connection

    @property
    def of(self) -> tuple[str, str]:
        return self.holder["__typename"], self.connection.field

    @property
    def listed(self) -> Raw:
        listed: Raw = self.holder[self.connection.field]
        return listed


@dataclass(slots=True)
class Graph:
    client: Client
    path: str
    """Below the client's address, or a whole address of the same host."""
    _sizes: dict[str, int] = field(default_factory=dict)
    _at_once: int = _AT_ONCE
    _by_id: int = _BY_ID
    _in_a_row: int = 0
    _without: frozenset[str] = frozenset()
    notes: list[str] = field(default_factory=list)

    async def ask(self, query: str, variables: Mapping[str, Any], *, cost: int = 1) -> Reply:
        """Raises what the client raises. What is only `ASIDE` is no problem."""
        while True:
            asked = without(query, self._without)
            try:
                reply = await self.client.graphql(asked, variables, path=self.path, cost=cost)
            except Rejected as error:
                self._leave_out(error)
                continue
            grave = tuple(each for each in reply.problems if not ASIDE.intersection(each.path))
            return replace(reply, problems=grave)

    def _leave_out(self, error: Rejected) -> None:
        """Raises it where that does not help."""
        said = [hit for each in error.problems for hit in _UNKNOWN.findall(each.message)]
        unknown = {argument or name for name, argument in said}
        if not unknown or not unknown <= OPTIONAL.keys() - self._without:
            raise error
        self._without |= unknown
        for name in sorted(unknown):
            self.notes.append(f"This GitHub's GraphQL has no `{name}`: what it tells stays null.")

    async def pages(
        self, listing: Listing, variables: Mapping[str, Any], *, begin: int = MOST
    ) -> AsyncGenerator[Page, None]:
        """A list to its end, from `after` on. Things may have lists that are cut: see `complete`.

        The first page has at most `begin` things: where it is likely to be the last, it is cheap.
        Raises Missing or Forbidden where the repository is out of reach.
        """
        after, number, is_last = variables.get("after"), 0, False
        while not is_last:
            number += 1
            most = begin if number == 1 else MOST
            page = await self._page(listing, {**variables, "after": after}, most)
            is_last, after = _next(page, after)
            yield Page(number=number, items=page.things, answer=page.answer, is_last=is_last)

    async def cursor_before(
        self, listing: Listing, variables: Mapping[str, Any], is_wanted: Callable[[Raw], bool]
    ) -> str | None:
        """Where to begin so as to leave out most of what comes before the first that is wanted."""
        after, is_last = None, False
        while not is_last:
            page = await self._names(listing, {**variables, "after": after})
            if any(is_wanted(each) for each in page.things):
                break
            is_last, after = _next(page, after)
        return after

    async def complete(self, things: Iterable[Raw]) -> None:
        """Read every list of these things to its end; lists of several go into one request."""
        cut = [each for thing in things for each in _cuts(thing, thing)]
        while cut:
            batch, cut = cut[: self._at_once], cut[self._at_once :]
            try:
                cut += await self._read_on(batch)
            except TOO_MUCH:
                if len(batch) == 1:
                    _spoil(batch[0].thing, ["TIMEOUT"])
                    cut = [each for each in cut if each.thing is not batch[0].thing]
                    continue
                self._at_once, cut = len(batch) // 2, batch + cut

    async def ids_of(
        self, field: str, numbers: Sequence[int], variables: Mapping[str, Any]
    ) -> list[str]:
        """Of those `numbered` things that the repository has. Raises Missing, Forbidden where it
        is out of reach."""
        found = []
        for at in range(0, len(numbers), _BY_ID):
            reply = await self.ask(numbered(field, numbers[at : at + _BY_ID]), variables)
            if (there := reply.data.get("repository")) is None:
                raise _refusal(reply)
            found += [each["id"] for each in there.values() if each]
        return found

    async def by_ids(
        self, query: str, ids: Sequence[str]
    ) -> AsyncGenerator[tuple[Page, list[str]], None]:
        """Those of these things that may be seen, with complete lists; and ids that are no more."""
        number = 0
        while ids:
            batch = list(ids[: self._by_id])
            try:
                reply = await self.ask(query, {"ids": batch})
            except TOO_MUCH:
                if len(batch) == 1:
                    raise
                self._by_id = len(batch) // 2
                continue
            ids, number = ids[len(batch) :], number + 1
            things = _by_place(reply)
            await self.complete(things)
            gone = [
                batch[int(each.path[1])]
                for each in reply.problems
                if each.kind == "NOT_FOUND" and each.path[:1] == ("nodes",)
            ]
            page = Page(number=number, items=things, answer=reply.answer, is_last=not ids)
            yield page, gone

    async def _page(self, listing: Listing, variables: Mapping[str, Any], most: int) -> "_Page":
        key = listing.path[-1]
        try:
            reply = await self._shrinking(listing, variables, most)
        except TOO_MUCH:
            self._in_a_row += 1
            if self._in_a_row > _MOST_IN_A_ROW:
                raise
            self._sizes.pop(key, None)  # it was this one thing's fault
            page = await self._names(listing, {**variables, "first": 1})
            return await self._one_by_one(listing, page, [])
        self._in_a_row = 0
        page = _page(listing, reply)
        if not reply.problems or not page.nodes:
            return page
        spoilt = {place for each in reply.problems if (place := _place(listing, each.path)) >= 0}
        is_known = all(_place(listing, each.path) >= 0 for each in reply.problems)
        whole = [
            thing
            for place, thing in enumerate(page.nodes)
            if thing and is_known and place not in spoilt
        ]
        first = {"first": len(page.nodes)}
        return await self._one_by_one(
            listing, await self._names(listing, {**variables, **first}), whole
        )

    async def _shrinking(self, listing: Listing, variables: Mapping[str, Any], most: int) -> Reply:
        """Raises TimedOut or TooLarge for a page of one."""
        key = listing.path[-1]
        while True:
            size = min(most, self._sizes.get(key, listing.size))
            try:
                return await self._asked(listing, listing.full, {**variables, "first": size})
            except TOO_MUCH:
                if size == 1:
                    raise
                self._sizes[key] = size // 2

    async def _names(self, listing: Listing, variables: Mapping[str, Any]) -> "_Page":
        reply = await self._asked(listing, listing.names, {"first": MOST, **variables})
        kinds = sorted({each.kind or "UNKNOWN" for each in reply.problems})
        page = _page(listing, reply)
        return _Page(
            nodes=[each or {"problems": kinds} for each in page.nodes],
            info=page.info,
            answer=page.answer,
        )

    async def _asked(self, listing: Listing, query: str, variables: Mapping[str, Any]) -> Reply:
        lists = listing.points(variables["first"]) if query == listing.full else 1
        return await self.ask(query, variables, cost=lists)

    async def _one_by_one(self, listing: Listing, named: "_Page", whole: list[Raw]) -> "_Page":
        """The page that `named` tells the names of; what is not among `whole` is asked for alone.

        A list may have shifted in between: what `whole` has beside is given, too.
        """
        known = {each["id"] for each in whole}
        rest = [each for each in named.things if each.get("id") not in known]
        alone = [await self._alone(listing, each) for each in rest]
        return _Page(nodes=[*whole, *alone], info=named.info, answer=named.answer)

    async def _alone(self, listing: Listing, name: Raw) -> Raw:
        if "id" not in name:
            return name
        variables = {"id": name["id"]}
        try:
            reply = await self.ask(listing.alone, variables)
        except TOO_MUCH:
            return {**name, "problems": ["TIMEOUT"]}
        except (Missing, Forbidden) as error:
            return {**name, "problems": [f"HTTP {error.status}"]}
        thing = reply.data.get("node")
        if thing and not reply.problems:
            return dict(thing)
        kinds = sorted({each.kind or "UNKNOWN" for each in reply.problems})
        return {**name, "problems": kinds or ["NOT_FOUND"]}

    async def _read_on(self, cut: Sequence[_Cut]) -> list[_Cut]:
        """The next part of each; gives what is cut still, or is new and cut."""
        variables: dict[str, Any] = {}
        for place, each in enumerate(cut):
            variables[f"id{place}"] = each.holder["id"]
            variables[f"after{place}"] = each.listed["pageInfo"]["endCursor"]
        query = following([each.of for each in cut])
        points = max(1, sum(each.connection.has_lists for each in cut))
        reply = await self.ask(query, variables, cost=points)
        still: list[_Cut] = []
        for place, each in enumerate(cut):
            kinds = [one.kind for one in reply.problems if one.path[:1] in ((), (f"a{place}",))]
            more = (reply.data.get(f"a{place}") or {}).get(each.connection.field)
            if kinds or more is None or _is_stuck(each, more):
                _spoil(each.thing, kinds or ["NOT_FOUND"])
                continue
            still += _extended(each, more)
        return [each for each in still if "problems" not in each.thing]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    nodes: list[Any]
    """What GitHub cannot give is null."""
    info: Raw
    answer: Answer

    @property
    def things(self) -> list[Raw]:
        return [each for each in self.nodes if each]


def _page(listing: Listing, reply: Reply) -> _Page:
    listed: Any = reply.data
    for name in listing.path:
        listed = listed.get(name) if isinstance(listed, dict) else None
    if not isinstance(listed, dict) or listed.get("nodes") is None:
        raise _refusal(reply)
    return _Page(nodes=listed["nodes"], info=listed["pageInfo"], answer=reply.answer)


def _next(page: _Page, after: str | None) -> tuple[bool, str | None]:
    """Whether it was the last page, and the cursor after it. Raises Permanent for a circle."""
    is_last, cursor = not page.info["hasNextPage"], page.info["endCursor"]
    if not is_last and cursor in (None, after):
        raise Permanent("GitHub leads from a page of a list back to the same: tell its operator.")
    return is_last, cursor


def _refusal(reply: Reply) -> Exception:
    host = urlsplit(reply.answer.url).hostname or "GitHub"
    kinds = {each.kind for each in reply.problems}
    if "NOT_FOUND" in kinds or not kinds:
        return Missing(host, 404, "it is gone, or hidden from this credential.")
    if kinds & {"FORBIDDEN", "INSUFFICIENT_SCOPES"}:
        return Forbidden(host, 403, "the credential may not read this; give it the right to.")
    return Transient(f"{host} answered without a list: try later.")


def _place(listing: Listing, path: tuple[str | int, ...]) -> int:
    """Which of a page's things a problem is of; −1: not told."""
    start = (*listing.path, "nodes")
    place = path[len(start)] if len(path) > len(start) and path[: len(start)] == start else None
    return place if isinstance(place, int) else -1


def _by_place(reply: Reply) -> list[Raw]:
    """What came of `nodes(ids)`; what came in part only says so."""
    nodes = reply.data["nodes"]
    for each in reply.problems:
        place = each.path[1] if each.path[:1] == ("nodes",) and len(each.path) > 1 else None
        if isinstance(place, int) and nodes[place]:
            _spoil(nodes[place], [each.kind])
    return [each for each in nodes if each]


def _cuts(thing: Raw, holder: Raw) -> Iterator[_Cut]:
    """Lists of `holder`, and of what is in them, that have more than they show."""
    for connection in CONNECTIONS.get(holder.get("__typename", ""), ()):
        listed = holder.get(connection.field)
        if not listed:
            continue
        if listed["pageInfo"]["hasNextPage"]:
            yield _Cut(thing=thing, holder=holder, connection=connection)
        if connection.has_lists:
            for each in listed["nodes"]:
                yield from _cuts(thing, each or {})


def _extended(cut: _Cut, more: Raw) -> Iterator[_Cut]:
    cut.listed["nodes"] += more["nodes"]
    cut.listed["pageInfo"] = more["pageInfo"]
    for each in more["nodes"]:
        yield from _cuts(cut.thing, each or {})
    if more["pageInfo"]["hasNextPage"]:
        yield cut


def _is_stuck(cut: _Cut, more: Raw) -> bool:
    info = more["pageInfo"]
    stood = cut.listed["pageInfo"]["endCursor"]
    return bool(info["hasNextPage"]) and info["endCursor"] in (None, stood)


def _spoil(thing: Raw, kinds: Sequence[str]) -> None:
    """Only what it is called is left of it, and why."""
    name: Raw = {key: thing[key] for key in ("__typename", "id", "number", "url") if key in thing}
    thing.clear()
    thing.update(name, problems=sorted({each or "UNKNOWN" for each in kinds}))
