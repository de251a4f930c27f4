"""A source, or all of an integration, that is synced no more: its facts stay, or go with it."""

import asyncio
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
        repo_id = _going(config, source, by) if facts == "remove" else None
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


def _going(config: SyncConfig, source: str, by: Member) -> UUID:
    """Whose facts are meant: of a repository that no other source brings. Raises `Conflict`."""
    site = sources.site_of(config)
    if (site, source) in sources.repositories(beside=config.pk):
        raise Conflict(
            "Another sync config has this source: take it out there first, or keep the facts.",
            code="source_in_use",
        )
    here = sink(by.organization)
    repo_id = sources.named(site, source, here, by.organization.id)
    if repo_id is None:
        raise Conflict(
            "The source cannot be read, and nothing stored is called like it: nobody can tell whose"
            " facts are meant. Have it readable again, or keep the facts.",
            code="repository_unknown",
        )
    for other, each in sorted(sources.repositories() - {(site, source)}):
        if sources.named(other, each, here, by.organization.id) == repo_id:
            raise Conflict(
                f"`{each}` is the same repository: take it out first, or keep the facts.",
                code="source_in_use",
            )
    return repo_id


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
        going = [configs.at_rest(id) for id in sorted(ids)]
        repositories = _all_going(going, by) if facts == "remove" else {}
        before = {config.name: list(config.sources) for config in going}
        for repo_id, (config, source) in repositories.items():
            _queue(config, source, repo_id, by.organization.id)
        for config in going:
            for source in list(config.sources):
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
        sync_configs=len(going),
        sources=sum(map(len, before.values())),
        facts=facts,
        repository_ids=list(repositories),
    )


def _all_going(going: list[SyncConfig], by: Member) -> dict[UUID, tuple[SyncConfig, str]]:
    """Whose facts are meant, each with a source that brings it. One that was never synced has none.

    Raises `Conflict` for what configs of other integrations bring, too, and for what nobody can
    tell any more.
    """
    here = sink(by.organization)
    others = SyncConfig.objects.exclude(id__in=[config.pk for config in going])
    staying = {
        sources.named(site, source, here, by.organization.id): source
        for config in others.select_related("integration")
        for site, source in sources.sources_of(config)
    }
    found: dict[UUID, tuple[SyncConfig, str]] = {}
    for config in going:
        synced = set(config.watermarks.values_list("source", flat=True))
        for site, source in sorted(sources.sources_of(config)):
            repo_id = sources.named(site, source, here, by.organization.id)
            if repo_id is None and source in synced:
                raise Conflict(
                    f"Nothing stored is called `{source}` any more: nobody can tell whose facts "
                    "are meant. Take it out and keep its facts, then remove the rest.",
                    code="repository_unknown",
                )
            if repo_id is not None and repo_id in staying:
                raise Conflict(
                    f"`{staying[repo_id]}` of another integration is the same as `{source}`: take "
                    "it out there first, or keep the facts.",
                    code="source_in_use",
                )
            if repo_id is not None:
                found[repo_id] = (config, source)
    return found


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
