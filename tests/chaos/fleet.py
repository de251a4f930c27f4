"""Workers and clocks, as users start them; one that dies is started again, as by a supervisor."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock, Thread

QUEUES = ("sync", "backfill", "metrics", "billing")


class Running:
    """A process of ours and all that it starts."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], log: Path, *, is_kept: bool
    ) -> None:
        self.command = command
        self.environment = environment
        self.log = log
        self.is_kept = is_kept
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env={**os.environ, **self.environment},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def is_alive(self) -> bool:
        return self.process.poll() is None

    def stop(self, seconds: float = 60) -> float:
        """Politely; how long it took."""
        self.is_kept = False
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(seconds)
        return time.monotonic() - began

    def kill(self) -> None:
        self.is_kept = False
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)


class Fleet:
    def __init__(self, directory: Path) -> None:
        self._log = directory / "processes.log"
        self._all: list[Running] = []
        self._lock = Lock()
        Thread(target=self._keep, daemon=True).start()

    def worker(
        self, threads: int = 8, *, is_kept: bool = True, environment: Mapping[str, str] = {}
    ) -> Running:
        command = [sys.executable, "-m", "dramatiq", "tests.chaos.worker", "--processes", "1"]
        command += ["--threads", str(threads), "--queues", *QUEUES]
        return self._run(command, environment, is_kept)

    def clock(self) -> Running:
        return self._run([sys.executable, "manage.py", "clock"], {}, True)

    def end(self, *some: Running) -> None:
        """At once: these, or all."""
        for each in some or list(self._all):
            with self._lock:  # or it would be started again just now
                each.kill()
                self._all.remove(each)

    def end_workers(self) -> None:
        for each in [each for each in self._all if "dramatiq" in each.command]:
            self.end(each)

    def clocks(self) -> list[Running]:
        return [each for each in self._all if "clock" in each.command]

    def end_clocks(self) -> None:
        for each in self.clocks():
            self.end(each)

    def said(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def _run(
        self, command: Sequence[str], environment: Mapping[str, str], is_kept: bool
    ) -> Running:
        running = Running(command, environment, self._log, is_kept=is_kept)
        with self._lock:
            self._all.append(running)
        return running

    def _keep(self) -> None:
        while True:
            time.sleep(0.1)
            with self._lock:
                dead = [each for each in self._all if each.is_kept and not each.is_alive()]
                for each in dead:
                    each.start()
