"""The client: one host, one credential, one gate."""

import hashlib
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Self

import httpx

from devhealth.errors import Permanent, Transient
from devhealth.http import bodies
from devhealth.http.addresses import Guard, Pinned, trust
from devhealth.http.answers import Answer, Page, Params, Reply, Request, joined
from devhealth.http.auth import Anonymous, Auth
from devhealth.http.clock import Clock, SystemClock
from devhealth.http.errors import Rejected, Unsafe
from devhealth.http.etags import Etags, MemoryEtags, Stored
from devhealth.http.gates import Gate, LocalGate
from devhealth.http.paging import LinkPaging, Paging
from devhealth.http.sending import Call, Sender, Sent
from devhealth.http.spent import Spent
from devhealth.http.verdicts import problems_of

MOST_REDIRECTS = 5
PATIENCE = 60.0

# httpx logs whole addresses, httpcore whole headers; what is worth a line is said by `sending`.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class Client:
    """An async context manager; it may be used by several tasks of one event loop.

    base_url    of the API, with its path: `https://gitlab.corp/api/v4`
    credential  a name of it, no secret, the same in every process: entity tags are kept under it
    gate        of that credential; alone in its process a client makes its own
    guard       which addresses may be spoken to
    transport   instead of the network, for tests; the guard is not asked then
    proxy       the operator's; it finds the addresses of names itself, unguarded
    checkpoint  called before, in and after waits; what it raises ends the request
    on_request  called after every exchange
    headers     sent with every request

    `spent` counts. `moved` tells which paths the provider has moved for good, old → new, below
    `base_url` where they lie below it; the client goes to the new one by itself.
    """

    def __init__(
        self,
        base_url: str,
        *,
        credential: str = "",
        auth: Auth | None = None,
        gate: Gate | None = None,
        etags: Etags | None = None,
        guard: Guard | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        proxy: str | None = None,
        clock: Clock | None = None,
        checkpoint: Callable[[], None] = lambda: None,
        on_request: Callable[[Sent], None] = lambda sent: None,
        headers: Mapping[str, str] | None = None,
        patience: float = PATIENCE,
        most_bytes: int = bodies.MOST,
    ) -> None:
        guard = guard or Guard()
        self._base = httpx.URL(base_url.rstrip("/"))
        guard.check_url(self._base)
        self._credential = credential
        self._etags = etags or MemoryEtags()
        self._moved: dict[str, httpx.URL] = {}
        self._http = httpx.AsyncClient(
            transport=transport or _transport(guard, proxy),
            headers={"accept": "application/json", **(headers or {}), **_ALWAYS},
            trust_env=False,
        )
        clock = clock or SystemClock()
        self._sender = Sender(
            http=self._http,
            auth=auth or Anonymous(),
            gate=gate or LocalGate(now=clock.now),
            clock=clock,
            checkpoint=checkpoint,
            on_request=on_request,
            patience=patience,
            most_bytes=most_bytes,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    @property
    def host(self) -> str:
        """Whom it speaks to."""
        return self._base.host

    @property
    def spent(self) -> Spent:
        return self._sender.spent

    @property
    def moved(self) -> dict[str, str]:
        return {old: self._below_base(new) for old, new in self._moved.items()}

    async def get(
        self,
        path: str,
        params: Params | None = None,
        *,
        resource: str = "core",
        cost: int = 1,
        is_conditional: bool = False,
    ) -> Answer:
        """One answer; 202 and 204 are answers, too. Raises what `errors` tells.

        With `is_conditional` it may be unchanged since its entity tag was kept.
        """
        url = self._url(Request(path, params or {}))
        answer = await self._followed(url, resource, cost, is_conditional)
        if is_conditional:
            await self._keep(url, answer, None)
        return answer

    async def pages(
        self,
        path: str,
        params: Params | None = None,
        paging: Paging | None = None,
        *,
        resource: str = "core",
        is_conditional: bool = False,
    ) -> AsyncIterator[Page]:
        """A list to its end, page by page; whoever has enough stops asking.

        With `is_conditional` a page may be unchanged and empty; what follows it is read on.
        Raises what `get` raises, and Permanent where a list leads back to a page of its own.
        """
        paging, asked = paging or LinkPaging(), set[str]()
        following: Request | None = paging.first(Request(path, params or {}))
        while following is not None:
            request, url = following, self._url(following)
            self._refuse_circle(url, asked)
            answer = await self._followed(url, resource, 1, is_conditional)
            items = self._items(paging, answer)
            following = _after(paging, request, answer, len(items))
            if is_conditional:
                await self._keep(url, answer, following)
            yield Page(
                number=len(asked),
                items=items,
                answer=answer,
                is_unchanged=answer.is_unchanged,
                is_last=following is None,
            )

    async def ask(
        self, path: str, body: Mapping[str, Any], *, resource: str = "core", cost: int = 1
    ) -> Answer:
        """One answer to a POST that changes nothing: it may be sent twice.

        Raises what `get` raises; it follows no redirect.
        """
        url = self._url(Request(path))
        answer = await self._sender.send(
            Call(url=url, body=dict(body), resource=resource, cost=cost)
        )
        if answer.status >= 300:
            raise Rejected(self.host, answer.status, "it has moved; correct its address.")
        return answer

    async def graphql(
        self,
        query: str,
        variables: Mapping[str, Any] | None = None,
        *,
        path: str = "/graphql",
        resource: str = "graphql",
        cost: int = 1,
    ) -> Reply:
        """Data, and the problems of its null fields. A query, no mutation: it may be sent twice.

        `path` may be a whole address of the same host; `cost` is in the provider's points. Raises
        what `get` raises; TimedOut at once, without another try.
        """
        body = {"query": query, "variables": dict(variables or {})}
        url = self._url(Request(path))
        answer = await self._sender.send(Call(url=url, query=body, resource=resource, cost=cost))
        if answer.status >= 300:
            raise Rejected(self.host, answer.status, "its GraphQL has moved; correct its address.")
        return Reply(data=answer.data["data"], problems=problems_of(answer.data), answer=answer)

    def _url(self, request: Request) -> httpx.URL:
        """Raises Unsafe: another host. A token would go with the request."""
        is_below = request.path.startswith("/")
        url = httpx.URL(f"{self._base}{request.path}" if is_below else request.path)
        self._refuse_stranger(url)
        params = {name: value for name, value in request.params.items() if value is not None}
        return url.copy_merge_params(params) if params else url

    def _refuse_stranger(self, url: httpx.URL) -> None:
        if _origin(url) != _origin(self._base) or url.userinfo:
            raise Unsafe(f"{self.host} leads to another host, and nothing is sent there.")

    def _refuse_circle(self, url: httpx.URL, asked: set[str]) -> None:
        if str(url) in asked:
            raise Permanent(
                f"{self.host} leads from a page of a list back to the same: nothing after it can"
                " be read. Tell its operator."
            )
        asked.add(str(url))

    def _items(self, paging: Paging, answer: Answer) -> list[Any]:
        if answer.is_unchanged:
            return []
        items = paging.items(answer)
        if not isinstance(items, list):
            raise Transient(f"{self.host} answered {answer.status} without a list: try later.")
        return items

    async def _followed(
        self, url: httpx.URL, resource: str, cost: int, is_conditional: bool
    ) -> Answer:
        """Redirects are followed on the same host; the lasting ones are remembered."""
        stored = await self._etags.get(self._key(url)) if is_conditional else None
        headers = {"if-none-match": stored.etag} if stored else {}
        for _ in range(MOST_REDIRECTS + 1):
            url = self._now_at(url)
            call = Call(url=url, headers=headers, resource=resource, cost=cost)
            answer = await self._sender.send(call)
            if answer.status < 300 or answer.is_unchanged:
                return _with_next(answer, stored)
            url = self._target(url, answer)
        raise Permanent(f"{self.host} redirects in circles: tell its operator.")

    def _target(self, url: httpx.URL, answer: Answer) -> httpx.URL:
        location = answer.headers.get("location")
        if answer.status not in (301, 302, 307, 308) or not location:
            raise Rejected(self.host, answer.status, "that is no answer; tell its operator.")
        target = httpx.URL(joined(str(url), location))
        self._refuse_stranger(target)
        if answer.status in (301, 308):
            self._moved[self._below_base(url)] = target.copy_with(query=None)
        return target if target.query or not url.query else target.copy_with(query=url.query)

    def _now_at(self, url: httpx.URL) -> httpx.URL:
        for _ in range(MOST_REDIRECTS):
            if (moved := self._moved.get(self._below_base(url))) is None:
                break
            url = moved.copy_with(query=url.query) if url.query else moved
        return url

    def _below_base(self, url: httpx.URL) -> str:
        base = self._base.path.rstrip("/")
        is_below = url.path.startswith(f"{base}/")
        return url.path.removeprefix(base) if is_below else str(url.copy_with(query=None))

    def _key(self, url: httpx.URL) -> str:
        return hashlib.sha256(f"{self._credential}\n{url}".encode()).hexdigest()

    async def _keep(self, url: httpx.URL, answer: Answer, following: Request | None) -> None:
        if (etag := answer.headers.get("etag")) and not answer.is_unchanged:
            next_url = str(self._url(following)) if following else None
            await self._etags.put(self._key(url), Stored(etag, next_url))


_ALWAYS = {"accept-encoding": bodies.ACCEPTED, "user-agent": "devhealth"}


def _after(paging: Paging, request: Request, answer: Answer, count: int) -> Request | None:
    if answer.is_unchanged:
        return Request.of(answer.next_url) if answer.next_url else None
    return paging.after(request, answer, count)


def _with_next(answer: Answer, stored: Stored | None) -> Answer:
    if not (stored and answer.is_unchanged):
        return answer
    return Answer(
        url=answer.url,
        status=answer.status,
        headers=answer.headers,
        data=None,
        next_url=stored.next_url,
    )


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _transport(guard: Guard, proxy: str | None) -> httpx.AsyncBaseTransport:
    network = httpx.AsyncHTTPTransport(
        verify=trust(),
        trust_env=False,
        proxy=proxy,
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=20),
    )
    return network if proxy else Pinned(guard, network)
