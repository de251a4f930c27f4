"""A line to a server that goes wrong on command: a loopback proxy for HTTP."""

import http.client
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

Answer = tuple[int, dict[str, str], bytes]
PASSED_ON = ("Authorization", "Content-Type", "Content-Encoding", "User-Agent")


class Between(ThreadingHTTPServer):
    """`uri` is the server's, through here. What goes wrong goes wrong for every request that
    `wrong` is true of, by its body.

    answers  what is answered instead of asking the server
    cut      the server gets half of the body, then the line is dead
    lost     the server gets all and its answer goes nowhere, this many times
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, uri: str) -> None:
        super().__init__(("127.0.0.1", 0), _Exchange)
        parts = urlsplit(uri)
        self.there = (parts.hostname, parts.port)
        here = f"{parts.username}:{parts.password}@127.0.0.1:{self.server_address[1]}"
        self.uri = parts._replace(netloc=here).geturl()
        self.mend()

    def mend(self) -> None:
        self.wrong: Callable[[bytes], bool] = lambda body: True
        self.answers: Answer | None = None
        self.cut = False
        self.lost = 0
        self.asked = 0

    def handle_error(self, request, client_address) -> None:
        """Lines that we cut end in errors; nobody else uses this proxy."""


class _Exchange(BaseHTTPRequestHandler):
    server: Between
    protocol_version = "HTTP/1.1"

    def log_message(self, format, *args) -> None:
        """Quiet."""

    def do_POST(self) -> None:
        line = self.server
        body = self._body()
        if not line.wrong(body):
            self._answer(*self._ask(body))
            return
        line.asked += 1
        if line.answers:
            self._answer(*line.answers)
        elif line.cut:
            self._ask_half(body)
            self.close_connection = True
        elif line.lost:
            line.lost -= 1
            self._ask(body)
            self.close_connection = True
        else:
            self._answer(*self._ask(body))

    do_GET = do_POST

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _ask(self, body: bytes) -> Answer:
        there = self._begin(len(body))
        there.send(body)
        response = there.getresponse()
        answer = response.read()
        there.close()
        return response.status, dict(response.getheaders()), answer

    def _ask_half(self, body: bytes) -> None:
        there = self._begin(len(body))
        there.send(body[: len(body) // 2])
        there.close()

    def _begin(self, length: int) -> http.client.HTTPConnection:
        there = http.client.HTTPConnection(*self.server.there)
        there.putrequest(self.command, self.path)
        for name in PASSED_ON:
            if name in self.headers:
                there.putheader(name, self.headers[name])
        there.putheader("Content-Length", str(length))
        there.endheaders()
        return there

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name not in ("Content-Length", "Transfer-Encoding", "Connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def between(uri: str) -> Iterator[Between]:
    with Between(uri) as line:
        thread = Thread(target=line.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield line
        finally:
            line.shutdown()
            thread.join()
