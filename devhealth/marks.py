"""From when on a target is fetched: what an earlier run took is not asked for again.

A run takes all that changed before it began; what changes while it reads is the next one's. So the
mark is where the newest such run began: the version of its row of coverage. Runs of a window tell
nothing about the time after it, and runs that went on after a gap nothing about the gap: neither is
a mark. A run that is one has the id that `whole` makes of its beginning.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID, uuid4, uuid5

import polars as pl

from devhealth.models.records import Deployment, SourceCoverage
from devhealth.sinks import Sink

# How far before its mark a run begins once more: providers tell of what happened a little late, and
# know when a run or a deployment was asked for, not when it changed last.
OVERLAP: Mapping[str, timedelta] = {
    "prs": timedelta(hours=1),
    "cicd": timedelta(days=3),
    "deployments": timedelta(days=7),
    "incidents": timedelta(hours=1),
    "work-items": timedelta(hours=1),
}

_RUNS = UUID("6d0f7c0e-3f3c-4c55-9a55-1f6f5b5f6d2a")


def whole(began: datetime) -> UUID:
    """The id of a run that took all there was up to its beginning."""
    return uuid5(_RUNS, began.isoformat(timespec="milliseconds"))


def mark(sink: Sink, repo_id: UUID, target: str) -> datetime | None:
    """Where the newest whole run began, UTC. Null: there was none."""
    began = SourceCoverage.version
    rows = sink.read(
        SourceCoverage,
        where={"repo_id": repo_id, "target": target},
        columns=["run_id", "unreachable_reason", began],
    ).filter(pl.col("unreachable_reason").is_null())
    found = zip(rows["run_id"], rows[began], strict=True)
    return max((at for run_id, at in found if str(run_id) == str(whole(at))), default=None)


def run_id(
    sink: Sink, marked: datetime | None, since: datetime | None, before: datetime | None
) -> UUID:
    """Of a run that begins now: whole if it goes to the end and leaves no gap after the mark.

    The first run begins where it likes: what is older is not wanted.
    """
    has_gap = bool(marked and since and since > marked)
    return uuid4() if before or has_gap else whole(sink.version)


def has_releases(sink: Sink, repo_id: UUID) -> bool:
    """Whether releases were fetched once: they are kept up to date from then on."""
    where = {"repo_id": repo_id, "kind": "release"}
    return bool(sink.read(Deployment, where=where, columns=["kind"], limit=1).height)
