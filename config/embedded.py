"""PostgreSQL, Valkey and ClickHouse for a machine that has none: wheels, run from a directory.

`python -m config.embedded [DIRECTORY]` runs them until Ctrl-C; `start` runs them inside a process.
ClickHouse runs where it is asked for; it is the engine behind `clickhouse_front`.
What CONTROL_DATABASE_URI, DATABASE_URI and REDIS_URL name in the environment is used as it is.
"""

import atexit
import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NoReturn, get_args
from urllib.parse import urlsplit

import click

from config import embedded_home
from config.embedded_home import Account, EmbeddedError

if TYPE_CHECKING:
    from config.embedded_process import Server

__all__ = ["EmbeddedError", "Services", "clickhouse", "remove", "running", "services", "start"]

Store = Literal["postgresql", "clickhouse"]

DIRECTORY = Path(".devhealth")
DATABASES = ("CONTROL_DATABASE_URI", "DATABASE_URI")
NAMES = (*DATABASES, "REDIS_URL")
NOTE = "services.json"


def _nothing() -> None:
    """Services that were found in the environment are not ours to stop."""


@dataclass(frozen=True, slots=True, repr=False)
class Services:
    control_database_uri: str
    database_uri: str
    """The fact store; on our own PostgreSQL the same database and role as the control plane's."""
    redis_url: str
    _stop: Callable[[], None] = field(default=_nothing, compare=False)

    def environment(self) -> dict[str, str]:
        values = (self.control_database_uri, self.database_uri, self.redis_url)
        return dict(zip(NAMES, values, strict=True))

    def stop(self) -> None:
        """Stop what `start` started, nothing else; a second call does nothing."""
        self._stop()

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={masked(uri)}" for name, uri in self.environment().items())
        return f"Services({shown})"


def masked(uri: str) -> str:
    """The address without password and options (which may hold one)."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return "***"
    if not parts.netloc:  # "host=… password=…"
        return "***"
    credentials, _, host = parts.netloc.rpartition("@")
    user = credentials.partition(":")[0]
    return f"{parts.scheme}://{user + ':***@' if credentials else ''}{host}{parts.path}"


def start(
    directory: Path = DIRECTORY, *, durable: bool = True, store: Store = "postgresql"
) -> Services:
    """Start what the environment does not name, keeping its data in `directory`.

    `store` is where the facts lie; the control plane is PostgreSQL's in any case. It stops with
    `stop`, or when this process ends. `durable=False` is for tests: a crash of the machine may
    lose the data. Raises EmbeddedError.
    """
    given = {name: os.environ[name] for name in NAMES if os.environ.get(name)}
    if len(given) == len(NAMES):
        return _services(given)
    with _usable(directory):
        return _start_missing(given, directory, durable, store)


def running(directory: Path = DIRECTORY) -> dict[str, str] | None:
    """The environment of the services a live launcher runs in `directory`, else None."""
    home = embedded_home.find_home(directory)
    with _usable(directory):
        if not embedded_home.is_held(home) or not (home / NOTE).exists():
            return None
        noted = embedded_home.read_json(home / NOTE)
        return noted["environment"] if _live(noted["processes"]) else None


@contextmanager
def services(
    directory: Path = DIRECTORY, *, durable: bool = True, store: Store = "postgresql"
) -> Iterator[Services]:
    """`start` … `stop` around a block."""
    started = start(directory, durable=durable, store=store)
    try:
        yield started
    finally:
        started.stop()


@contextmanager
def clickhouse(directory: Path, *, durable: bool = True) -> Iterator[str]:
    """The address of a ClickHouse alone in `directory`, whatever the environment names."""
    with ExitStack() as undo:
        with _usable(directory):
            account = embedded_home.ourselves()
            home = embedded_home.open_home(directory, account)
            undo.enter_context(embedded_home.held(home))
            uri = _Launch(home, account, durable, undo).clickhouse()
        yield uri


def remove(directory: Path = DIRECTORY) -> None:
    """Delete the stopped services' data, also where `directory` is only a link to it."""
    with _usable(directory):
        embedded_home.delete_home(directory)


@contextmanager
def _usable(directory: Path) -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise EmbeddedError(
            "The embedded services are not installed: pip install 'devhealth[embedded]'."
        ) from error
    except OSError as error:
        raise EmbeddedError(
            f"{directory} cannot be used for the embedded services"
            f" ({error.filename or 'system'}: {error.strerror}): name another directory."
        ) from error


def _start_missing(given: dict[str, str], directory: Path, durable: bool, store: Store) -> Services:
    account = embedded_home.account()
    home = embedded_home.open_home(directory, account)
    with ExitStack() as undo:
        undo.enter_context(embedded_home.held(home))
        (home / NOTE).unlink(missing_ok=True)  # a killed launcher's
        launch = _Launch(home, account, durable, undo)
        environment = dict(given)
        if store == "clickhouse" and "DATABASE_URI" not in given:
            environment["DATABASE_URI"] = launch.clickhouse()
        if not set(DATABASES) <= environment.keys():
            environment = dict.fromkeys(DATABASES, launch.postgres()) | environment
        if "REDIS_URL" not in given:
            environment["REDIS_URL"] = launch.valkey()
        launch.note(environment)
        return _services(environment, _stopper(undo.pop_all()))


@dataclass(frozen=True, slots=True)
class _Launch:
    home: Path
    account: Account
    durable: bool
    undo: ExitStack
    processes: list[tuple[int, Sequence[str]]] = field(default_factory=list)

    def postgres(self) -> str:
        from config.embedded_postgres import PostgreSQL

        server = PostgreSQL(self.home, self.account, self.durable)
        passwords = embedded_home.passwords(self.home)
        server.prepare(passwords["postgres"])
        port = self.run(server)
        server.furnish(port, passwords)
        return f"postgresql://devhealth:{passwords['devhealth']}@127.0.0.1:{port}/devhealth"

    def valkey(self) -> str:
        from config.embedded_valkey import Valkey

        password = embedded_home.passwords(self.home)["valkey"]
        server = Valkey(self.home, self.account, self.durable, password)
        server.prepare()
        return f"redis://:{password}@127.0.0.1:{self.run(server)}/0"

    def clickhouse(self) -> str:
        from config.embedded_clickhouse import ClickHouse

        password = embedded_home.passwords(self.home)["clickhouse"]
        # As ourselves even if we are root: nobody may not reach our Python (root's pyenv, a venv).
        server = ClickHouse(self.home, embedded_home.ourselves(), self.durable, password)
        server.prepare()
        return f"clickhouse://devhealth:{password}@127.0.0.1:{self.run(server)}/devhealth"

    def run(self, server: "Server") -> int:
        from config import embedded_process

        embedded_process.end_leftover(server)
        process, port = embedded_process.launch(server, embedded_process.free_ports())
        self.undo.callback(embedded_process.end, process, server)
        self.processes.append((process.pid, server.identity))
        return port

    def note(self, environment: dict[str, str]) -> None:
        """Tell `running`."""
        path = self.home / NOTE
        noted = {"environment": environment, "processes": self.processes}
        embedded_home.write_private(path, json.dumps(noted))
        self.undo.callback(path.unlink, missing_ok=True)


def _services(environment: dict[str, str], stop: Callable[[], None] = _nothing) -> Services:
    control, facts, redis = (environment[name] for name in NAMES)
    return Services(control, facts, redis, stop)


def _stopper(undo: ExitStack) -> Callable[[], None]:
    """Undo once, in this process only: a forked child's exit must not stop its parent's servers."""
    owner = os.getpid()

    def stop() -> None:
        if os.getpid() == owner:
            atexit.unregister(stop)
            undo.close()

    atexit.register(stop)
    return stop


def _live(processes: list[tuple[int, list[str]]]) -> bool:
    from config import embedded_process

    owners = (embedded_home.account(), embedded_home.ourselves())
    return all(
        any(embedded_process.find(pid, identity, owner) for owner in owners)
        for pid, identity in processes
    )


def _leave(*_: object) -> NoReturn:
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, signal.SIG_IGN)  # stopping is bounded; let it finish
    raise SystemExit(0)


@click.command()
@click.argument("directory", type=click.Path(path_type=Path), default=DIRECTORY)
@click.option("--store", type=click.Choice(get_args(Store)), default="postgresql")
def main(directory: Path, store: Store) -> None:
    """Run PostgreSQL, Valkey and the store, if another, from DIRECTORY until Ctrl-C."""
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if sign != signal.SIGHUP or signal.getsignal(sign) != signal.SIG_IGN:  # nohup
            signal.signal(sign, _leave)
    try:
        with services(directory, store=store) as started:
            _serve(started, directory)
    except EmbeddedError as error:
        raise click.ClickException(str(error)) from error


def _serve(started: Services, directory: Path) -> None:
    for name, uri in started.environment().items():
        click.echo(f"{name:<21} {masked(uri)}")
    if running(directory) is None:
        click.echo("All of them are set in the environment: there is nothing to run.")
        return
    click.echo(f"Data and logs: {embedded_home.find_home(directory)}. Ctrl-C stops them.")
    while running(directory):
        time.sleep(1)
    raise EmbeddedError(f"A server has ended; see the logs in {directory}.")


if __name__ == "__main__":
    main()
