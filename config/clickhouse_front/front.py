"""What listens: threads that serve, and a gate that lets them end."""

import hmac
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import ThreadingTCPServer
from threading import Condition
from typing import Any

from config.clickhouse_front.engine import Engine
from config.clickhouse_front.errors import ENDING, Refusal
from config.clickhouse_front.exchange import Exchange


class Front(ThreadingTCPServer):
    """Listens on 127.0.0.1 only; a thread for each connection."""

    daemon_threads = True  # those that wait for a next request must not keep the process
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, port: int, user: str, password: str, engine: str) -> None:
        super().__init__(("127.0.0.1", port), Exchange)
        self._known = f"{user}\0{password}".encode()
        self.gate = Gate()
        self.engine = Engine(engine)

    def knows(self, user: str, password: str) -> bool:
        return hmac.compare_digest(f"{user}\0{password}".encode(), self._known)

    def service_actions(self) -> None:
        self.engine.end_idle_sessions()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients may go at any time; of anything else the traceback goes into the log."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Gate:
    """Counts the requests that run, and lets none in once it is closed."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._inside = 0
        self._closed = False

    @contextmanager
    def inside(self) -> Iterator[None]:
        with self._changed:
            if self._closed:
                raise Refusal(ENDING, "The front is ending.")
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    def close(self, seconds: float) -> bool:
        """Whether all that were inside have left within `seconds`."""
        with self._changed:
            self._closed = True
            return self._changed.wait_for(lambda: not self._inside, seconds)
