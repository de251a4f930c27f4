"""PostgreSQL and Valkey in a directory of their own, which stop and come back on their ports."""

import shutil
import signal
from contextlib import ExitStack
from pathlib import Path

import psutil

from config import embedded_home, embedded_process
from config.embedded_postgres import PostgreSQL
from config.embedded_valkey import Valkey


class Roomy(PostgreSQL):
    """With room for two crowds of threads."""

    def command(self, port: int) -> list[str]:
        return [*PostgreSQL.command(self, port), "--max_connections=300"]


class Servers:
    """Durable: what PostgreSQL has promised must survive that it is killed."""

    def __init__(self, directory: Path) -> None:
        account = embedded_home.account()
        self.directory = directory
        home = embedded_home.open_home(directory, account)
        self._held = ExitStack()
        self._held.enter_context(embedded_home.held(home))
        self._passwords = embedded_home.passwords(home)
        self.postgres = Roomy(home, account, True)
        self.valkey = Valkey(home, account, False, self._passwords["valkey"])
        self._running: dict[str, tuple[psutil.Popen, int]] = {}

    def start(self) -> None:
        self.postgres.prepare(self._passwords["postgres"])
        self.valkey.prepare()
        self.start_postgres()
        self.start_valkey()
        self.postgres.furnish(self._port("postgres"), self._passwords)

    def start_postgres(self) -> None:
        self._start("postgres", self.postgres)

    def start_valkey(self) -> None:
        self._start("valkey", self.valkey)

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

    def stop(self) -> None:
        for name, server in (("valkey", self.valkey), ("postgres", self.postgres)):
            if name in self._running:
                embedded_process.end(self._running[name][0], server)
        self._held.close()
        embedded_home.delete_home(self.directory)

    def environment(self) -> dict[str, str]:
        control = self._uri("devhealth", "postgresql", "devhealth")
        redis = f"redis://:{self._passwords['valkey']}@127.0.0.1:{self._port('valkey')}/0"
        return {"CONTROL_DATABASE_URI": control, "DATABASE_URI": control, "REDIS_URL": redis}

    @property
    def watcher_uri(self) -> str:
        """Of the superuser, who sees every organisation's rows."""
        return self._uri("postgres", "postgresql", "devhealth")

    @property
    def store_port(self) -> int:
        return self._port("postgres")

    def _uri(self, role: str, scheme: str, database: str) -> str:
        port = self._port("postgres")
        return f"{scheme}://{role}:{self._passwords[role]}@127.0.0.1:{port}/{database}"

    def _port(self, name: str) -> int:
        return self._running[name][1]

    def _start(self, name: str, server: embedded_process.Server) -> None:
        known = self._running.get(name)
        ports = [known[1]] if known else embedded_process.free_ports()
        self._running[name] = embedded_process.launch(server, ports)
