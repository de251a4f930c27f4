"""One run of a bench case: an organisation's days are filled into a store, or computed.

    python -m bench.metrics_year_into fill URI ORG SHARE REPOSITORIES SCOPES DAYS
    python -m bench.metrics_year_into look|year URI ORG FILE
    python -m bench.metrics_year_into before|day URI ORG

Prints one JSON object: `rows` (records given), or `written` (rollup rows) and `cpu` (seconds of
this process); `peak` (its memory, MB) and `grown` (beyond what it had before it read anything).
"""

import json
import pickle
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from bench.memory import peak_mb
from bench.metrics_year_items import work
from bench.metrics_year_world import LAST, Size, code, whole
from devhealth.due import everything
from devhealth.metrics import metrics
from devhealth.models.touches import Touches
from devhealth.recompute import recompute
from devhealth.sinks import BATCH_SIZE, Sink, open_store


def fill(sink: Sink, size: Size) -> dict[str, float]:
    """Through the sink, as a first sync leaves it."""
    rows = 0
    for frames in (code(size), work(size)):
        for cls, frame in frames:
            for part in whole(cls, frame).iter_slices(BATCH_SIZE):
                rows += sink.write(part, cls)
    return {"rows": rows}


def last_day(sink: Sink) -> Touches:
    """A sync of every repository and of every scope, each with something new of the last day."""
    touches, known = Touches(), everything(sink, LAST).partitions()
    for source in (source for metric in metrics() for source in metric.sources):
        if source.at:
            for partition in known:
                touches.days[source.cls, partition].add(LAST)
    return touches


def before(sink: Sink) -> dict[str, float]:
    """All days but the last one, as they stood when it began."""
    eve = LAST - timedelta(days=1)
    return {"written": sum(recompute(sink, everything(sink, None, LAST), today=eve).values())}


def measured(sink: Sink, touches: Touches) -> dict[str, float]:
    began = time.process_time()
    written = sum(recompute(sink, touches, today=LAST).values())
    return {"cpu": time.process_time() - began, "written": written}


def look(sink: Sink, path: str) -> dict[str, float]:
    """What is touched is told by a sync; here it is looked for, which costs apart."""
    began = time.process_time()
    touches = everything(sink)
    spent = time.process_time() - began
    Path(path).write_bytes(pickle.dumps(touches))
    return {"cpu": spent}


def year(sink: Sink, path: str) -> dict[str, float]:
    return measured(sink, pickle.loads(Path(path).read_bytes()))


def day(sink: Sink) -> dict[str, float]:
    return measured(sink, last_day(sink))


def main(how: str, uri: str, org: str, *size: str) -> None:
    empty = peak_mb()
    store = open_store(uri)
    sink = store.for_org(UUID(org), version=datetime.now(UTC))
    if how == "fill":
        share, *counts = size
        store.migrate()
        found = fill(sink, Size(float(share), *map(int, counts)))
    else:
        ways: dict[str, Callable[..., dict[str, float]]] = {
            "before": before,
            "look": look,
            "year": year,
            "day": day,
        }
        found = ways[how](sink, *size)
    peak = peak_mb()
    print(json.dumps(found | {"peak": peak, "grown": peak - empty}))
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
