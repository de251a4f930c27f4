"""Providers as the service knows them: what may be asked of each, and how to reach a source."""

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings
from pydantic import BaseModel, ConfigDict, Field

from apps.pipeline.local_roots import require_allowed
from devhealth.connectors.local import Local

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


@dataclass(frozen=True, slots=True)
class Provider:
    name: str
    targets: tuple[str, ...]
    options: type[Options]
    requests_per_chunk: int
    """What a chunk costs of the provider's quota, roughly; 0 where there is none."""


PROVIDERS: Mapping[str, Provider] = {
    provider.name: provider for provider in (Provider("local", Local.targets, Options, 0),)
}


def connect(provider: str, source: str, organization_id: UUID) -> Local:
    """The connector of a source. Raises `Permanent` for one that may not be read."""
    return Local(require_allowed(source, settings.LOCAL_REPO_ROOTS, organization_id))


def require_readable(provider: str, source: str, organization_id: UUID) -> None:
    """Whether a run would get anywhere at all. Raises `Permanent` with what is wrong."""
    asyncio.run(connect(provider, source, organization_id).repository())


def cache_of(provider: str, source: str, organization_id: UUID) -> Path | None:
    """Where git's commit graph of a source may be kept on this machine. Null: nowhere."""
    if not settings.GIT_CACHE:
        return None
    return Path(settings.GIT_CACHE, str(organization_id), provider, _digest(source))


def slots(provider: str, source: str) -> dict[str, int]:
    """One at a time works on a source, whichever config or job it is of."""
    name = f"source:{provider}:{source}"
    if len(name) > LONGEST_NAME:
        name = f"source:{provider}:{_digest(source)}"
    return {name: 1}


def _digest(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()
