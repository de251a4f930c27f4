"""The server: routes, quotas, scheduled faults, and what it saw."""

import hashlib
import json
import re
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from fnmatch import fnmatch
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from tests.provider.exchange import Asked, Fault, Handler, Told


@dataclass
class Quota:
    """`most` in every window of so many seconds; a window begins with its first request."""

    most: int
    seconds: float
    remaining: int = 0
    reset: float = 0.0

    def take(self, now: float, cost: int) -> bool:
        if now >= self.reset:
            self.remaining, self.reset = self.most, float(int(now + self.seconds))
        is_enough = self.remaining >= cost
        if is_enough:
            self.remaining -= cost
        return is_enough


@dataclass
class Scheduled:
    fault: Fault
    left: int
    path: str


@dataclass
class Route:
    method: str
    pattern: re.Pattern[str]
    handler: Handler
    resource: str


@dataclass
class Peer:
    """`grace`: real seconds in which requests that were on their way are no violation."""

    clock: Callable[[], float] = time.time
    grace: float = 0.0
    style: str = "github"
    """Whose headers tell the quota: github or gitlab."""
    seen: list[Asked] = field(default_factory=list)
    violations: list[Asked] = field(default_factory=list)
    most_at_once: int = 0
    _routes: list[Route] = field(default_factory=list)
    _faults: list[Scheduled] = field(default_factory=list)
    _quotas: dict[str, Quota] = field(default_factory=dict)
    _quiet: tuple[float, float] = (0.0, 0.0)
    _at_once: int = 0

    def route(self, method: str, pattern: str, handler: Handler, resource: str = "core") -> None:
        """`{name}` in the pattern stands for one segment."""
        named = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern))
        self._routes.append(Route(method, named, handler, resource))

    def limit(self, resource: str, *, most: int, seconds: float) -> None:
        self._quotas[resource] = Quota(most, seconds)

    def misbehave(self, *faults: Fault, times: int = 1, path: str = "*") -> None:
        """One after the other, each so many times, where the path matches."""
        self._faults += [Scheduled(each, times, path) for each in faults]

    def __enter__(self) -> Self:
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def paths(self) -> list[str]:
        return [each.path for each in self.seen]

    def told(self, asked: Asked) -> Told:
        """Notes the request and makes its answer."""
        with self._lock:
            self.seen.append(asked)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            if self._quiet[0] <= asked.at < self._quiet[1]:
                self.violations.append(asked)
        route, asked = self._routed(asked)
        told = _tagged(asked, _made(asked, route))
        with self._lock:
            told = self._faulty(asked, told)
            if route:
                told = self._spent(asked, route.resource, told)
            if told.quiet:
                self._quiet = (asked.at + self.grace, asked.at + told.quiet)
        time.sleep(told.delay)
        return told

    def done(self) -> None:
        with self._lock:
            self._at_once -= 1

    def _routed(self, asked: Asked) -> tuple[Route | None, Asked]:
        for route in self._routes:
            found = route.pattern.fullmatch(asked.path)
            if found and route.method == asked.method:
                return route, replace(asked, fields=found.groupdict())
        return None, asked

    def _faulty(self, asked: Asked, told: Told) -> Told:
        for scheduled in self._faults:
            if scheduled.left and fnmatch(asked.path, scheduled.path):
                scheduled.left -= 1
                return scheduled.fault(asked, told)
        return told

    def _spent(self, asked: Asked, resource: str, told: Told) -> Told:
        quota = self._quotas.get(resource)
        if quota is None:
            return told
        if not quota.take(asked.at, told.cost):
            self.violations.append(asked)
            status = 403 if self.style == "github" else 429
            told = Told(status=status, json={"message": "API rate limit exceeded"})
        prefix = "X-RateLimit" if self.style == "github" else "RateLimit"
        numbers = {"Limit": quota.most, "Remaining": quota.remaining, "Reset": int(quota.reset)}
        headers = {f"{prefix}-{name}": str(value) for name, value in numbers.items()}
        if self.style == "github":
            headers["X-RateLimit-Resource"] = resource
        return told.but(headers={**headers, **told.headers})


def _made(asked: Asked, route: Route | None) -> Told:
    """Handlers run side by side, as requests do."""
    if route is None:
        return Told(status=404, json={"message": "Not Found"})
    made = route.handler(asked)
    return made if isinstance(made, Told) else Told(json=made)


def _tagged(asked: Asked, told: Told) -> Told:
    """With the entity tag of its content; a 304 without a cost for who has it."""
    if told.status != 200 or asked.method != "GET" or told.body is not None:
        return told
    etag = '"' + hashlib.sha256(json.dumps(told.json).encode()).hexdigest()[:16] + '"'
    if asked.headers.get("if-none-match") == etag:
        return Told(status=304, headers={"ETag": etag}, cost=0)
    return told.with_headers(ETag=etag)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is what some tests are about; a mistake of the test is not."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _handler(peer: Peer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            asked = _read(self, peer)
            told = peer.told(asked)
            try:
                _write(self, told, peer.clock())
            finally:
                peer.done()

        do_POST = do_DELETE = do_GET

        def log_message(self, format: str, *args: object) -> None:
            """Tests read `seen`."""

    return Handler


def _read(handler: BaseHTTPRequestHandler, peer: Peer) -> Asked:
    parts = urlsplit(handler.path)
    length = int(handler.headers.get("Content-Length") or 0)
    return Asked(
        method=handler.command,
        path=parts.path,
        query=dict(parse_qsl(parts.query, keep_blank_values=True)),
        headers={name.lower(): value for name, value in handler.headers.items()},
        json=_body(handler, length),
        at=peer.clock(),
        url=peer.url,
    )


def _body(handler: BaseHTTPRequestHandler, length: int) -> Any:
    """JSON, or a form's fields; null: nothing was sent."""
    text = handler.rfile.read(length).decode() if length else ""
    if "form" in handler.headers.get("Content-Type", ""):
        return dict(parse_qsl(text, keep_blank_values=True))
    return json.loads(text) if text else None


def _write(handler: BaseHTTPRequestHandler, told: Told, now: float) -> None:
    has_body = told.status not in (204, 304)
    body = (told.body if told.body is not None else json.dumps(told.json).encode()) * has_body
    handler.send_response_only(told.status)
    for name, value in {"Date": formatdate(now, usegmt=True), **told.headers}.items():
        handler.send_header(name, value)
    if has_body:
        handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body[: told.cut])
    handler.close_connection = told.cut is not None
