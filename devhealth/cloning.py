"""A repository of a provider as its API tells it and as git has it, for as long as it is held."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from devhealth import repositories
from devhealth.clones import Clone
from devhealth.connectors import Remote, clone
from devhealth.connectors.local import Local
from devhealth.credentials import Credential
from devhealth.models.records import Repository
from devhealth.processors import processor_of
from devhealth.repositories import Checkpoint, Noted
from devhealth.sinks import Sink
from devhealth.sites import Site

Held = Callable[[UUID], AbstractContextManager[Clone]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloned:
    """`graph` is a directory for git's commit graph. None: there is no place for one."""

    local: Local
    graph: Path | None
    kept: repositories.Kept | None = None

    @property
    def repository(self) -> Repository | None:
        """As the API told it. None: nobody was asked."""
        return self.kept.repository if self.kept else None

    def leave(self, sink: Sink) -> None:
        """Its former addresses, once all that follows is sure to be."""
        if self.kept and self.kept.is_renamed:
            repositories.leave(sink, self.kept.repository)


@asynccontextmanager
async def cloned(
    sink: Sink,
    site: Site,
    connector: Remote,
    credential: Credential,
    held: Held,
    noted: Noted,
    checkpoint: Checkpoint,
) -> AsyncIterator[Cloned]:
    """Brought up to date. Raises what the API, `held` and `clone.fetch` raise.

    held   by a `repo_id` the place of its clone, for one process at a time
    noted  is awaited with the days that a changed description touches
    """
    raw = await connector.repository()
    told = processor_of(site.provider).repository(dict(raw))
    origin = await site.origin(raw, credential)
    kept = await repositories.keep(sink, told, noted, checkpoint)
    with held(kept.repository.repo_id) as place:
        local = await clone.fetch(place.folder, origin)
        yield Cloned(local=local, graph=place.graph, kept=kept)
