"""What blame costs us, beside plain `git blame` of the same files, one after the other.

    python -m bench.blame                     this checkout, and 10,000 seeded commits
    BENCH_REPO=path python -m bench.blame     that repository (make bench-blame REPO=path)
    BENCH_COMMITS=20000 BENCH_PAIRS=5         larger, or more often

Ours is into SQLite, the shadow with its commit graph included: `first` is a first blame, `later`
one that finds ten commits more, with the graph that the first has kept, `idle` one that finds
nothing. Plain and the three of ours run in turn; figures are medians of the pairs, CPU is user +
system of git and of us, without start-up.
"""

import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID

from bench.git import PAIRS, report
from bench.repositories import build
from devhealth.connectors.local import Local
from devhealth.processors import local
from devhealth.sinks import Store, open_store, sink_of_run
from devhealth.sinks.tables import CLASSES
from devhealth.sync_blame import sync_blame

COMMITS = int(os.environ.get("BENCH_COMMITS", "10000"))
LATER = 10
ORG = UUID(int=0)
TARGETS = {"first": 0.5, "later": 0.1, "idle": 0.05}


@dataclass(frozen=True)
class Took:
    """Seconds of CPU of a blame, of us and of git, and how many files were asked for."""

    ours: float
    git: float
    files: int


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="devhealth-bench-") as folder:
        for name, path in repositories(Path(folder)):
            with until_ten_commits_ago(path, Path(folder, name)) as (copy, end):
                measure(name, copy, end)


def repositories(folder: Path) -> Iterator[tuple[str, Path]]:
    if given := os.environ.get("BENCH_REPO") or os.environ.get("REPO"):
        yield "given", Path(given).resolve()
        return
    yield "checkout", Path.cwd()
    build(folder / "seeded.git", COMMITS)
    yield "seeded", folder / "seeded.git"


@contextmanager
def until_ten_commits_ago(path: Path, folder: Path) -> Iterator[tuple[Path, str]]:
    """A bare copy whose branch ends ten commits earlier, and where it should end."""
    git("clone", "-q", "--bare", "--no-local", str(path), str(folder))
    end = git("-C", str(folder), "rev-parse", "HEAD")
    move(folder, f"{end}~{LATER}")
    yield folder, end


def move(path: Path, to: str) -> None:
    git("-C", str(path), "update-ref", "HEAD", to)


def git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def measure(name: str, path: Path, end: str) -> None:
    files = asyncio.run(text_files(path))
    pairs = []
    for _ in range(PAIRS):
        plain = plainly(path, files)
        with tempfile.TemporaryDirectory(prefix="devhealth-bench-") as folder:
            ours = [blamed(path, folder)]
            begin = git("-C", str(path), "rev-parse", "HEAD")
            move(path, end)
            ours += [blamed(path, folder), blamed(path, folder)]
            move(path, begin)
        pairs.append((plain, ours))
    for place, (run, target) in enumerate(TARGETS.items()):
        took = [(ours[place], plain) for plain, ours in pairs]
        ratio = statistics.median((each.ours + each.git) / plain for each, plain in took)
        words = f"CPU ÷ CPU of git blame of all {len(files)} files"
        report(f"blame_{name}_{run}_ratio", ratio, words, target)
    row = statistics.median(ours[0].ours / ours[0].files * 1000 for _, ours in pairs)
    report(f"blame_{name}_first_own", row, "ms of our own CPU a file", 2)


async def text_files(path: Path) -> list[bytes]:
    connector = Local(path)
    head = (await connector.repository())["head_hash"]
    files = connector.blame(head, await connector.files(head))
    return [file["path"] async for file in files if file["lines"]]


def plainly(path: Path, files: list[bytes]) -> float:
    """Seconds of CPU of `git blame` alone."""
    before = of_children()
    for file in files:
        subprocess.run(
            ["git", "-C", path, "blame", "HEAD", "--", os.fsdecode(file)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
    return of_children() - before


def blamed(path: Path, folder: str) -> Took:
    """Ours, in a process of its own; store and graph are in the folder."""
    command = [sys.executable, "-m", "bench.blame", "run", str(path), folder]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return Took(**json.loads(done.stdout))


def run(path: Path, folder: Path) -> Took:
    store = open_store(f"sqlite:///{folder / 'facts.db'}")
    store.migrate()
    asyncio.run(know(store, path))
    own, children = time.process_time(), of_children()
    sink = sink_of_run(store, ORG, CLASSES)
    done = asyncio.run(sync_blame(sink, Local(path), cache=folder / "graph"))
    took = Took(time.process_time() - own, of_children() - children, max(1, done.expected))
    store.close()
    return took


async def know(store: Store, path: Path) -> None:
    """As after a sync of its commits."""
    raw = await Local(path).repository()
    sink_of_run(store, ORG, CLASSES).write([local.repository(raw)])


def of_children() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


if __name__ == "__main__":
    if sys.argv[1:2] == ["run"]:
        print(json.dumps(asdict(run(Path(sys.argv[2]), Path(sys.argv[3])))))
    else:
        main()
