"""How far data can be trusted: when each source was last seen, what is linked to nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import polars as pl

SOURCE: Final = ("source_id", "repo_id", "target")
COVERAGE: Final = (*SOURCE, "finished_at", "unreachable_reason")

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One target of one repository, as its runs of some days tell.

    last_run_at         when the newest run was over
    last_success_at     of the newest that could see it. Null: none of these days
    lag_hours           since then. Null: none
    unreachable_reason  of the newest run. Null: it could see it
    quarantined_count   things of it that cannot be read
    """

    source_id: str
    repo_id: str
    target: str
    last_run_at: datetime
    last_success_at: datetime | None
    lag_hours: float | None
    unreachable_reason: str | None
    quarantined_count: int


@dataclass(frozen=True, slots=True)
class Unlinked:
    """Things, and how many of them are linked to nothing. `share` null: there are none."""

    total: int
    unlinked: int

    @property
    def share(self) -> float | None:
        return round(self.unlinked / self.total, 6) if self.total else None


def sources(coverage: pl.DataFrame, quarantined: pl.DataFrame, now: datetime) -> list[Source]:
    """Of rows of `source_coverage` (`COVERAGE`) and `quarantined_records` (`SOURCE`), by key."""
    seen = pl.col("finished_at").filter(pl.col("unreachable_reason").is_null())
    newest = (
        coverage.sort("finished_at")
        .group_by(SOURCE)
        .agg(
            last_run_at=pl.col("finished_at").last(),
            last_success_at=seen.last(),
            unreachable_reason=pl.col("unreachable_reason").last(),
        )
    )
    counts = quarantined.group_by(SOURCE).len("quarantined_count")
    rows = newest.join(counts, on=SOURCE, how="left").sort(SOURCE)
    rows = rows.with_columns(pl.col("quarantined_count").fill_null(0).cast(pl.Int64))
    return [Source(**row, lag_hours=_hours(row["last_success_at"], now)) for row in rows.to_dicts()]


def unlinked_incidents(incidents: pl.DataFrame) -> Unlinked:
    """Of rows with their `deployment_id`."""
    return Unlinked(incidents.height, incidents["deployment_id"].null_count())


def unlinked_pull_requests(pull_requests: pl.DataFrame, changes: pl.DataFrame) -> Unlinked:
    """Of (repo_id, number), by the (repo_id, change_id) of what they are linked to: changes of any
    deployment, say."""
    named = pull_requests.with_columns(change_id=pl.format("#{}", "number"))
    alone = named.join(changes, on=["repo_id", "change_id"], how="anti")
    return Unlinked(pull_requests.height, alone.height)


def _hours(seen: datetime | None, now: datetime) -> float | None:
    return None if seen is None else round((now - seen) / HOUR, 6)
