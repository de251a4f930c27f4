"""One run of a bench case: a repository's history into a fresh store, or fifty commits more.

    python -m bench.git_into postgresql|sqlite whole|fifty PATH

Prints one JSON object: `rows` (file rows), `cpu` (seconds of this process), `peak` (its memory,
MB) and `total` (seconds of this process, of git and of the database server together).
"""

import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import psutil

from bench.memory import peak_mb
from config import embedded
from devhealth.connectors.local import Local
from devhealth.sinks import Store, open_store
from devhealth.sync import Synced, sync_git

ORG = UUID(int=0)


@dataclass(frozen=True)
class Spent:
    """Seconds of CPU so far: of this process, of what it started and has seen end, of servers."""

    own: float
    ended: float
    servers: float

    @staticmethod
    def now() -> "Spent":
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        times = [one.cpu_times() for one in psutil.Process().children(recursive=True)]
        servers = sum(t.user + t.system + t.children_user + t.children_system for t in times)
        return Spent(time.process_time(), ended.ru_utime + ended.ru_stime, servers)

    def since(self, before: "Spent") -> dict[str, float]:
        own = self.own - before.own
        total = own + self.ended - before.ended + self.servers - before.servers
        return {"cpu": own, "total": total}


@contextmanager
def fresh_store(kind: str, folder: Path) -> Iterator[Store]:
    if kind == "sqlite":
        yield open_store(f"sqlite:///{folder / 'facts.db'}")
        return
    with embedded.services(folder / "services") as services:
        store = open_store(services.database_uri)
        yield store
        store.close()
    embedded.remove(folder / "services")


def sync(store: Store, path: Path) -> Synced:
    sink = store.for_org(ORG, version=datetime.now(UTC))
    synced = asyncio.run(sync_git(sink, Local(path)))
    synced.finish(sink)
    return synced


def without_the_last_fifty(path: Path, folder: Path) -> tuple[Path, str]:
    """A clone whose branch ends fifty commits earlier, and where it should end."""
    clone = folder / "clone.git"
    git("clone", "-q", "--bare", "--shared", str(path), str(clone))
    head = git("-C", str(clone), "rev-parse", "HEAD")
    earlier = git("-C", str(clone), "rev-list", "--skip=50", "-n1", "HEAD")
    git("-C", str(clone), "update-ref", "HEAD", earlier)
    return clone, head


def git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, check=True, text=True)
    return done.stdout.strip()


def main(kind: str, how: str, path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="devhealth-bench-") as name:
        folder = Path(name)
        with fresh_store(kind, folder) as store:
            store.migrate()
            if how == "fifty":
                path, head = without_the_last_fifty(path, folder)
                sync(store, path)
                git("-C", str(path), "update-ref", "HEAD", head)
            before = Spent.now()
            synced = sync(store, path)
            spent = Spent.now().since(before)
    print(json.dumps({"rows": synced.files, "peak": peak_mb(), **spent}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
