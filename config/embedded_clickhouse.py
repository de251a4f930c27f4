"""ClickHouse's engine from the `chdb-core` wheel, behind a front of our own: it has no server."""

import importlib.util
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path

from config.embedded_home import Account, server_directory, write_private

FRONT = "config.clickhouse_front"  # run as a process: it opens an engine
CONFIGURATION = """\
<clickhouse>
    <merge_tree>
        <fsync_after_insert>{sync}</fsync_after_insert>
        <fsync_part_directory>{sync}</fsync_part_directory>
    </merge_tree>
</clickhouse>
"""


@dataclass(frozen=True, slots=True)
class ClickHouse:
    """One engine below `home`; its user and its database are `devhealth`.

    Not durable, it loses its last inserts where the machine crashes; a crash of its own loses none.
    """

    home: Path
    account: Account
    durable: bool
    password: str = field(repr=False)
    name = "ClickHouse"
    endings = ((signal.SIGTERM, 15.0),)

    @property
    def directory(self) -> Path:
        return self.home / "clickhouse"

    @property
    def log(self) -> Path:
        return self.home / "clickhouse.log"

    @property
    def pid_file(self) -> Path:
        return self.directory / "front.pid"

    @property
    def identity(self) -> tuple[str, ...]:
        return ("-m", FRONT, str(self.directory))

    def prepare(self) -> None:
        if importlib.util.find_spec("chdb") is None:
            raise ModuleNotFoundError("chdb-core is not installed", name="chdb")
        server_directory(self.directory, self.account)

    def command(self, port: int) -> list[str]:
        secret, configuration = self.directory / "password", self.directory / "engine.xml"
        write_private(secret, self.password, self.account)
        write_private(configuration, CONFIGURATION.format(sync=int(self.durable)), self.account)
        options = ("--port", str(port), "--password-file", str(secret))
        return [sys.executable, *self.identity, *options, "--configuration", configuration.name]

    def is_ready(self, pid: int, port: int, said: str) -> bool:
        # Its own log, which only its account writes: a stranger's server is told no password.
        return f"Process {pid} listens on 127.0.0.1:{port}." in said
