"""Providers as the service knows them: what may be asked of each, and how to reach a source."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from uuid import UUID

import polars as pl
from django.conf import settings
from pydantic import BaseModel, ConfigDict, Field

from apps.pipeline.local_roots import require_allowed
from apps.pipeline.models import SyncConfig
from devhealth.connectors import Remote
from devhealth.connectors.local import Local
from devhealth.errors import Permanent
from devhealth.models.records import Repository
from devhealth.processors import local
from devhealth.repositories import identified
from devhealth.sinks import Sink

LONGEST_NAME = 200


class Options(BaseModel):
    """What every provider's config may say."""

    model_config = ConfigDict(extra="forbid")

    initial_days: int | None = Field(
        None,
        ge=1,
        le=36500,
        description="How far back the first sync reaches; default: the tier's.",
    )


Clone = Callable[[str, UUID], Local]
Opened = Callable[[str, UUID], AbstractAsyncContextManager[Remote]]


@dataclass(frozen=True, slots=True)
class Provider:
    """`clone`: what git and blame read. `opened`: what answers for all other targets, to be entered
    in the event loop that asks it. Both of a source and for an organisation; None: it has none.
    """

    name: str
    targets: tuple[str, ...]
    options: type[Options]
    requests_per_chunk: int
    """What a chunk costs of the provider's quota, roughly; 0 where there is none."""
    clone: Clone | None = None
    opened: Opened | None = None


def _local(source: str, organization_id: UUID) -> Local:
    return Local(require_allowed(source, settings.LOCAL_REPO_ROOTS, organization_id))


PROVIDERS: Mapping[str, Provider] = {
    provider.name: provider
    for provider in (Provider("local", Local.targets, Options, 0, clone=_local),)
}


def count_repositories(organization_id: UUID) -> int:
    """Distinct sources of all configs, whether switched on or not."""
    return len(repositories())


def repositories(beside: UUID | None = None) -> set[tuple[str, str]]:
    """Provider and name of every source of every config; of every other one than `beside`."""
    found = SyncConfig.objects.exclude(id=beside).values_list("provider", "sources")
    return {(provider, source) for provider, sources in found for source in sources}


def clone(provider: str, source: str, organization_id: UUID) -> Local:
    """The clone of a source. Raises `Permanent` for one that may not be read."""
    if (made := PROVIDERS[provider].clone) is None:
        raise Permanent(f"{provider} has no clone to read: fetch its other targets.")
    return made(source, organization_id)


def opened(
    provider: str, source: str, organization_id: UUID
) -> AbstractAsyncContextManager[Remote]:
    """The connector of a source. Raises `Permanent` for one that may not be asked."""
    if (made := PROVIDERS[provider].opened) is None:
        raise Permanent(f"{provider} has no API to ask: fetch git, or blame.")
    return made(source, organization_id)


def require_readable(provider: str, source: str, organization_id: UUID) -> None:
    """Whether a run would get anywhere at all. Raises `Permanent` with what is wrong."""
    if PROVIDERS[provider].opened is None:
        asyncio.run(clone(provider, source, organization_id).repository())
    else:
        asyncio.run(_seen(opened(provider, source, organization_id)))


async def _seen(source: AbstractAsyncContextManager[Remote]) -> None:
    async with source as connector:
        await connector.repository()


def cache_of(provider: str, source: str, organization_id: UUID) -> Path | None:
    """Where git's commit graph of a source may be kept on this machine. Null: nowhere."""
    if not settings.GIT_CACHE:
        return None
    return Path(settings.GIT_CACHE, str(organization_id), provider, _digest(source))


def forget_caches(organization_id: UUID) -> None:
    """What this machine keeps of an organisation's sources; there need not be any."""
    if settings.GIT_CACHE:
        rmtree(Path(settings.GIT_CACHE, str(organization_id)), ignore_errors=True)


def slots(provider: str, source: str) -> dict[str, int]:
    """One at a time works on a source, whichever config or job it is of."""
    name = f"source:{provider}:{source}"
    if len(name) > LONGEST_NAME:
        name = f"source:{provider}:{_digest(source)}"
    return {name: 1}


def named(provider: str, source: str, sink: Sink, organization_id: UUID) -> UUID | None:
    """Which repository a source is, by what can be read of it, else by what is stored.

    Null: nobody can tell.
    """
    try:
        raw = asyncio.run(clone(provider, source, organization_id).repository())
    except Permanent:
        stored = sink.read(Repository, columns=["repo_id", "full_name", "url"])
        known = stored.filter((pl.col("url") == source) | (pl.col("full_name") == source))
        return UUID(known["repo_id"].item()) if known.height == 1 else None
    return identified(sink, local.repository(raw)).repo_id


def _digest(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()
