"""What asking a provider costs: `python -m bench.providers`, one JSON line a figure.

The provider is the loopback peer of the tests, in a process of its own: all CPU is ours alone.

requests  a seeded repository of 1,000 pull requests into SQLite, against one call of REST for each
          one's detail and one for its reviews, and the pages of their list
warm      the same with nothing changed since
cpu       pages into records, per 100 things and per 100 records: network, JSON, processor; a pull
          request with its reviews, comments and commits is some twenty records
rate      two windows of a primary limit: requests sent ÷ requests that the time allows
memory    100,000 pull requests with reviews, comments and commits into SQLite, in its own process

    BENCH_ITEMS=20000  fewer of the last
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from bench.providers_client import connector_of, opened, peer
from devhealth.connectors import Remote
from devhealth.http import LocalGate, Policy
from devhealth.models.records import RECORDS
from devhealth.places import Place, scope_of
from devhealth.processors import Processor, processor_of
from devhealth.remote import TARGETS, Target
from devhealth.sinks import open_store, sink_of_run
from devhealth.sync_target import sync_target

THINGS, ROUNDS = 1_000, 5
ITEMS = int(os.environ.get("BENCH_ITEMS", "100000"))
MOST, WINDOW, WINDOWS, AT_ONCE = 300, 20, 3, 10
LATER = datetime(2027, 1, 1, tzinfo=UTC)
ORG = UUID(int=0)


def main() -> None:
    for provider in ("github", "gitlab"):
        requests(provider)
        cpu(provider)
        rate(provider)
        memory(provider)


def requests(provider: str) -> None:
    with peer(provider, THINGS) as served:
        first, warm = asyncio.run(_synced(provider, served.url))
    by_rest = 2 * THINGS + THINGS // 100
    tell(f"{provider}_requests_saved", by_rest / first["prs"], "×", 50, is_least=True)
    for name, target in TARGETS.items():
        tell(f"{provider}_{target.method}_first_requests", first[name], "requests")
    for name, target in TARGETS.items():
        tell(f"{provider}_{target.method}_warm_requests", warm[name], "requests", 2)


async def _synced(provider: str, url: str) -> tuple[dict[str, int], dict[str, int]]:
    """Requests by target: of a first sync, and of one with nothing new."""
    with tempfile.TemporaryDirectory(prefix="devhealth-bench-") as name:
        store = open_store(f"sqlite:///{Path(name) / 'facts.db'}")
        store.migrate()
        asked = []
        for since in (None, LATER):
            async with opened(provider, url) as client:
                connector, counts = connector_of(provider, client), {}
                for target in TARGETS:
                    sink = sink_of_run(store, ORG, RECORDS)
                    fetched = await sync_target(
                        sink, connector, target, run_id=uuid4(), since=since
                    )
                    counts[target] = fetched.requests
                asked.append(counts)
        store.close()
    return asked[0], asked[1]


def cpu(provider: str) -> None:
    with peer(provider, THINGS) as served:
        rounds = [asyncio.run(_read(provider, served.url)) for _ in range(ROUNDS + 1)][1:]
    for name, target in TARGETS.items():
        spent = statistics.median(each[name][0] for each in rounds)
        records, told = rounds[0][name][1], f"{provider}_{target.method}"
        tell(f"{told}_cpu_of_100", spent * 100 / THINGS * 1_000, "ms")
        tell(f"{told}_cpu_of_100_records", spent * 100 / records * 1_000, "ms", 6)
        tell(f"{told}_records_of_100", records * 100 / THINGS, "records")


async def _read(provider: str, url: str) -> dict[str, tuple[float, int]]:
    """By target: seconds of CPU, and records."""
    processor = processor_of(provider)
    async with opened(provider, url) as client:
        connector = connector_of(provider, client)
        repository = processor.repository(dict(await connector.repository()))
        place = Place(
            place_id=repository.repo_id,
            source_id=repository.source_id,
            name=repository.full_name,
            is_archived=repository.is_archived,
            repository=repository,
            scope=scope_of(repository),
        )
        return {
            name: await _into_records(connector, processor, target, place)
            for name, target in TARGETS.items()
        }


async def _into_records(
    connector: Remote, processor: Processor, target: Target, place: Place
) -> tuple[float, int]:
    records, began = 0, time.process_time()
    async with aclosing(getattr(connector, target.method)(None, None)) as pages:
        async for page in pages:
            for raw in page.items:
                records += len(target.read(processor, raw, place))
    return time.process_time() - began, records


def rate(provider: str) -> None:
    with peer(provider, 1, MOST, WINDOW) as served:
        used = asyncio.run(_hurry(provider, served.url))
        _, violations = served.seen()
    tell(f"{provider}_allowed_rate_used", used, "of 1", 0.95, is_least=True)
    tell(f"{provider}_violations", violations, "requests", 0)


async def _hurry(provider: str, url: str) -> float:
    """As many at once as may be, until the first of the window after the last is answered.

    The first window does not count: the peer cuts it to a whole second.
    """
    answered: list[float] = []
    gate = LocalGate(Policy(concurrency=AT_ONCE))
    async with opened(provider, url, gate=gate) as client:
        connector = connector_of(provider, client)

        async def ask() -> None:
            while len(answered) <= MOST * WINDOWS:
                await connector.repository()
                answered.append(time.monotonic())

        await asyncio.gather(*(ask() for _ in range(AT_ONCE)))
    took = answered[MOST * WINDOWS] - answered[MOST]
    return (WINDOWS - 1) * WINDOW / took


def memory(provider: str) -> None:
    with peer(provider, max(ITEMS, 10_001)) as served:
        command = [sys.executable, "-m", "bench.providers_into", provider, served.url]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    told: dict[str, Any] = json.loads(done.stdout)
    tell(f"{provider}_memory_growth", told["growth"], "MB", 200)
    tell(f"{provider}_memory_peak", told["peak"], "MB")
    tell(f"{provider}_things", told["things"], "pull requests")
    tell(f"{provider}_rows_a_cpu_second", told["rows"] / told["cpu"], "rows")


def tell(
    name: str, value: float, unit: str, target: float | None = None, *, is_least: bool = False
) -> None:
    is_met = target is None or (value >= target if is_least else value <= target)
    figure = {"name": name, "value": round(value, 3), "unit": unit, "target": target, "ok": is_met}
    print(json.dumps(figure, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
