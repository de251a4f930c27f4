"""The service as it runs in production: granian, four threads, a process of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.embedded import Services

ROOT = Path(__file__).parents[1]
READY = "Started worker"


def environment(services: Services) -> dict[str, str]:
    """For a process of ours that meets the same servers as the tests."""
    return {
        **os.environ,
        **services.environment(),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DEVHEALTH_ENV": "development",
        "DJANGO_SECRET_KEY": "only for tests",
    }


@contextmanager
def serving(services: Services) -> Iterator[int]:
    """The port on 127.0.0.1."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--blocking-threads", "4"]
    command += ["--host", "127.0.0.1", "--port", str(port), "config.wsgi:application"]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(services),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as server:
        assert server.stdout is not None
        said = []
        for line in server.stdout:
            said.append(line)
            if READY in line:
                break
        await_answer(server, port, said)
        yield port
        server.terminate()
        server.stdout.read()


def await_answer(server: subprocess.Popen[str], port: int, said: list[str]) -> None:
    """A worker that has started listens a moment later."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except ConnectionRefusedError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError(f"granian does not answer: {''.join(said)}")
