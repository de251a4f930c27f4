"""DORA's figures, of 2023 and 2024, and of 2021 beside them: of production only.

    deployment_frequency             successes a closed day
    change_lead_time                 a quantile of changes' hours, by profile
    change_fail_rate                 failures / successes, each as a sum over the span
    failed_deployment_recovery_time  (2023) a quantile over incidents, deployment's end to their own
    time_to_restore                  (2021) a quantile over incidents, begin to end
    deployment_rework_rate           (2024) of unplanned deployments: nobody marks them

What a deployment is, is the organisation's choice for each repository; the answer says which. Sums
are of rows, or of the records that rows are sums of where rows do not tell what is asked; quantiles
are of records. Nothing is a mean of days.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final, Literal

import polars as pl

from devhealth.models.directory import Directory
from devhealth.models.records import Deployment, DeploymentChange, Incident, Record, Repository
from devhealth.models.rollups import DeployDay
from devhealth.processors.stamps import Stamps
from devhealth.sinks import Sink
from devhealth.sinks.query import Query

Profile = Literal["first_commit", "merge"]

LEADS: Final[Mapping[Profile, str]] = {
    "first_commit": "lead_first_commit_hours",
    "merge": "lead_merge_hours",
}
HEURISTIC: Final = "heuristic"
COUNTS: Final = ("deployments_count", "change_failures_count")

NO_DEPLOYMENT: Final = "No production deployment that counts is known here."
NO_SUCCESS: Final = "No production deployment succeeded in these days."
NO_CLOSED_DAY: Final = "None of these days is over."
NO_CHANGE: Final = "No change is known to have reached production in these days."
NO_RECOVERY: Final = "No incident of a known production deployment was resolved in these days."
NO_INCIDENT: Final = "No incident was resolved in these days."
NO_MARKS: Final = "Nothing marks a deployment as unplanned."


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of UTC days [since, until).

    repositories, teams  ids of those that count; none: all do. Deployments and incidents are of the
                         team that owns the repository, changes of their own
    profile              from where a change's lead time is counted
    share                which quantile of hours: 0.5 is the median
    heuristics           whether links that are inferred count beside those that are told
    """

    since: date
    until: date
    repositories: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    profile: Profile = "first_commit"
    share: float = 0.5
    heuristics: bool = True


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, `n` things that it is made of, and why it is null if it is."""

    value: float | None
    n: int
    unit: str
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dora:
    """The figures, and what must be said with them.

    kinds               what counts as a deployment, by repository
    closed_days         of the span, that are over
    unlinked_incidents  resolved in these days, of no deployment that is known
    """

    asked: Asked
    deployment_frequency: Figure
    change_lead_time: Figure
    change_fail_rate: Figure
    failed_deployment_recovery_time: Figure
    time_to_restore: Figure
    deployment_rework_rate: Figure
    kinds: Mapping[str, str]
    closed_days: int
    unlinked_incidents: int


def dora(sink: Sink, asked: Asked, *, today: date, directory: Directory | None = None) -> Dora:
    """Days after `today` (UTC) are not looked at; `today` itself is not over yet.

    `directory` says which deployments the stored ones were counted by.
    """
    here = _Here(sink, replace(asked, until=min(asked.until, today + timedelta(days=1))))
    closed = max(0, (min(asked.until, today) - asked.since).days)
    deployments, failures = here.counts(here.asked.until)
    incidents = here.read(
        Incident, "repo_id", "deployment_id", "link_basis", "restore_hours", "recovery_hours"
    )
    return Dora(
        asked=asked,
        deployment_frequency=here.frequency(closed),
        change_lead_time=here.lead_time(),
        change_fail_rate=_rate(failures, deployments),
        failed_deployment_recovery_time=here.recovery_time(incidents),
        time_to_restore=here.quantile(incidents["restore_hours"], NO_INCIDENT),
        deployment_rework_rate=Figure(None, 0, "ratio", NO_MARKS),
        kinds=here.kinds(directory or Directory()),
        closed_days=closed,
        unlinked_incidents=incidents["deployment_id"].null_count(),
    )


def _rate(failures: int, deployments: int) -> Figure:
    if not deployments:
        return Figure(None, 0, "ratio", NO_SUCCESS)
    return Figure(round(failures / deployments, 6), deployments, "ratio")


@dataclass(frozen=True, slots=True)
class _Here:
    """What is stored of what is asked."""

    sink: Sink
    asked: Asked

    def frequency(self, closed: int) -> Figure:
        unit = "deployments a day"
        if not closed:
            return Figure(None, 0, unit, NO_CLOSED_DAY)
        deployments, _ = self.counts(self.asked.since + timedelta(days=closed))
        if not deployments and not self._has_any():
            return Figure(None, 0, unit, NO_DEPLOYMENT)
        return Figure(round(deployments / closed, 6), deployments, unit)

    def lead_time(self) -> Figure:
        name = LEADS[self.asked.profile]
        changes = self.read(DeploymentChange, name, "basis", is_production=True)
        return self.quantile(self._sure(changes, "basis")[name], NO_CHANGE)

    def recovery_time(self, incidents: pl.DataFrame) -> Figure:
        linked = self._sure(incidents, "link_basis").drop_nulls("recovery_hours")
        key = ["repo_id", "deployment_id"]
        of_production = {
            "deployment_id": linked["deployment_id"].unique().to_list(),
            "is_counted": True,
            "is_production": True,
        }
        counted = self.sink.read(Deployment, where=of_production, columns=key)
        linked = linked.join(counted, on=key, how="semi")
        return self.quantile(linked["recovery_hours"], NO_RECOVERY)

    def quantile(self, hours: pl.Series, reason: str) -> Figure:
        known = hours.drop_nulls()
        value = known.quantile(self.asked.share, interpolation="linear")
        if value is None:
            return Figure(None, 0, "hours", reason)
        return Figure(round(value, 6), known.len(), "hours")

    def counts(self, until: date) -> tuple[int, int]:
        """Successes, and those that people got something broken by."""
        if self.asked.since >= until:
            return 0, 0
        if self.asked.heuristics and not self.asked.teams:
            return self._counts_of_rows(until)
        found = self.read(
            Deployment, "failure_basis", until=until, is_production=True, is_counted=True,
            status="success",
        )  # fmt: skip
        broken = self._sure(found.drop_nulls("failure_basis"), "failure_basis")
        return found.height, broken.height

    def _counts_of_rows(self, until: date) -> tuple[int, int]:
        where: dict[str, Any] = {"is_production": True, **self._repositories()}
        query = Query(
            rollup=DeployDay, measures=COUNTS, since=self.asked.since, until=until, where=where
        )
        deployments, failures = self.sink.aggregate(query).select(pl.col(COUNTS).sum()).row(0)
        return int(deployments or 0), int(failures or 0)

    def read(
        self, cls: type[Record], *columns: str, until: date | None = None, **where: Any
    ) -> pl.DataFrame:
        """Records of the span, by their first instant."""
        tests = {**self._repositories(), **where}
        if self.asked.teams:
            tests["team_id"] = list(self.asked.teams)
        span = (self.asked.since, until or self.asked.until)
        return self.sink.read(cls, *span, tests, columns=list(columns))

    def kinds(self, directory: Directory) -> Mapping[str, str]:
        names = ["repo_id", "full_name"]
        found = self.sink.read(Repository, where=self._repositories(), columns=names)
        stamps = Stamps(directory, "")
        return {
            repo_id: stamps.deployment_kind(full_name)
            for repo_id, full_name in found.sort("repo_id").select(names).iter_rows()
        }

    def _sure(self, rows: pl.DataFrame, basis: str) -> pl.DataFrame:
        """Without what is only inferred, if that is to be left out."""
        if self.asked.heuristics:
            return rows
        return rows.filter(pl.col(basis).ne_missing(HEURISTIC))

    def _has_any(self) -> bool:
        where: dict[str, Any] = {**self._repositories(), "is_production": True, "is_counted": True}
        if self.asked.teams:
            where["team_id"] = list(self.asked.teams)
        found = self.sink.read(Deployment, where=where, columns=["deployment_id"], limit=1)
        return found.height > 0

    def _repositories(self) -> dict[str, Sequence[str]]:
        return {"repo_id": list(self.asked.repositories)} if self.asked.repositories else {}
