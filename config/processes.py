"""The processes of the Procfile on one machine: one worker for all queues, web, the clock.

Each in a session of its own: Ctrl-C is whoever's who started them, who then ends them, all at once.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from devhealth.errors import Permanent

ROOT = Path(__file__).resolve().parent.parent
READY_SECONDS = 60
END_SECONDS = 30
WORKER = ("--processes", "1", "--threads", "2", "--worker-shutdown-timeout", "10000")
WEB = ("--interface", "wsgi", "--host", "127.0.0.1", "--blocking-threads", "4")

Process = subprocess.Popen[bytes]


@dataclass(frozen=True, slots=True)
class Processes:
    """`url`: where the API answers, once it is ready. What is started ends with the block."""

    url: str
    started: dict[str, Process]

    def start(self, name: str, *command: str) -> None:
        self.started[name] = subprocess.Popen(  # noqa: S603
            [sys.executable, *command], env=_environment(self.url), start_new_session=True
        )

    def start_clock(self) -> None:
        """Unlike the others it needs the databases' tables from its first moment on."""
        self.start("clock", str(ROOT / "manage.py"), "clock")

    def require_alive(self) -> None:
        """Raises `Permanent` as soon as one of them has ended by itself."""
        for name, process in self.started.items():
            if process.poll() is not None:
                raise Permanent(f"The {name} process has ended; its words stand above.")

    def await_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            self.require_alive()
            try:
                with urlopen(f"{self.url}/readyz", timeout=5):  # noqa: S310
                    return
            except OSError:
                time.sleep(0.1)
        raise Permanent(
            f"{self.url} was not ready within {READY_SECONDS} s; the web process's words stand "
            "above."
        )


@contextmanager
def running(port: int) -> Iterator[Processes]:
    """Worker and web, until the block ends. They find the services as this process does."""
    found = Processes(f"http://localhost:{(port := _free(port))}", {})
    try:
        found.start("worker", "-m", "dramatiq", "config.worker", "--skip-logging", *WORKER)
        said = ("--port", str(port), "--log-level", "warning")
        found.start("web", "-m", "granian", *WEB, *said, "config.wsgi:application")
        yield found
    finally:
        _end(found.started)


def _environment(url: str) -> dict[str, str]:
    """Ours, the way to our modules from wherever we were started, and where people log in."""
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    ours = {"PYTHONPATH": path, "DJANGO_SETTINGS_MODULE": "config.settings"}
    return {"DEVHEALTH_ACCOUNT_URL": url} | os.environ | ours


def _end(started: Mapping[str, Process]) -> None:
    """Ask all, then wait for each, then insist. A second Ctrl-C does not cut it short."""
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, signal.SIG_IGN)
    for process in started.values():
        process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + END_SECONDS
    for process in started.values():
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _free(port: int) -> int:
    """The port, or where it is taken any free one."""
    for candidate in (port, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", candidate))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            return found
    raise Permanent("No port is free on 127.0.0.1: stop something, then try again.")
