"""A source, or all of an integration, that is synced no more: its facts stay, or go with it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from django.db import transaction

from apps.errors import Conflict, NotFound
from apps.integrations import services as integrations
from apps.metrics import directory
from apps.metrics.store import sink, sink_of_work
from apps.orgs import audit
from apps.orgs.services import Member
from apps.pipeline import operations
from apps.pipeline.models import SyncConfig
from apps.pipeline.services import configs, dirty_days, sources
from apps.queue import services as queue
from apps.queue.work import Work
from devhealth.models.states import State
from devhealth.removing import remove_repository

Facts = Literal["keep", "remove"]


@dataclass(frozen=True, slots=True)
class RemovedIntegration:
    """`repository_ids`: whose facts are being removed; none if they stay."""

    sync_configs: int
    sources: int
    facts: Facts
    repository_ids: list[UUID]


@dataclass(frozen=True, slots=True)
class Removed:
    """`repository_id`: whose facts are being removed. Null: they stay."""

    source: str
    facts: Facts
    repository_id: UUID | None = None


def remove_source(config_id: UUID, source: str, facts: Facts, *, by: Member) -> Removed:
    """Take a source out of its config, and have its facts removed if they are to go.

    With its last source the config goes, too. Raises `NotFound`, `Conflict`.
    """
    by.require(operations.SOURCES_REMOVE)
    with transaction.atomic():
        config = configs.at_rest(config_id)
        if source not in config.sources:
            raise NotFound("This sync config has no such source.")
        repo_id = next(iter(_going([(config, source)], by))) if facts == "remove" else None
        before = list(config.sources)
        configs.take_out(config, source, by.organization.id)
        if repo_id:
            _queue(config, source, repo_id, by.organization.id)
        audit.record(
            by,
            operations.SOURCES_REMOVE,
            target=f"sync_config:{config_id}",
            before={"sources": before},
            after={"sources": config.sources, "facts": facts, "repository_id": repo_id},
        )
    return Removed(source, facts, repo_id)


def _going(
    going: Sequence[tuple[SyncConfig, str]], by: Member
) -> dict[UUID, tuple[SyncConfig, str]]:
    """Whose facts are meant, each with a source that brings it.

    Raises `Conflict` where a source that stays brings the same, and where nobody can tell.
    """
    here, ids = sink(by.organization), {(config.pk, source) for config, source in going}
    staying = {
        (sources.site_of(config), source)
        for config in SyncConfig.objects.select_related("integration")
        for source in config.sources
        if (config.pk, source) not in ids
    }
    found: dict[UUID, tuple[SyncConfig, str]] = {}
    for config, source in going:
        site = sources.site_of(config)
        if (site, source) in staying:
            raise Conflict(
                f"Another sync config has `{source}`: take it out there first, or keep the facts.",
                code="source_in_use",
            )
        repo_id = sources.named(site, source, here, by.organization.id)
        if repo_id is None:
            raise Conflict(
                f"`{source}` cannot be read, and nothing stored is called like it: nobody can tell "
                "whose facts are meant. Have it readable again, or keep the facts.",
                code="repository_unknown",
            )
        found[repo_id] = (config, source)
    for site, source in sorted(staying):
        if sources.named(site, source, here, by.organization.id) in found:
            raise Conflict(
                f"`{source}` is the same repository: take it out first, or keep the facts.",
                code="source_in_use",
            )
    return found


def _queue(config: SyncConfig, source: str, repo_id: UUID, organization_id: UUID) -> None:
    queue.add(
        "pipeline.remove_facts",
        organization_id,
        ids={"repository": str(repo_id)},
        dedupe_key=f"remove:{repo_id}",
        slots=sources.slots(config, source) | {"compute": 1},
    )


# --- all of an integration -----------------------------------------------------------------------


def remove_integration(integration_id: UUID, facts: Facts, *, by: Member) -> RemovedIntegration:
    """Disconnect a provider, delete all that goes by it, and have its facts removed if they are to
    go; all or nothing. Raises `NotFound`, `Conflict`."""
    by.require(operations.INTEGRATIONS_REMOVE)
    with transaction.atomic():
        integrations.integration_of(integration_id, by=by)
        ids = list(
            SyncConfig.objects.filter(integration=integration_id).values_list("id", flat=True)
        )
        configs_going = [configs.at_rest(id) for id in sorted(ids)]
        before = {config.name: list(config.sources) for config in configs_going}
        going = [(config, source) for config in configs_going for source in before[config.name]]
        repositories = _going(going, by) if facts == "remove" else {}
        for repo_id, (config, source) in repositories.items():
            _queue(config, source, repo_id, by.organization.id)
        for config, source in going:
            configs.take_out(config, source, by.organization.id)
        audit.record(
            by,
            operations.INTEGRATIONS_REMOVE,
            target=f"integration:{integration_id}",
            before={"sync_configs": before},
            after={"facts": facts, "repository_ids": list(repositories)},
        )
        integrations.disconnect(integration_id, by=by)
    return RemovedIntegration(
        sync_configs=len(configs_going),
        sources=len(going),
        facts=facts,
        repository_ids=list(repositories),
    )


# --- doing it ------------------------------------------------------------------------------------


def remove_facts(work: Work) -> None:
    """All of a repository, then a restamp of what else spoke of it, and a compute. Safe to run
    again: whatever is left is found by the repository's id."""
    here = sink_of_work(work.organization_id, work.claimed_at)
    with dirty_days.watching(work) as watch:
        asyncio.run(remove_repository(here, UUID(work.ids["repository"]), watch=watch))
        with work.finishing():
            _follow(work)


def removal_ended(work: Work, state: State, error: str) -> None:
    """Any end but `completed`: what is gone is computed without it, the rest is left as it is."""
    if state != State.PENDING:
        _follow(work)


def _follow(work: Work) -> None:
    directory.ask_for_restamp(work.organization_id)
    dirty_days.ask_for_compute(work.organization_id)
