"""One run of a bench case: an organisation's days are filled into a store, or computed.

    python -m bench.metrics_year_into fill URI ORG SHARE REPOSITORIES SCOPES DAYS
    python -m bench.metrics_year_into year URI ORG
    python -m bench.metrics_year_into day URI ORG

Prints one JSON object: `rows` (records given), or `written` (rollup rows), `cpu` (seconds of this
process), `peak` (its memory, MB) and `grown` (beyond what it had before it read anything).
"""

import json
import sys
import time
from datetime import UTC, datetime, timedelta
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
    had, began = peak_mb(), time.process_time()
    written = sum(recompute(sink, touches, today=LAST).values())
    spent, peak = time.process_time() - began, peak_mb()
    return {"cpu": spent, "written": written, "peak": peak, "grown": peak - had}


def year(sink: Sink) -> dict[str, float]:
    """What is touched is told by a sync; here it is looked for, and that costs apart."""
    began = time.process_time()
    touches = Touches(everything(sink).days)
    return {"looking": time.process_time() - began, **measured(sink, touches)}


def main(how: str, uri: str, org: str, *size: str) -> None:
    empty = peak_mb()
    store = open_store(uri)
    sink = store.for_org(UUID(org), version=datetime.now(UTC))
    if how == "fill":
        share, *counts = size
        store.migrate()
        found = fill(sink, Size(float(share), *map(int, counts)))
    else:
        found = {
            "before": before,
            "year": year,
            "day": lambda sink: measured(sink, last_day(sink)),
        }[how](sink)
    print(json.dumps(found | {"empty": empty}))
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
