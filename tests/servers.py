"""The service as it runs in production: granian, four threads, a process of its own."""

import os
import socket
import subprocess
import sys
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
        for line in server.stdout:
            if READY in line:
                break
        yield port
        server.terminate()
        server.stdout.read()
