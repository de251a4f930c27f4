"""The embedded ClickHouse engine for several processes: a small HTTP front over it.

For tests and demonstrations on one machine; it is no ClickHouse server. One process opens the
engine (`chdb`), listens on 127.0.0.1, and the ordinary clients work against it. What it does not:
TLS, other users or rights (who has the password reads and writes this account's files, by `file`
and INFILE), compressed replies, external tables, `query_id` inside the engine (no KILL QUERY),
progress while a query runs, the end of a query whose client has gone unless its result is being
streamed. A result that is not streamed is held in memory. Several statements in one request run,
where a server refuses them.
"""

import hmac
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import ThreadingTCPServer
from threading import Condition
from typing import Any, NoReturn

import click

from config.embedded_clickhouse_engine import Engine
from config.embedded_clickhouse_errors import ENDING, Refusal
from config.embedded_clickhouse_http import Exchange

USER = DATABASE = "devhealth"
PID_FILE = "front.pid"
END_SECONDS = 10.0
POLL_SECONDS = 0.5  # how often idle sessions are looked for


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


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--port", type=int, required=True)
@click.option("--password-file", type=click.Path(path_type=Path), required=True)
@click.option("--configuration", help="A file of the engine's, below DIRECTORY.")
def main(directory: Path, port: int, password_file: Path, configuration: str | None) -> None:
    """Serve the engine whose data lies in DIRECTORY until SIGTERM."""
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, _leave)
    os.chdir(directory)  # relative names need no escaping in the engine's address
    options = f"?config-file={configuration}" if configuration else ""
    Path(PID_FILE).write_text(f"{os.getpid()}\n", encoding="utf-8")
    password = password_file.read_text(encoding="utf-8")
    with Front(port, USER, password, f"data{options}") as front:
        try:
            front.engine.make_database(DATABASE)
            # What its launcher waits for:
            click.echo(f"Process {os.getpid()} listens on 127.0.0.1:{port}.")
            front.serve_forever(POLL_SECONDS)
        finally:
            _finish(front)


def _leave(*_: object) -> NoReturn:
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, signal.SIG_IGN)
    raise SystemExit(0)


def _finish(front: Front) -> None:
    front.server_close()
    if not front.gate.close(END_SECONDS):
        click.echo(
            f"Queries still ran after {END_SECONDS:.0f} s: the engine recovers at its start."
        )
        os._exit(0)  # closing the engine below them would crash it
    front.engine.close()
    click.echo("Ended.")


if __name__ == "__main__":
    main()
