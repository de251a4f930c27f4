"""ClickHouse's HTTP interface, as much of it as its ordinary clients use."""

import base64
import json
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from itertools import chain, islice
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from config.clickhouse_front.body import pieces, received
from config.clickhouse_front.engine import Engine, Handle, insert, query, stream
from config.clickhouse_front.errors import (
    AUTHENTICATION_FAILED,
    NOT_IMPLEMENTED,
    READONLY,
    Refusal,
)
from config.clickhouse_front.gate import Gate
from config.clickhouse_front.request import Request, read

ADDRESS_BYTES = 1 << 20  # ClickHouse's http_max_uri_size
UNPRINTED = re.compile(r"[^ -~]")  # a header that quotes the request stays one line
Pieces = Sequence[bytes]  # each in one call to the socket
SMALL = 65536  # a reply that goes out in one piece


class Server(Protocol):
    """What a connection asks of what listens."""

    engine: Engine
    gate: Gate

    def knows(self, user: str, password: str) -> bool: ...


class Exchange(BaseHTTPRequestHandler):
    """One connection's requests, each on a handle of its own or its session's."""

    server: Server  # type: ignore[assignment] # socketserver's own word for it is BaseServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 600  # seconds that a client may be silent, or not read
    query_id = ""

    def handle_one_request(self) -> None:
        """As the standard library's, for longer addresses and whatever method."""
        try:
            self.raw_requestline = self.rfile.readline(ADDRESS_BYTES)
            if self.raw_requestline.endswith(b"\n") and self.parse_request():
                self._exchange()
            else:
                self.close_connection = True
        except TimeoutError:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: addresses hold values, and passwords."""

    def _exchange(self) -> None:
        self.query_id = ""
        try:
            with self.server.gate.inside(), ExitStack() as undo:
                self._write(self._serve(undo))
        except Refusal as refusal:
            code = {"X-ClickHouse-Exception-Code": str(refusal.code)}
            self._write(self._whole(f"{refusal}\n".encode(), code, refusal.status))

    def _write(self, pieces: Pieces) -> None:
        for piece in pieces:
            self.wfile.write(piece)

    def _serve(self, undo: ExitStack) -> Pieces:
        url = urlsplit(self.path)
        if url.path == "/ping":
            return self._whole(b"Ok.\n", {})
        options = dict(parse_qsl(url.query, keep_blank_values=True))
        keep, self.close_connection = self.close_connection, True  # while a body is on its way
        self._authenticate(options)
        body = received(self.rfile, self.headers, undo)
        self.close_connection = keep
        request = read(options, self.headers, body)
        self.query_id = request.options.get("query_id") or secrets.token_hex(16)
        self._require_post(request)
        with self.server.engine.handle(request) as handle:  # free again before the reply ends
            return self._answer(handle, request)

    def _authenticate(self, options: dict[str, str]) -> None:
        if not self.server.knows(*self._credentials(options)):
            with suppress(Refusal):  # a client that still writes does not read our no
                for _ in islice(pieces(self.rfile, self.headers), 16):
                    pass
            raise Refusal(AUTHENTICATION_FAILED, "Authentication failed: wrong user or password.")

    def _credentials(self, options: dict[str, str]) -> tuple[str, str]:
        scheme, _, coded = self.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "basic":
            with suppress(ValueError):
                user, _, password = base64.b64decode(coded).decode(errors="replace").partition(":")
                return user, password
        name, key = (self.headers.get(f"X-ClickHouse-{word}", "") for word in ("User", "Key"))
        return name or options.get("user", ""), key or options.get("password", "")

    def _require_post(self, request: Request) -> None:
        if self.command not in ("GET", "POST"):
            raise Refusal(NOT_IMPLEMENTED, f"Unexpected HTTP method {self.command}.")
        if self.command == "GET" and not request.statement.reads:
            raise Refusal(READONLY, "Cannot execute query in readonly mode: use method POST.")

    # ── answers

    def _answer(self, handle: Handle, request: Request) -> Pieces:
        statement = request.statement
        shown = {"X-ClickHouse-Format": request.format} if statement.reads else {}
        if request.streamed:
            with closing(stream(handle, request)) as blocks:
                return self._stream(blocks, shown)
        if statement.rows is not None:
            result = insert(handle, statement, request.params)
        else:
            result = query(handle, statement.text, request.format, request.params)
        shown["X-ClickHouse-Summary"] = json.dumps(_summary(result))
        return self._whole(result.bytes(), shown)  # a copy: its memory view outlives the memory

    def _stream(self, blocks: Iterator[bytes], headers: dict[str, str]) -> Pieces:
        """Writes all but the end; what fails in the first two blocks is a status still."""
        first, second = next(blocks, b""), next(blocks, b"")
        if not second:
            return self._whole(first, headers)
        tag = secrets.token_hex(8)
        headers |= {"Transfer-Encoding": "chunked", "X-ClickHouse-Exception-Tag": tag}
        self.wfile.write(self._head(200, headers))
        try:
            for block in chain((first, second), blocks):
                self._write(_chunk(block))
            return [b"0\r\n\r\n"]
        except Refusal as refusal:
            self.close_connection = True  # without a last chunk, for clients that know no tag
            return _chunk(_told_in_stream(f"{refusal}\n".encode(), tag.encode()))

    def _whole(self, body: bytes, headers: dict[str, str], status: int = 200) -> Pieces:
        head = self._head(status, headers | {"Content-Length": str(len(body))})
        return [head + body] if len(body) <= SMALL else [head, body]

    def _head(self, status: int, headers: dict[str, str]) -> bytes:
        own = {
            "Content-Type": "text/plain; charset=UTF-8",
            "Connection": "close" if self.close_connection else "keep-alive",
            "X-ClickHouse-Query-Id": self.query_id,
            "X-ClickHouse-Timezone": self.server.engine.timezone,
        }
        lines = [f"{name}: {UNPRINTED.sub('?', value)}" for name, value in (own | headers).items()]
        start = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"
        return "\r\n".join((start, *lines, "", "")).encode("ascii")


def _chunk(block: bytes) -> Pieces:
    return [b"%x\r\n%b\r\n" % (len(block), block)] if block else []  # an empty one is the end


def _told_in_stream(message: bytes, tag: bytes) -> bytes:
    """As ClickHouse does since 25.11."""
    size = b"%d %b" % (len(message), tag)
    return b"\r\n".join((b"\r\n__exception__", tag, message + size, b"__exception__\r\n"))


def _summary(result: Any) -> dict[str, str]:
    counts = {
        "read_rows": result.storage_rows_read(),
        "read_bytes": result.storage_bytes_read(),
        "written_rows": result.rows_written(),
        "written_bytes": result.bytes_written(),
        "result_rows": result.rows_read(),
        "result_bytes": result.size(),
        "elapsed_ns": int(result.elapsed() * 1e9),
    }
    return {name: str(count) for name, count in counts.items()}
