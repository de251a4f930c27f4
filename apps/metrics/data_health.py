"""How far an organisation's data can be trusted, from what its runs left behind.

Watermarks are the pipeline's, above this app: here speak `source_coverage`, of which every run
writes a row for each target, and `quarantined_records`.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

import polars as pl
from django.utils import timezone

from apps.cursors import Places
from apps.errors import BadRequest
from apps.metrics import entities
from apps.metrics.entities import Page, page_of
from apps.metrics.operations import DATA_HEALTH_READ
from apps.metrics.records import Asked, given, records_page, require_few
from apps.metrics.services import MOST_DAYS, Cells
from apps.metrics.store import sink
from apps.orgs.members import Member
from devhealth.analytics import health
from devhealth.analytics.health import Source, Unlinked
from devhealth.analytics.records import MOST_RECORDS
from devhealth.models.records import (
    DeploymentChange,
    Incident,
    Link,
    PullRequest,
    QuarantinedRecord,
    Record,
    Repository,
    SourceCoverage,
)

DEFAULT_DAYS = 30
INSTEAD = "ask for fewer days or for some repositories."


class DataHealth:
    """Of the last `days` until now; each part is read once, when somebody asks."""

    def __init__(
        self, *, by: Member, days: int = DEFAULT_DAYS, repositories: Sequence[UUID] | None = None
    ) -> None:
        """Raises `BadRequest` unless there are 1 to 366 days."""
        by.require(DATA_HEALTH_READ)
        if not 1 <= days <= MOST_DAYS:
            raise BadRequest(f"`days` is from 1 to {MOST_DAYS}.", code="invalid_days")
        self._by = by
        self._where = given(repo_id=repositories)
        self.as_of = timezone.now().astimezone(UTC)
        self.since = self.as_of - timedelta(days=days)
        self._bound = (days, _named(repositories))
        self.now = entities.Now()

    def sources(self, limit: int, after: str | None = None) -> Page[Source]:
        """Each target of each repository that had a run, by full name."""
        places = Places(self._by.organization.id, SourceCoverage.table, *self._bound)
        return page_of(self.every_source, self._place, places, limit, after)

    def repository(self, repo_id: str) -> Cells | None:
        """Null: of none, or not stored any more."""
        return self._repositories.get(repo_id)

    def quarantined(self, limit: int, after: str | None = None) -> Page[Cells]:
        """What cannot be read, whenever it was found, the newest first."""
        asked = Asked(
            cls=QuarantinedRecord,
            operation=DATA_HEALTH_READ,
            where=self._where,
            order=(("found_at", "desc"),),
        )
        return records_page(asked, by=self._by, limit=limit, after=after)

    @property
    def quarantined_count(self) -> int:
        return self._quarantined.height

    @cached_property
    def unlinked_incidents(self) -> Unlinked:
        """That began in these days and have no deployment."""
        found = self._read(Incident, "deployment_id", at="started_at", since=self.since)
        return health.unlinked_incidents(found)

    @cached_property
    def unlinked_pull_requests(self) -> Unlinked:
        """That were merged in these days into a default branch and that no deployment is known to
        have brought: that may be still to come."""
        merged = self._read(
            PullRequest, "repo_id", "number", at="merged_at", since=self.since, is_into_default=True
        )
        changes = self._read(DeploymentChange, "repo_id", "change_id", since=self.since)
        return health.unlinked_pull_requests(merged, changes)

    @cached_property
    def pull_requests_without_item(self) -> Unlinked:
        """That were merged in these days and name no work item that is known."""
        merged = self._read(PullRequest, "repo_id", "number", at="merged_at", since=self.since)
        links = self._read(
            Link, "repo_id", "from_id", from_kind="pull_request", to_kind="work_item"
        )
        return health.unlinked_pull_requests(merged, links.rename({"from_id": "change_id"}))

    @cached_property
    def every_source(self) -> list[Source]:
        coverage = self._read(SourceCoverage, *health.COVERAGE, since=self.since)
        return health.sources(coverage, self._quarantined, self.as_of)

    @cached_property
    def _quarantined(self) -> pl.DataFrame:
        return self._read(QuarantinedRecord, *health.SOURCE)

    @cached_property
    def _repositories(self) -> dict[str, Cells]:
        found = self._read(Repository, *entities.COLUMNS)
        return {row["repo_id"]: row for row in found.to_dicts()}

    def _read(
        self,
        cls: type[Record],
        *columns: str,
        at: str | None = None,
        since: datetime | None = None,
        **where: Any,
    ) -> pl.DataFrame:
        found = sink(self._by.organization).read(
            cls, since, where={**self._where, **where}, at=at, columns=list(columns),
            limit=MOST_RECORDS + 1,
        )  # fmt: skip
        return require_few(found, cls, INSTEAD)

    def _place(self, source: Source) -> list[Any]:
        row = self.repository(source.repo_id)
        name = row["full_name"].lower() if row else ""
        return [name, source.repo_id, source.source_id, source.target]


def _named(repositories: Sequence[UUID] | None) -> list[str] | None:
    return None if repositories is None else sorted(map(str, repositories))
