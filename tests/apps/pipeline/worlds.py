"""acme with a repository whose every day has a commit, and what becomes of them."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.db import connection
from django_tenants.utils import tenant_context

from apps.billing import tiers
from apps.billing.services import set_tier
from apps.metrics.store import store
from apps.orgs.models import Membership, Scope
from apps.orgs.services import Member
from apps.pipeline.models import BackfillJob, SyncConfig, SyncRun
from apps.pipeline.services import backfills, configs, syncs
from apps.queue import services as queue
from devhealth.models.records import Commit, Repository
from devhealth.models.rollups import RepoDay
from tests import repositories
from tests.repositories import Work
from tests.tenants import Tenant

DAY = timedelta(days=1)


def today() -> date:
    return queue.now().date()


def ago(days: int) -> date:
    return today() - days * DAY


def on(day: date, **fields: Any) -> Work:
    """A commit at noon (UTC)."""
    return Work(at=int(datetime.combine(day, time(12), UTC).timestamp()), **fields)


def history(days: int, **fields: Any) -> list[Work]:
    """A commit a day, the first so many days ago, the last yesterday."""
    return [on(ago(back), files={"a": f"{back}\n"}, **fields) for back in range(days, 0, -1)]


@dataclass(frozen=True)
class World:
    tenant: Tenant
    path: Path

    @property
    def member(self) -> Member:
        token = self.tenant.token
        token.scopes = list(Scope)
        return Member(self.tenant.organization, self.tenant.owner, "owner", token)

    def as_role(self, role: str) -> Member:
        return replace(self.member, role=role)

    def pay_for(self, tier: str) -> None:
        set_tier(self.tenant.organization, tiers.tier(tier), by="tests")

    def config(self, **more: Any) -> SyncConfig:
        fields = {
            "name": "main",
            "provider": "local",
            "targets": ["git"],
            "sources": [str(self.path)],
            **more,
        }
        return configs.create(SyncConfig(**fields), by=self.member)

    def sync(self, config: SyncConfig) -> SyncRun:
        return syncs.start_run(config.id, by=self.member)

    def backfill(self, config: SyncConfig, since: date, before: date, **more: Any) -> BackfillJob:
        asked = backfills.Asked(config.id, since, before, **more)
        return backfills.start(asked, by=self.member)

    def job(self, job: BackfillJob) -> BackfillJob:
        return backfills.job_of(job.id, by=self.member)

    def sink(self) -> Any:
        return store().for_org(self.tenant.organization.id)

    def days(self) -> list[date]:
        """The days of the commits that are stored."""
        return sorted(self.sink().read(Commit)["committed_at"].dt.date().to_list())

    def computed_days(self) -> set[date]:
        rows = self.sink().latest(RepoDay, where={"population": "all", "is_empty": False})
        return {row["day"] for row in rows.to_dicts() if row["commits_count"]}

    def mark(self) -> str | None:
        found = self.sink().read(Repository)["head_hash"].to_list()
        return found[0] if found else None

    def rewrite(self, works: list[Work]) -> None:
        repositories.add(self.path, *works)


def inside(tenant: Tenant) -> Any:
    return tenant_context(tenant.organization)


def forget_tiers() -> None:
    connection.set_schema_to_public()
    with connection.cursor() as cursor:
        cursor.execute("truncate billing_entitlement")


def role_of(tenant: Tenant) -> str:
    return Membership.objects.get(organization=tenant.organization, user=tenant.owner).role
