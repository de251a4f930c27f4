"""What git's history costs us, beside `git log --numstat -M` itself: CPU, CPU a row, memory.

    python -m bench.git                       20,000 seeded commits, made for the run
    BENCH_REPO=path python -m bench.git       that repository (make bench-git REPO=path)
    BENCH_COMMITS=2000 BENCH_PAIRS=5          smaller, or more often

CPU is user + system of a case's process and all its children. git alone and the case run in turn,
a pair at a time; the figure is the median of the pairs.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from bench.memory import peak_mb
from bench.repositories import build
from devhealth.connectors.local import Local
from devhealth.models.directory import Directory
from devhealth.processors import local
from devhealth.processors.stamps import Stamps

COMMITS = int(os.environ.get("BENCH_COMMITS", "20000"))
PAIRS = max(5, int(os.environ.get("BENCH_PAIRS", "5")))
GIT_ALONE = ["git", "--no-pager", "log", "-z", "--numstat", "-M"]


@dataclass(frozen=True)
class Case:
    """What a child process does with a repository, measured beside git alone.

    `command` prints one JSON object: `rows` (file rows), `cpu` (seconds of the process itself while
    it read them, without git and start-up), `peak` (its own memory, MB) and, where a server works
    for it, `total` (seconds of all processes, without start-up). `targets` are the most that ratio
    (to git alone), row (µs of ours), total (s) and peak (MB) may be; what has none is not printed.
    """

    name: str
    command: Callable[[Path], list[str]]
    targets: dict[str, float] = field(default_factory=dict)


def _ourselves(work: str) -> Callable[[Path], list[str]]:
    return lambda path: [sys.executable, "-m", "bench.git", work, str(path)]


def _into(store: str, how: str) -> Callable[[Path], list[str]]:
    return lambda path: [sys.executable, "-m", "bench.git_into", store, how, str(path)]


CASES = (
    Case("git_to_records", _ourselves("records"), {"ratio": 1.35, "row": 12, "peak": 150}),
    Case("git_to_postgresql", _into("postgresql", "whole"), {"ratio": 2.5, "peak": 150}),
    Case("git_to_sqlite", _into("sqlite", "whole"), {"ratio": 2, "peak": 150}),
    Case("fifty_commits_to_postgresql", _into("postgresql", "fifty"), {"total": 0.5}),
    Case("fifty_commits_to_sqlite", _into("sqlite", "fifty"), {"total": 0.5}),
)
UNITS = {
    "ratio": "CPU ÷ CPU of git log --numstat",
    "row": "µs of CPU a file row",
    "total": "s of CPU beyond start-up",
    "peak": "MB",
}


def main() -> None:
    with repository() as path:
        for case in CASES:
            measure(case, path)


@contextmanager
def repository() -> Iterator[Path]:
    if given := os.environ.get("BENCH_REPO") or os.environ.get("REPO"):
        yield Path(given).resolve()
        return
    with tempfile.TemporaryDirectory(prefix="devhealth-bench-") as folder:
        path = Path(folder, "bench.git")
        build(path, COMMITS)
        yield path


def measure(case: Case, path: Path) -> None:
    pairs = []
    for _ in range(PAIRS):
        alone, _ = cpu_of(GIT_ALONE, path) if "ratio" in case.targets else (1.0, b"")
        ours, output = cpu_of(case.command(path), Path.cwd())
        told = json.loads(output)
        pairs.append((told.get("total", ours) / alone, told))
    figures = {
        "ratio": statistics.median(ratio for ratio, _ in pairs),
        "row": statistics.median(out["cpu"] / max(1, out["rows"]) * 1e6 for _, out in pairs),
        "total": statistics.median(out.get("total", 0) for _, out in pairs),
        "peak": max(out["peak"] for _, out in pairs),
    }
    for figure, target in case.targets.items():
        report(f"{case.name}_{figure}", figures[figure], UNITS[figure], target)


def cpu_of(command: list[str], folder: Path) -> tuple[float, bytes]:
    """Seconds of CPU of the command and its children, and its last line."""
    with tempfile.TemporaryFile() as output:
        stdout = subprocess.DEVNULL if command is GIT_ALONE else output
        process = subprocess.Popen(command, cwd=folder, stdout=stdout)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"{command} failed")
        output.seek(0)
        return usage.ru_utime + usage.ru_stime, output.read()


def report(name: str, value: float, unit: str, target: float) -> None:
    line = {"name": name, "value": round(value, 2), "unit": unit, "target": target}
    print(json.dumps(line | {"ok": value <= target}, ensure_ascii=False), flush=True)


async def records(path: Path) -> int:
    """git → records, each dropped when it is made; how many file rows they were."""
    connector = Local(path)
    raw = await connector.repository()
    repo_id: UUID = local.repository(raw).repo_id
    stamps, rows = Stamps(Directory(), "acme/api"), 0
    async for commit in connector.git(raw["head_hash"]):
        rows += len(local.commit(commit, repo_id, stamps)[1])
    return rows


def work(path: Path) -> None:
    start = time.process_time()
    rows = asyncio.run(records(path))
    cpu = time.process_time() - start
    print(json.dumps({"rows": rows, "cpu": cpu, "peak": peak_mb()}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["records"]:
        work(Path(sys.argv[2]))
    else:
        main()
