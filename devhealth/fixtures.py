"""A made-up world is fetched, read and stored by the same ways as everything else.

One place after the other, so that no more than the history of one is in memory. Safe to run again:
what is stored already stays as it is, and what another world left there is buried.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from devhealth import marks
from devhealth.connectors.synthetic import Synthetic
from devhealth.models.directory import Directory
from devhealth.models.records import RECORDS, Repository
from devhealth.models.touches import Touches
from devhealth.restamp import restamp
from devhealth.sinks import BATCH_SIZE, Sink
from devhealth.sync import Watch, sync_git
from devhealth.sync_target import Fetched, sync_target
from devhealth.synthetic import world as truth
from devhealth.synthetic.directory import directory

GIT: Final = "git"
OF_REPOSITORIES: Final = (GIT, "prs", "cicd", "deployments", "incidents")
OF_PROJECTS: Final = ("work-items",)
RENAMED_FIRST: Final = "incidents"  # what a renamed repository is first asked for: they are few

Sinks = Callable[[], Sink]
Progress = Callable[[int, int, str], None]


@dataclass(slots=True, kw_only=True)
class Generating:
    """A world on its way into a store.

    sinks      gives the sink of a run that begins now
    progress   told how many targets are done, of how many, and in words
    directory  what the organisation decides. None: what is true in the world
    """

    world: truth.World
    sinks: Sinks
    batch_size: int = BATCH_SIZE
    progress: Progress = lambda done, total, words: None
    touches: Touches = field(default_factory=Touches)
    directory: Directory | None = None
    _finishes: list[Callable[[], None]] = field(default_factory=list)
    _done: int = 0

    def __post_init__(self) -> None:
        self.directory = self.directory or directory(self.world)

    async def run(self) -> Touches:
        """Everything; the days on which anything changed. Raises what a store raises."""
        for repository in self.world.repositories:
            await self._repository(repository)
        for project in self.world.projects:
            sink, connector = self.sinks(), Synthetic(self.world, project)
            for target in OF_PROJECTS:
                await self._target(sink, connector, target)
        decided = self.directory or Directory()
        done = await restamp(self.sinks(), decided, batch_size=self.batch_size)
        self.touches |= done.touches
        for finish in self._finishes:
            finish()
        return self.touches

    async def _repository(self, repository: truth.Repository) -> None:
        """One with another name at first is told under that, unless it is known already."""
        sink, connector = self.sinks(), Synthetic(self.world, repository)
        if repository.renamed_at:
            if not _is_known(sink, repository):
                early = Synthetic(self.world, repository, is_early=True)
                await self._fetched(sink, early, RENAMED_FIRST)
                sink = self.sinks()
            await self._fetched(sink, connector, RENAMED_FIRST)  # git does not tell who it was
        for target in OF_REPOSITORIES:
            await self._target(sink, connector, target)

    async def _target(self, sink: Sink, connector: Synthetic, target: str) -> None:
        if target == GIT:
            await self._git(sink, connector)
        else:
            await self._fetched(sink, connector, target)
        self._done += 1
        self.progress(self._done, self._total(), f"{connector.full_name}: {target}")

    async def _git(self, sink: Sink, connector: Synthetic) -> None:
        synced = await sync_git(
            sink,
            connector.git(),
            directory=self.directory,
            watch=Watch(),
            batch_size=self.batch_size,
        )
        self.touches |= synced.touches
        self._finishes.append(lambda: synced.finish(sink))

    async def _fetched(self, sink: Sink, connector: Synthetic, target: str) -> Fetched:
        fetched = await sync_target(
            sink,
            connector,
            target,
            run_id=marks.whole(sink.version),
            is_sweep=True,
            directory=self.directory,
            batch_size=self.batch_size,
        )
        self.touches |= fetched.touches
        self._finishes.append(lambda: fetched.finish(sink))
        return fetched

    def _total(self) -> int:
        world = self.world
        return len(world.repositories) * len(OF_REPOSITORIES) + len(world.projects)


def rows_of(sink: Sink) -> Iterator[tuple[str, int]]:
    """Tables and how many rows the organisation has in each; those without any are left out."""
    for cls in RECORDS:
        if found := sink.read(cls, columns=[cls.key[0]]).height:
            yield cls.table, found


def _is_known(sink: Sink, repository: truth.Repository) -> bool:
    where = {"source_id": truth.HOST, "native_id": str(repository.native_id)}
    return bool(sink.read(Repository, where=where, columns=["repo_id"], limit=1).height)
