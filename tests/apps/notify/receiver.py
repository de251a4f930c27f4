"""Somebody on 127.0.0.1 who is told things, and who verifies them by code of their own."""

import base64
import hashlib
import hmac
import json
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass(frozen=True)
class Told:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def is_signed_by(self, secret: str) -> bool:
        """As standardwebhooks.com says it: any of the signatures, over `id.timestamp.body`."""
        key = base64.b64decode(secret[len("whsec_") :], validate=True)
        signed = b".".join(
            [self.id.encode(), self.headers["webhook-timestamp"].encode(), self.body]
        )
        right = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return f"v1,{right}" in self.headers["webhook-signature"].split(" ")


@dataclass
class Receiver:
    """Answers `status`, and others first if `answers` has some."""

    url: str = ""
    status: int = 204
    answers: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    pause: float = 0
    told: list[Told] = field(default_factory=list)

    def answer(self, told: Told) -> int:
        self.told.append(told)
        time.sleep(self.pause)
        return self.answers.pop(0) if self.answers else self.status


class Handler(BaseHTTPRequestHandler):
    receiver: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        named = {name.lower(): value for name, value in self.headers.items()}
        status = self.receiver.answer(Told(self.path, named, body))
        self.send_response(status)
        for name, value in self.receiver.headers.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(self.receiver.body)
        except OSError:
            self.close_connection = True  # who told does not read it

    def log_message(self, *_: Any) -> None:
        """Nothing: tests read what was told."""


@contextmanager
def receiving(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    receiver = Receiver()
    handler = type("Receiving", (Handler,), {"receiver": receiver})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hook?key=of-a-customer"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield receiver
    server.shutdown()
    server.server_close()
    thread.join()
