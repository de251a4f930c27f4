"""One process that fills a store or reads from it: `python -m bench.stores_million write|read URI`.

Prints one JSON object: `peak` (its memory at its highest, MB) or `cpu` (its seconds of each read).
"""

import json
import os
import sys
import time
from typing import cast
from uuid import UUID

from bench.memory import peak_mb
from bench.stores_rows import NOW, batches
from devhealth.models.records import CommitFile
from devhealth.sinks import Sink, open_store
from devhealth.sinks.tables import Row

ROWS = int(os.environ.get("BENCH_ROWS", "1000000"))
READS = 5
ORG = UUID(int=10)


def write(sink: Sink) -> dict[str, float]:
    """Made and written batch by batch."""
    for rows in batches(ROWS, seed=10):
        sink.write(rows)
    return {"peak": peak_mb()}


def read(sink: Sink) -> dict[str, list[float]]:
    """Every column of every row, one read to warm up."""
    return {"cpu": [_read(sink) for _ in range(READS + 1)][1:]}


def _read(sink: Sink) -> float:
    began = time.process_time()
    frame = sink.read(cast("type[Row]", CommitFile))
    spent = time.process_time() - began
    if frame.height != ROWS:
        sys.exit(f"{frame.height} rows were read, not {ROWS}")
    return spent


def main(work: str, uri: str) -> None:
    store = open_store(uri)
    sink = store.for_org(ORG, version=NOW)
    print(json.dumps(write(sink) if work == "write" else read(sink)))
    store.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
