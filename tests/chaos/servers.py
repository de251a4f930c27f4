"""PostgreSQL, Valkey and, where the facts are in it, ClickHouse, in a directory of their own;
they stop and come back on their ports."""

import shutil
import signal
from contextlib import ExitStack
from pathlib import Path

import psutil

from config import embedded_home, embedded_process
from config.embedded import Store
from config.embedded_clickhouse import ClickHouse
from config.embedded_postgres import PostgreSQL
from config.embedded_valkey import Valkey


class Roomy(PostgreSQL):
    """With room for two crowds of threads."""

    def command(self, port: int) -> list[str]:
        return [*PostgreSQL.command(self, port), "--max_connections=300"]


class Servers:
    """Durable: what a database has promised must survive that it is killed."""

    def __init__(self, directory: Path, store: Store) -> None:
        account = embedded_home.account()
        self.directory = directory
        self.store = store
        home = embedded_home.open_home(directory, account)
        self._held = ExitStack()
        self._held.enter_context(embedded_home.held(home))
        self._passwords = embedded_home.passwords(home)
        self.postgres = Roomy(home, account, True)
        self.valkey = Valkey(home, account, False, self._passwords["valkey"])
        self.clickhouse = ClickHouse(
            home, embedded_home.ourselves(), True, self._passwords["clickhouse"]
        )
        self._running: dict[str, tuple[psutil.Popen, int]] = {}

    def start(self) -> None:
        self.postgres.prepare(self._passwords["postgres"])
        self.valkey.prepare()
        self.start_postgres()
        self.start_valkey()
        self.postgres.furnish(self._port("postgres"), self._passwords)
        if self.store == "clickhouse":
            self.clickhouse.prepare()
            self.start_clickhouse()

    def start_postgres(self) -> None:
        self._start("postgres", self.postgres)

    def start_valkey(self) -> None:
        self._start("valkey", self.valkey)

    def start_clickhouse(self) -> None:
        self._start("clickhouse", self.clickhouse)

    def crash_postgres(self) -> None:
        """Immediately: no checkpoint, no goodbye; the next start recovers from the log."""
        process, _ = self._running["postgres"]
        process.send_signal(signal.SIGQUIT)
        process.wait(30)

    def crash_valkey(self) -> None:
        """And what it had is gone."""
        process, _ = self._running["valkey"]
        process.kill()
        process.wait(30)
        shutil.rmtree(self.valkey.directory)
        self.valkey.prepare()

    def crash_clickhouse(self) -> None:
        """The front and its engine: `kill -9`."""
        process, _ = self._running["clickhouse"]
        process.kill()
        process.wait(30)

    def stop(self) -> None:
        for name, server in (
            ("valkey", self.valkey),
            ("clickhouse", self.clickhouse),
            ("postgres", self.postgres),
        ):
            if name in self._running:
                embedded_process.end(self._running[name][0], server)
        self._held.close()
        embedded_home.delete_home(self.directory)

    def environment(self) -> dict[str, str]:
        control = self._uri("postgres", "devhealth")
        facts = self._uri("clickhouse", "devhealth") if self.store == "clickhouse" else control
        redis = f"redis://:{self._passwords['valkey']}@127.0.0.1:{self._port('valkey')}/0"
        return {"CONTROL_DATABASE_URI": control, "DATABASE_URI": facts, "REDIS_URL": redis}

    @property
    def watcher_uri(self) -> str:
        """Of the superuser, who sees every organisation's rows."""
        return self._uri("postgres", "postgres")

    @property
    def store_port(self) -> int:
        return self._port("clickhouse" if self.store == "clickhouse" else "postgres")

    def _uri(self, server: str, role: str) -> str:
        scheme = "postgresql" if server == "postgres" else server
        password = self._passwords["clickhouse" if server == "clickhouse" else role]
        return f"{scheme}://{role}:{password}@127.0.0.1:{self._port(server)}/devhealth"

    def _port(self, name: str) -> int:
        return self._running[name][1]

    def _start(self, name: str, server: embedded_process.Server) -> None:
        known = self._running.get(name)
        ports = [known[1]] if known else embedded_process.free_ports()
        self._running[name] = embedded_process.launch(server, ports)
