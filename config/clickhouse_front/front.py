"""What listens, a thread for each connection."""

import hmac
import sys
from socketserver import ThreadingTCPServer
from typing import Any

from config.clickhouse_front.engine import Engine
from config.clickhouse_front.exchange import Exchange
from config.clickhouse_front.gate import Gate


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
