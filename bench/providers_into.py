"""One process that fetches pull requests into a fresh store: `python -m bench.providers_into
github|gitlab URL`. Prints one JSON object: `things`, `rows`, `growth` (of its memory, MB: the peak
less what it had when the store stood), `peak` and `cpu` (seconds)."""

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from uuid import UUID, uuid4

from bench.memory import peak_mb
from bench.providers_client import connector_of, opened
from devhealth.models.records import RECORDS
from devhealth.sinks import Sink, open_store, sink_of_run
from devhealth.sync_target import Fetched, sync_target

ORG = UUID(int=0)


async def fetch(sink: Sink, provider: str, url: str, target: str = "prs") -> Fetched:
    async with opened(provider, url) as client:
        return await sync_target(sink, connector_of(provider, client), target, run_id=uuid4())


def main(provider: str, url: str) -> None:
    with tempfile.TemporaryDirectory(prefix="devhealth-bench-") as name:
        store = open_store(f"sqlite:///{Path(name) / 'facts.db'}")
        store.migrate()
        sink = sink_of_run(store, ORG, RECORDS)
        stood, began = peak_mb(), time.process_time()
        fetched = asyncio.run(fetch(sink, provider, url))
        told = {
            "things": fetched.fetched,
            "rows": fetched.written,
            "growth": peak_mb() - stood,
            "peak": peak_mb(),
            "cpu": time.process_time() - began,
        }
        store.close()
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
