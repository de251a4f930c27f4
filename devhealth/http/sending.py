"""One request until it is answered: the gate, the credential, the waits and the repetitions."""

import asyncio
import logging
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from random import SystemRandom
from typing import Any

import httpx

from devhealth.errors import DevHealthError, Permanent, Transient
from devhealth.http import bodies
from devhealth.http.answers import Answer
from devhealth.http.auth import Auth, Header
from devhealth.http.clock import Clock
from devhealth.http.errors import RateLimited, TimedOut, Unauthorized, Unsafe
from devhealth.http.gates import Gate, Ticket, Wait
from devhealth.http.limits import read_limits
from devhealth.http.quota import Taught
from devhealth.http.spent import Spent
from devhealth.http.verdicts import Verdict, judge, judge_reply

log = logging.getLogger("devhealth.http")

MOST_FAILURES = 4  # of one request, then the error is the caller's
MOST_REFUSALS = 5
BUSY_AGAIN = 15.0  # seconds; others have held all places for a client's whole patience
SLICE = 5.0  # seconds of a wait between two checkpoints

Outcome = Answer | Verdict | DevHealthError


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """`resource` and `cost` are the gate's."""

    url: httpx.URL
    headers: Mapping[str, str] = field(default_factory=dict)
    query: dict[str, Any] | None = None
    """GraphQL's document and variables."""
    body: dict[str, Any] | None = None
    """Of a question too long for an address. Null, as is `query`: a GET."""
    resource: str
    cost: int = 1

    @property
    def is_query(self) -> bool:
        return self.query is not None

    @property
    def method(self) -> str:
        return "GET" if self.query is None and self.body is None else "POST"

    @property
    def read_seconds(self) -> float:
        return 60.0 if self.is_query else 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One exchange, for whoever counts them."""

    host: str
    method: str
    status: int | None
    """Null: there was no answer."""
    seconds: float


@dataclass(slots=True)
class _Tries:
    failures: int = 0
    refusals: int = 0
    rejected: Header | None = None


@dataclass(slots=True, kw_only=True)
class Sender:
    http: httpx.AsyncClient
    auth: Auth
    gate: Gate
    clock: Clock
    checkpoint: Callable[[], None]
    on_request: Callable[[Sent], None]
    patience: float
    """Seconds; longer waits are the caller's."""
    most_bytes: int
    jitter: Callable[[], float] = SystemRandom().random
    spent: Spent = field(default_factory=Spent)

    async def send(self, call: Call) -> Answer:
        """2xx, 3xx or 304. Raises Transient and Permanent, as `errors` tells."""
        tries = _Tries()
        while True:
            header = await self._header(call, tries.rejected)
            outcome = await self._exchange(call, header)
            if isinstance(outcome, Answer):
                return outcome
            await self._prepare_again(call, tries, header, outcome)
            self.spent.retries += 1

    async def _header(self, call: Call, rejected: Header | None) -> Header | None:
        header = await self.auth.header(rejected)
        if rejected and header is None:
            raise _unauthorized(call)
        if header and not (header[1].isascii() and header[1].isprintable()):
            raise _unauthorized(call)  # it cannot be sent, and no error may quote it
        return header

    async def _prepare_again(
        self, call: Call, tries: _Tries, header: Header | None, outcome: Verdict | DevHealthError
    ) -> None:
        """Raises what the caller is to know when the tries are used up."""
        if outcome is Verdict.UNAUTHORIZED:
            if tries.rejected or header is None:
                raise _unauthorized(call)
            tries.rejected = header
        elif outcome is Verdict.LIMITED:
            tries.refusals += 1
            if tries.refusals == MOST_REFUSALS:
                raise _limited(call, self.patience)
        elif isinstance(outcome, DevHealthError):
            tries.failures += 1
            if self._is_final(call, tries, outcome):
                raise outcome
            await self._pause(2.0 ** (tries.failures - 1) * (0.5 + self.jitter() / 2))

    def _is_final(self, call: Call, tries: _Tries, error: DevHealthError) -> bool:
        is_too_much = call.is_query and isinstance(error, TimedOut)  # as large it takes as long
        is_settled = not isinstance(error, Transient)
        return is_settled or is_too_much or tries.failures == MOST_FAILURES

    async def _exchange(self, call: Call, header: Header | None) -> Outcome:
        ticket = await self._enter(call)
        visit = _Visit(call=call, sender=self, began=self.clock.now())
        try:
            return await visit.made(header)
        finally:  # of a request that was cut off, too: it may have been served
            await self.gate.leave(ticket, visit.taught)

    async def _enter(self, call: Call) -> Ticket:
        waited, turns = 0.0, 0
        while isinstance(told := await self.gate.enter(call.resource, call.cost), Wait):
            if waited + told.seconds > self.patience:
                seconds = BUSY_AGAIN if told.is_busy else told.seconds
                raise _limited(call, seconds * (1 + self.jitter() / 20))
            pause = self._spread(told, turns)
            await self._pause(pause)
            waited, turns = waited + pause, turns + 1
        return told

    def _spread(self, told: Wait, turns: int) -> float:
        """Those who wait together do not come back together."""
        if told.is_busy:
            return min(told.seconds * 1.5**turns, 1.0) * (0.5 + self.jitter())
        return told.seconds + min(1.0, told.seconds / 20) * self.jitter()

    async def _pause(self, seconds: float) -> None:
        self.checkpoint()
        self.spent.waited += seconds
        while seconds > 0:
            await self.clock.sleep(min(seconds, SLICE))
            seconds -= SLICE
            self.checkpoint()


@dataclass(slots=True, kw_only=True)
class _Visit:
    """One exchange, and what it teaches the gate."""

    call: Call
    sender: Sender
    began: float
    taught: Taught = field(default_factory=Taught)
    status: int | None = None

    async def made(self, header: Header | None) -> Outcome:
        try:
            async with asyncio.timeout(self.call.read_seconds + 30):
                return await self._asked(header)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            self.taught = Taught(is_sent=False)
            return _unreachable(self.call, error)
        except Unsafe:
            self.taught = Taught(is_sent=False)
            raise
        except (httpx.TimeoutException, TimeoutError):
            return TimedOut(f"{self.call.url.host} took too long: ask for less, or later.")
        except (httpx.TransportError, bodies.Broken):
            return Transient(f"{self.call.url.host} sent a broken answer: try later.")
        finally:
            self._note()

    async def _asked(self, header: Header | None) -> Outcome:
        call, http = self.call, self.sender.http
        headers = dict([*call.headers.items(), *([header] if header else [])])
        json = call.body if call.query is None else call.query
        request = http.build_request(
            call.method, call.url, headers=headers, json=json, timeout=_timeout(call)
        )
        response = await http.send(request, stream=True)
        try:
            arrived, self.status = self.sender.clock.now(), response.status_code
            body, came = await bodies.read(response, self.sender.most_bytes)
        finally:
            await response.aclose()
            http.cookies.clear()  # a session of the provider's would be a second credential
        self.sender.spent.bytes += came
        return self._judged(response, body, arrived)

    def _judged(self, response: httpx.Response, body: bytes, arrived: float) -> Outcome:
        call, status = self.call, response.status_code
        verdict = judge(call.url.host, status, response.headers, body)
        taught = read_limits(response.headers, arrived, self.sender.clock.now() - arrived)
        self.taught = replace(taught, is_free=status == 304, is_answered=status < 400)
        data = None
        if verdict is Verdict.DONE and status < 300:
            data = bodies.parse(body)
            verdict = judge_reply(call.url.host, data) if call.is_query else verdict
        if verdict is Verdict.LIMITED:
            self.taught = replace(self.taught, is_limited=True, is_answered=False)
        if verdict is not Verdict.DONE:
            return verdict
        return Answer(url=str(call.url), status=status, headers=response.headers, data=data)

    def _note(self) -> None:
        call, spent = self.call, self.sender.spent
        seconds = self.sender.clock.now() - self.began
        spent.requests += self.taught.is_sent
        spent.not_modified += self.taught.is_free
        spent.cost += call.cost if self.taught.is_answered and not self.taught.is_free else 0
        log.debug("%s %s: %s after %.3f s", call.method, call.url.host, self.status, seconds)
        self.sender.on_request(
            Sent(host=call.url.host, method=call.method, status=self.status, seconds=seconds)
        )


def _timeout(call: Call) -> httpx.Timeout:
    return httpx.Timeout(connect=10.0, read=call.read_seconds, write=30.0, pool=30.0)


def _unauthorized(call: Call) -> Unauthorized:
    return Unauthorized(call.url.host, 401, "the credential was refused; connect again.")


def _limited(call: Call, seconds: float) -> RateLimited:
    return RateLimited(
        f"{call.url.host} takes no more requests of this credential for {seconds:.0f} s.",
        retry_after=seconds,
    )


def _unreachable(call: Call, error: BaseException) -> DevHealthError:
    host, cause = call.url.host, error
    while cause.__cause__ or cause.__context__:
        cause = cause.__cause__ or cause.__context__ or cause
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Permanent(
                f"{host} shows a certificate that is not trusted here: mend it, or have the"
                " operator of this service trust its issuer."
            )
    return Transient(f"{host} cannot be reached: check its address, or try later.")
