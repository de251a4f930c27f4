"""What a run of one target is of: a repository, or a project of a tracker; kept as it is told."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from devhealth import repositories
from devhealth.connectors import Remote
from devhealth.models.records import Repository, WorkScope
from devhealth.processors import Processor
from devhealth.processors.reading import Raw
from devhealth.repositories import Checkpoint, Noted
from devhealth.sinks import Sink
from devhealth.sinks.tables import objects


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where things are fetched.

    place_id    the repository's id, or the scope's: the partition of all that is fetched there
    repository  None: of a tracker's project
    scope       where its work items are kept. None: they are not asked for
    is_renamed  the repository has another name than when it was seen last
    """

    place_id: UUID
    source_id: str
    name: str
    is_archived: bool
    repository: Repository | None = None
    scope: WorkScope | None = None
    is_renamed: bool = False


async def keep(
    sink: Sink,
    processor: Processor,
    raw: Raw,
    *,
    has_work: bool,
    noted: Noted,
    checkpoint: Checkpoint,
) -> Place:
    """Store what an API tells of a place, if it says anything new.

    `has_work`: its work items are asked for. `noted` and `checkpoint` as in `repositories.keep`.
    """
    if tells_projects(processor, has_work=has_work):
        project = processor.project(raw)
        _keep_scope(sink, project, checkpoint)
        return Place(
            place_id=project.work_scope_id,
            source_id=project.source_id,
            name=project.scope_key,
            is_archived=project.is_archived,
            scope=project,
        )
    kept = await repositories.keep(sink, processor.repository(raw), noted, checkpoint)
    repository = kept.repository
    scope = scope_of(repository) if has_work else None
    if scope:
        _keep_scope(sink, scope, checkpoint)
    return Place(
        place_id=repository.repo_id,
        source_id=repository.source_id,
        name=repository.full_name,
        is_archived=repository.is_archived,
        repository=repository,
        scope=scope,
        is_renamed=kept.is_renamed,
    )


def tells_projects(processor: Processor, *, has_work: bool) -> bool:
    """A tracker's knows projects and no repositories. Of one that knows both, work items are kept
    in projects."""
    return not hasattr(processor, "repository") or (has_work and hasattr(processor, "project"))


def scope_of(repository: Repository) -> WorkScope:
    """A repository as the place of its issues."""
    return WorkScope(
        work_scope_id=repository.repo_id,
        source_id=repository.source_id,
        provider=repository.provider,
        scope_key=repository.full_name,
        name=repository.full_name,
        url=repository.url,
        native_id=repository.native_id,
        is_archived=repository.is_archived,
    )


def at(sink: Sink, connector: Remote) -> tuple[str, UUID]:
    """The host and id of a place that nobody could see, by what is known of its name."""
    return connector.host, id_at(sink, connector.host, connector.full_name)


def id_at(sink: Sink, host: str, name: str) -> UUID:
    """The id of what was found there last, or would stand for it if it were."""
    where = {"source_id": host, "scope_key": name}
    if "/" not in name and (found := sink.read(WorkScope, where=where)["work_scope_id"].to_list()):
        return UUID(min(found))
    return repositories.at(sink, host, name)


def _keep_scope(sink: Sink, told: WorkScope, checkpoint: Checkpoint) -> None:
    checkpoint()
    rows: Any = sink.get(WorkScope, [(told.work_scope_id,)])
    if next(iter(objects(WorkScope, rows)), None) != told:
        sink.write([told])
