"""Providers as the service knows them: what may be asked of each, and how to reach a source."""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from shutil import rmtree
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import polars as pl
from django.conf import settings
from pydantic import BaseModel, ConfigDict, Field

from apps.integrations.reaching import Reach, reach_of
from apps.pipeline.local_roots import require_allowed
from apps.pipeline.models import SyncConfig
from devhealth import clones, places
from devhealth.clones import Clone
from devhealth.cloning import Cloned, cloned
from devhealth.connectors import Remote
from devhealth.connectors.github import GitHub
from devhealth.connectors.gitlab import GitLab
from devhealth.connectors.jira import Jira
from devhealth.connectors.local import Local
from devhealth.errors import Permanent
from devhealth.http import Etags
from devhealth.models.records import Repository
from devhealth.processors import local
from devhealth.repositories import Checkpoint, Noted, identified
from devhealth.sinks import Sink

LONGEST_NAME = 200
AT_ONCE = 8  # sources that are looked at together
UNITS_OF_A_CREDENTIAL = 4  # that may run at once; each keeps the pace that all keep together
GIT = ("git", "blame")
LOCAL = "local"  # the machine's own disk, as a provider and as a site


class Options(BaseModel):
    """What every provider's config may say."""

    model_config = ConfigDict(extra="forbid")

    initial_days: int | None = Field(
        None,
        ge=1,
        le=36500,
        description="How far back the first sync reaches; default: the tier's.",
    )


class HostedOptions(Options):
    """What the configs of GitHub and GitLab may say, too."""

    incident_labels: list[str] = Field(
        ["incident"],
        max_length=20,
        description="GitHub: issues with one of these are incidents.",
    )
    releases: bool = Field(False, description="Releases are deployments, too.")


@dataclass(frozen=True, slots=True)
class Place:
    """A source, and whose. `reach`: by what its provider is asked; None: by nothing."""

    provider: str
    name: str
    organization_id: UUID
    options: Mapping[str, Any] = field(default_factory=dict)
    reach: Reach | None = None

    @property
    def asked(self) -> Reach:
        if self.reach is None:
            raise Permanent(f"{self.provider} is asked by an integration: connect one first.")
        return self.reach


Opening = Callable[[Place, Checkpoint, Etags | None], AbstractAsyncContextManager[Remote]]
Cloning = Callable[[Place, Sink, Noted, Checkpoint], AbstractAsyncContextManager[Cloned]]


@dataclass(frozen=True, slots=True)
class Provider:
    """`cloned`: what git and blame read. `opened`: what answers for all other targets. Both to be
    entered in the event loop that asks; None: it has none.
    """

    name: str
    targets: tuple[str, ...]
    options: type[Options]
    requests_per_chunk: int
    """What a chunk costs of the provider's quota, roughly; 0 where there is none."""
    cloned: Cloning | None = None
    opened: Opening | None = None


# --- the machine's own disk ----------------------------------------------------------------------


@asynccontextmanager
async def _on_disk(
    place: Place, sink: Sink, noted: Noted, checkpoint: Checkpoint
) -> AsyncIterator[Cloned]:
    yield Cloned(local=_local(place), graph=_graph(place))


def _local(place: Place) -> Local:
    return Local(require_allowed(place.name, settings.LOCAL_REPO_ROOTS, place.organization_id))


def _graph(place: Place) -> Path | None:
    """Where git's commit graph of a source may be kept on this machine. Null: nowhere."""
    if not settings.GIT_CACHE:
        return None
    return Path(settings.GIT_CACHE, str(place.organization_id), place.provider, _digest(place.name))


# --- behind an API -------------------------------------------------------------------------------


@asynccontextmanager
async def _opened(
    place: Place, checkpoint: Checkpoint, etags: Etags | None = None
) -> AsyncIterator[Remote]:
    reach, options = place.asked, HostedOptions.model_validate(place.options)
    async with reach.client(checkpoint, etags) as client:
        yield reach.site.connector(
            client,
            place.name,
            labels=options.incident_labels,
            releases=options.releases,
            is_conditional=etags is not None,
        )


@asynccontextmanager
async def _cloned(
    place: Place, sink: Sink, noted: Noted, checkpoint: Checkpoint
) -> AsyncIterator[Cloned]:
    reach, held = place.asked, partial(_held, place.organization_id)
    async with (
        _opened(place, checkpoint) as connector,
        cloned(sink, reach.site, connector, reach.credential, held, noted, checkpoint) as found,
    ):
        yield found


@contextmanager
def _held(organization_id: UUID, repo_id: UUID) -> Iterator[Clone]:
    """The organisation's own clone; one for this once where nothing may be kept."""
    if settings.GIT_CACHE:
        with clones.held(repo_id, Path(settings.GIT_CACHE, str(organization_id))) as kept:
            yield kept
    else:
        with (
            tempfile.TemporaryDirectory(prefix="devhealth-git-") as folder,
            clones.held(repo_id, Path(folder)) as made,
        ):
            yield made


PROVIDERS: Mapping[str, Provider] = {
    provider.name: provider
    for provider in (
        Provider(LOCAL, Local.targets, Options, 0, cloned=_on_disk),
        Provider("github", (*GIT, *GitHub.targets), HostedOptions, 12, _cloned, _opened),
        Provider("gitlab", (*GIT, *GitLab.targets), HostedOptions, 20, _cloned, _opened),
        Provider("jira", Jira.targets, Options, 4, opened=_opened),
    )
}


# --- what there is -------------------------------------------------------------------------------


def count_repositories(organization_id: UUID) -> int:
    """Distinct sources of all configs, whether switched on or not."""
    return len(repositories())


def repositories(beside: UUID | None = None) -> set[tuple[str, str]]:
    """Where and by what name every source of every config is; of every other one than `beside`."""
    found = SyncConfig.objects.exclude(id=beside).select_related("integration")
    return {each for config in found for each in sources_of(config)}


def sources_of(config: SyncConfig) -> set[tuple[str, str]]:
    return {(site_of(config), source) for source in config.sources}


def site_of(config: SyncConfig) -> str:
    """`github.com`, say; `local` for the machine's own disk."""
    integration = config.integration
    return (urlsplit(integration.url).hostname or "") if integration else str(config.provider)


def place_of(config: SyncConfig, source: str, organization_id: UUID) -> Place:
    """Raises `CannotOpen` where the integration's credential opens no more."""
    return Place(
        provider=config.provider,
        name=source,
        organization_id=organization_id,
        options=config.options,
        reach=reach_of(config.integration) if config.integration else None,
    )


def slots(config: SyncConfig, source: str) -> dict[str, int]:
    """One at a time works on a source, whichever config or job it is of; few by a credential."""
    found = {name_of("source", config, source): 1}
    if config.integration_id:
        found[f"integration:{config.integration_id}"] = UNITS_OF_A_CREDENTIAL
    return found


def name_of(what: str, config: SyncConfig, source: str) -> str:
    """What the queue calls something of a source, wherever it is."""
    name = f"{what}:{site_of(config)}:{source}"
    return name if len(name) <= LONGEST_NAME else f"{what}:{site_of(config)}:{_digest(source)}"


# --- reaching it ---------------------------------------------------------------------------------


def clone(
    place: Place, sink: Sink, noted: Noted, checkpoint: Checkpoint
) -> AbstractAsyncContextManager[Cloned]:
    """What git reads of a source. Raises `Permanent` for one that may not be read."""
    if (made := PROVIDERS[place.provider].cloned) is None:
        raise Permanent(f"{place.provider} has no clone to read: fetch its other targets.")
    return made(place, sink, noted, checkpoint)


def opened(
    place: Place, checkpoint: Checkpoint, etags: Etags | None = None
) -> AbstractAsyncContextManager[Remote]:
    """The connector of a source. Raises `Permanent` for one that may not be asked.

    etags  by which it asks what may not have changed. None: it is told everything
    """
    if (made := PROVIDERS[place.provider].opened) is None:
        raise Permanent(f"{place.provider} has no API to ask: fetch git, or blame.")
    return made(place, checkpoint, etags)


def require_readable(places: Sequence[Place]) -> None:
    """Whether a run would get anywhere at all. Raises what reading the first of them raised."""
    asyncio.run(_all_readable(places))


async def _all_readable(places: Sequence[Place]) -> None:
    turns = asyncio.Semaphore(AT_ONCE)

    async def seen(place: Place) -> None:
        async with turns:
            await _seen(place)

    await asyncio.gather(*map(seen, places))


async def _seen(place: Place) -> None:
    if PROVIDERS[place.provider].cloned is _on_disk:
        await _local(place).repository()
        return
    async with opened(place, lambda: None) as connector:
        await connector.repository()


def named(site: str, source: str, sink: Sink, organization_id: UUID) -> UUID | None:
    """Which repository or project a source is, wherever it is (see `sources_of`).

    What is on a disk is known by what can be read of it, else by what is stored. Null: nobody can
    tell.
    """
    if site != LOCAL:
        return places.id_at(sink, site, source)
    try:
        raw = asyncio.run(_local(Place(LOCAL, source, organization_id)).repository())
    except Permanent:
        stored = sink.read(Repository, columns=["repo_id", "full_name", "url"])
        known = stored.filter((pl.col("url") == source) | (pl.col("full_name") == source))
        return UUID(known["repo_id"].item()) if known.height == 1 else None
    return identified(sink, local.repository(raw)).repo_id


def forget_caches(organization_id: UUID) -> None:
    """What this machine keeps of an organisation's sources; there need not be any."""
    if settings.GIT_CACHE:
        rmtree(Path(settings.GIT_CACHE, str(organization_id)), ignore_errors=True)


def _digest(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()
