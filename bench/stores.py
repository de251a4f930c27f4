"""What the stores cost, beside the leanest code that does the same: one JSON line a figure.

    python -m bench.stores                    every kind of store
    python -m bench.stores postgresql sqlite  these
    BENCH_ROWS=100000                         fewer records than 1 M in the last two cases
    BENCH_CHANGES=10000                       fewer in each pair than 40,000
    BENCH_REPOSITORIES=50 BENCH_PAIRS=7       fewer than 200 in the large read; more pairs

Writes: rows a second of CPU, user + system of ours and of a server of our own; the sink and the
bare code in turn, the figure is the median of the pairs' ratios. Reads of a dashboard: the time
that passes, the median of 25. Memory and the CPU of large reads are those of a client process.
"""

import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from uuid import UUID

import psycopg

from bench.git_into import Spent
from bench.stores_bare import Bare, ColumnInsert, CopyUpsert, Executemany, SortedExecutemany
from bench.stores_rows import NOW, ask, batches, fill
from config import embedded
from devhealth.models.records import CommitFile
from devhealth.sinks import STORES, Store, open_store

PAIRS = max(5, int(os.environ.get("BENCH_PAIRS", "5")))
CHANGES = int(os.environ.get("BENCH_CHANGES", "40000"))
REPOSITORIES = int(os.environ.get("BENCH_REPOSITORIES", "200"))
ASKED = 25
WRITER, ONCE, OFTEN, LARGE = (UUID(int=number) for number in range(1, 5))


@dataclass(frozen=True)
class Kind:
    """A kind of store: where one stands, what it is measured beside, and its targets.

    bares       name → the bare side, and the least that the sink's rate may be of its rate
    versions    the most that a read of 10 versions may take of the time of one
    small       ms, 20 repositories × 90 days; `large` ms, 200 × 365; None: no target
    read        s of CPU, a million records into a frame
    peak        MB of a process that writes a million
    """

    place: Callable[[Path], AbstractContextManager[str]]
    bares: Mapping[str, tuple[Callable[[str], Bare], float]]
    versions: float
    small: float | None = None
    large: float | None = None
    read: float | None = None
    peak: float = 200
    settle: Callable[[str], None] = field(default=lambda uri: None)


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    with embedded.services(folder / "services") as services:
        yield services.database_uri
    embedded.remove(folder / "services")


@contextmanager
def sqlite(folder: Path) -> Iterator[str]:
    yield f"sqlite:///{folder / 'facts.db'}"


@contextmanager
def chdb(folder: Path) -> Iterator[str]:
    yield f"chdb:///{folder / 'engine'}"


def vacuum(uri: str) -> None:
    """What autovacuum would have done by the time that somebody looks."""
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute("vacuum analyze devhealth.repo_metrics_daily")


KINDS = {
    "postgresql": Kind(
        postgresql,
        {"executemany": (Executemany, 3.0), "bare_copy": (CopyUpsert, 0.6)},
        versions=1.2,
        small=12,
        large=45,
        read=1.5,
        settle=vacuum,
    ),
    "sqlite": Kind(sqlite, {"bare_executemany": (SortedExecutemany, 0.8)}, versions=1.2),
    "clickhouse": Kind(
        chdb, {"bare_columns": (ColumnInsert, 0.8)}, versions=2, small=30, large=40, read=1
    ),
}


def main(names: Sequence[str]) -> None:
    """Each kind in a process of its own, for one may be an engine that is in the process."""
    for name in names or KINDS:
        if name not in STORES:
            print(f"{name}: there is no such store (yet); left out.", file=sys.stderr)
        elif len(names) == 1:
            measure(name, KINDS[name])
        else:
            subprocess.run([sys.executable, "-m", "bench.stores", name], check=True)


def measure(name: str, kind: Kind) -> None:
    with tempfile.TemporaryDirectory(prefix="devhealth-bench-") as folder:
        with kind.place(Path(folder)) as uri:
            store = open_store(uri)
            store.migrate()
            writes(name, kind, store, uri)
            dashboards(name, kind, store, uri)
            store.close()
            if not uri.startswith("chdb:"):
                million(name, kind, uri)
        if name == "clickhouse":
            million_over_http(name, kind, Path(folder, "front"))


# --- cases ---------------------------------------------------------------------------------------


def writes(name: str, kind: Kind, store: Store, uri: str) -> None:
    """The same new rows through the sink and through each bare side, pair by pair."""
    sink = store.for_org(WRITER, version=NOW)
    bares = {bare: build(uri) for bare, (build, _) in kind.bares.items()}
    rates: dict[str, list[float]] = {bare: [] for bare in ("sink", *bares)}
    for pair in range(PAIRS + 1):
        changes = list(batches(CHANGES, seed=pair))
        rates["sink"].append(rate(sink.write, changes))
        for bare, side in bares.items():
            rates[bare].append(rate(side.write, list(map(side.ready, changes))))
    typical = {side: statistics.median(values[1:]) for side, values in rates.items()}
    print(f"{name}: rows a CPU second: {typical}", file=sys.stderr)
    for bare, (_, least) in kind.bares.items():
        pairs = zip(rates["sink"][1:], rates[bare][1:], strict=True)
        ratio = statistics.median(ours / theirs for ours, theirs in pairs)
        tell(f"{name}_write_beside_{bare}", ratio, "rows a CPU second ÷ its own", least=least)


def rate(write: Callable[[list[CommitFile]], object], given: Sequence[list[CommitFile]]) -> float:
    gc.collect()
    gc.freeze()  # a sync holds no more than a batch, so the collector has less to look through
    before = Spent.now()
    for rows in given:
        write(rows)
    return CHANGES / Spent.now().since(before)["total"]


def dashboards(name: str, kind: Kind, store: Store, uri: str) -> None:
    """Weekly sums at one version and at ten, in turn; then of a large organisation."""
    fill(store, ONCE, 20, 90, versions=1)
    fill(store, OFTEN, 20, 90, versions=10)
    if kind.large:
        fill(store, LARGE, REPOSITORIES, 365, versions=10)
    kind.settle(uri)
    once, often = in_turn(
        partial(ask, store.for_org(ONCE), 20, 90), partial(ask, store.for_org(OFTEN), 20, 90)
    )
    tell(f"{name}_read_10_versions", often / once, "time ÷ that of 1 version", most=kind.versions)
    if kind.small:
        tell(f"{name}_read_20_repositories_90_days", often * 1000, "ms", most=kind.small)
    if kind.large:
        (large,) = in_turn(partial(ask, store.for_org(LARGE), REPOSITORIES, 365))
        words = f"{name}_read_{REPOSITORIES}_repositories_365_days"
        tell(words, large * 1000, "ms", most=kind.large)


def million(name: str, kind: Kind, uri: str) -> None:
    """A process that writes them, another that reads them."""
    peak = child("write", uri)["peak"]
    tell(f"{name}_write_1m_peak", peak, "MB", most=kind.peak)
    if kind.read:
        cpu = statistics.median(child("read", uri)["cpu"])
        tell(f"{name}_read_1m_records", cpu, "s of our CPU", most=kind.read)


def million_over_http(name: str, kind: Kind, folder: Path) -> None:
    if not hasattr(embedded, "clickhouse"):
        print(f"{name}: no server to be had; 1 M records are left out.", file=sys.stderr)
        return
    with embedded.clickhouse(folder) as uri:
        store = open_store(uri)
        store.migrate()
        store.close()
        million(name, kind, uri)


# --- how -----------------------------------------------------------------------------------------


def in_turn(*acts: Callable[[], object]) -> list[float]:
    """Seconds that pass in each: the median of 25, after one to warm up."""
    times = [[seconds_of(act) for act in acts] for _ in range(ASKED + 1)]
    return [statistics.median(each) for each in zip(*times[1:], strict=True)]


def seconds_of(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def child(work: str, uri: str) -> dict:
    command = [sys.executable, "-m", "bench.stores_million", work, uri]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def tell(
    name: str, value: float, unit: str, *, least: float | None = None, most: float | None = None
) -> None:
    """A figure with a target: the least or the most that it may be."""
    target = most if least is None else least
    ok = value <= target if least is None else value >= target
    line = {"name": name, "value": round(value, 2), "unit": unit, "target": target, "ok": ok}
    print(json.dumps(line, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
