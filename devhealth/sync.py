"""Where three stages meet: fetch → process → write, and what was touched is remembered.

Rows are upserts under the run's version, so a run that was cut short is simply run again. The mark
from which the next one goes on (a repository's `head_hash`) moves last of all, by `finish`, once
the caller has made sure that what follows from the touches will be done. Up to the mark's version
the store holds what the marked branch has, and nothing else; of what is newer nobody knows whether
it was computed or is still on the branch, so every whole run settles that anew. A worker that was
frozen before a write may write it after a newer run has moved the mark: what is a little older than
the mark is therefore looked at again, too. A restamp carries the mark along where nothing waits to
be settled, or its rows, which are newer, would be settled once more.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, TypeVar

import polars as pl

from devhealth import mailmap, people, repositories
from devhealth.connectors import History
from devhealth.connectors.git_log import RawCommit
from devhealth.models.directory import Directory
from devhealth.models.records import Commit, CommitFile, Repository
from devhealth.models.touches import Touches
from devhealth.processors import local as processor
from devhealth.processors.mailmap import Mailmap
from devhealth.processors.stamps import Stamps
from devhealth.repositories import LATE, merged
from devhealth.sinks import BATCH_SIZE, TICK, Sink
from devhealth.sinks.tables import objects

CHUNK = 500
LOST = "no longer on the default branch"


@dataclass(slots=True)
class Synced:
    """What a run did. Counts are of rows written in this run; a run of a window is not whole.

    told      the repository in git's own words, with the mark that it is to get
    expected  commits there are to write
    undated   commits whose absurd date was taken as 1970 (see `processors.local.commit`)
    """

    told: Repository
    repository: Repository
    is_whole: bool
    expected: int = 0
    commits: int = 0
    undated: int = 0
    files: int = 0
    vanished: int = 0
    touches: Touches = field(default_factory=Touches)

    def finish(self, sink: Sink) -> None:
        """Move the mark. Call it when the touches are computed, or sure to be."""
        stored, _ = _stored(sink, self.told)
        becomes = merged(stored, self.told)  # an API may have told of it meanwhile
        if self.is_whole and (self.touches.days or becomes != stored):
            sink.write([becomes])


Done = TypeVar("Done")


async def _unnoted(touches: Touches) -> None:
    """Nobody keeps them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch(Generic[Done]):
    """Who looks on while a run works; by default nobody does.

    progress    told what is done at both ends, and after every batch
    noted       awaited with what the next write is going to touch, before it is written: who keeps
                that knows the days of every row, whatever dies in between
    checkpoint  called for every commit and before every write, so it must cost little

    What `noted` or `checkpoint` raises ends the run right there; what was written is right.
    """

    progress: Callable[[Done], None] = lambda done: None
    noted: Callable[[Touches], Awaitable[None]] = _unnoted
    checkpoint: Callable[[], None] = lambda: None


NOBODY: Watch[Any] = Watch()


async def sync_git(
    sink: Sink,
    connector: History,
    *,
    since: datetime | None = None,
    before: datetime | None = None,
    floor: datetime | None = None,
    is_anew: bool = False,
    directory: Directory | None = None,
    watch: Watch[Synced] = NOBODY,
    batch_size: int = BATCH_SIZE,
) -> Synced:
    """Commits of the default branch that are not stored yet; those it lost become tombstones.

    A window [since, before) takes all commits of those days, and moves no mark. `floor` is how far
    back a run without `since` reaches: older commits are not taken, those that windows took stay.
    `is_anew` walks all of that again, whatever an earlier run took.
    Raises `Permanent` for a repository that cannot be read; what was written until then stays and
    is right.
    """
    watch.checkpoint()
    raw = await connector.repository()
    told = repositories.identified(sink, processor.repository(raw))
    stored, marked_at = _stored(sink, told)
    repository = merged(stored, told)
    mark = stored.head_hash if stored else None
    known = await _still_there(connector, None if is_anew else mark)
    is_whole = since is None and before is None
    if stored is None or (mark and not known and not is_whole):
        watch.checkpoint()
        sink.write([repository])  # without a mark
    head = raw["head_hash"]
    mailmap_hash, names = await connector.mailmap(head)
    told = replace(told, head_hash=head, mailmap_hash=mailmap_hash)
    synced = Synced(told, merged(stored, told), is_whole)
    stamps = Stamps(directory or Directory(), repository.full_name)
    run = _Run(sink, synced, watch, batch_size, stamps, Mailmap(names))
    if walks := _walks(head, known, since or floor, before, is_whole=is_whole):
        synced.expected = sum([await walk.count(connector) for walk in walks])
        watch.progress(synced)
        for walk in walks:
            await run.walk(walk, connector)
        await run.write()
    if is_whole:
        await run.settle(connector, head, known, marked_at, floor)
        await run.rename(connector, head, stored)
    people.meet(sink, stamps.people, watch.checkpoint)
    watch.progress(synced)
    return synced


@dataclass(frozen=True, slots=True)
class _Walk:
    """Commits of [since, before) that are reachable from `head` and not from `known`."""

    head: str
    known: str | None
    since: datetime | None
    before: datetime | None
    is_lost: bool = False

    def commits(self, connector: History) -> AsyncGenerator[RawCommit, None]:
        return connector.git(self.head, since=self.since, before=self.before, known=self.known)

    async def count(self, connector: History) -> int:
        return await connector.count(
            self.head, since=self.since, before=self.before, known=self.known
        )


def _walks(
    head: str,
    known: str | None,
    since: datetime | None,
    before: datetime | None,
    *,
    is_whole: bool,
) -> list[_Walk]:
    """What a run has to walk.

    Later whole runs walk nothing that is reachable from the mark. So a window also takes what the
    mark has and the branch has lost, as tombstones: should it come back, they are found. For the
    same reason a window withdraws a mark whose commit git has thrown away.
    """
    if is_whole:
        return [_Walk(head, known, since, before)] if head != known else []
    lost = [_Walk(known, head, since, before, is_lost=True)] if known and head != known else []
    return [_Walk(head, None, since, before), *lost]


@dataclass(slots=True)
class _Rows:
    """Commits by the state that a row of theirs, or of a file of theirs, is in."""

    alive: set[str] = field(default_factory=set)
    dead: set[str] = field(default_factory=set)

    def both(self) -> set[str]:
        return self.alive | self.dead


@dataclass(slots=True)
class _Run:
    """Batches on their way into the sink."""

    sink: Sink
    synced: Synced
    watch: Watch[Synced]
    batch_size: int
    stamps: Stamps
    mailmap: Mailmap
    returned: int = 0  # tombstones that the branch has again
    commits: list[Commit] = field(default_factory=list)
    files: list[CommitFile] = field(default_factory=list)

    async def walk(self, walk: _Walk, connector: History) -> None:
        repo_id = self.synced.repository.repo_id
        async with aclosing(walk.commits(connector)) as commits:  # git ends with the run
            async for item in commits:
                self.watch.checkpoint()
                self.synced.undated += not processor.is_dated(item)
                commit, files = processor.commit(item, repo_id, self.stamps, self.mailmap)
                if walk.is_lost:
                    for row in (commit, *files):
                        row.deleted_at, row.deleted_reason = self.sink.version, LOST
                await self.take(commit, files)

    async def take(self, commit: Commit, files: list[CommitFile]) -> None:
        self.commits.append(commit)
        self.files.extend(files)
        if len(self.commits) + len(self.files) >= self.batch_size:
            await self.write()

    async def write(self) -> None:
        """Commits before files: no file is there without its commit, by which it is found again."""
        commits, files = self.commits, self.files
        self.commits, self.files = [], []
        await self._touch(commit.committed_at for commit in commits)
        for rows in (commits, files):
            for start in range(0, len(rows), self.batch_size):
                self.watch.checkpoint()
                await self.sink.write_batch(rows[start : start + self.batch_size])
        self.synced.commits += len(commits)
        self.synced.files += len(files)
        self.watch.progress(self.synced)

    async def settle(
        self,
        connector: History,
        head: str,
        known: str | None,
        marked_at: datetime | None,
        floor: datetime | None,
    ) -> None:
        """Make tombstones of what the branch no longer has, and undo those of what it has again.

        What this run wrote is right. Beside that there are commits that left the branch since the
        mark, and those that runs which never finished, or late writers, wrote or buried.
        """
        self.watch.checkpoint()
        unsure = self._unsure(known, marked_at).both()
        older = self._older(known, marked_at)
        lost = set[str]()
        if known and known != head:
            lost = {gone async for gone in connector.vanished(head, known)}
            older.dead |= self._dead_before(floor)
        found = set[str]()
        if asked := (unsure | older.both()) - lost:
            found = {commit async for commit in connector.hashes(head) if commit in asked}
        await self._mark((unsure | older.dead) & found, is_lost=False)
        await self._mark(lost | ((unsure | older.alive) - found), is_lost=True)

    async def rename(self, connector: History, head: str, stored: Repository | None) -> None:
        """Where the branch has another `.mailmap` than what is stored was named by, name it anew.

        So is what came back by its old row, which may have been away when that changed.
        """
        repo_id, checkpoint = self.synced.repository.repo_id, self.watch.checkpoint
        is_other = not stored or stored.mailmap_hash != self.synced.repository.mailmap_hash
        if self.returned or (stored and is_other):
            await mailmap.rename(
                self.sink, repo_id, connector, head, self.mailmap, self.stamps, self._note,
                checkpoint,
            )  # fmt: skip
        if is_other:
            mailmap.keep(self.sink, repo_id, self.mailmap, checkpoint)

    def _unsure(self, known: str | None, marked_at: datetime | None) -> _Rows:
        """What may not have been computed: its days are touched even if its rows are right."""
        if marked_at:
            return self._written(marked_at + TICK if known else marked_at - LATE, self.sink.version)
        return self._written(None, self.sink.version)

    def _older(self, known: str | None, marked_at: datetime | None) -> _Rows:
        """What was right and computed when the mark was set, but may not have stayed so.

        Late writers change what is a little older than the mark, and nothing that the marked run
        wrote. With the mark's commit gone, everything is asked for.
        """
        if marked_at is None:
            return _Rows()
        if known:
            return self._written(marked_at - LATE, marked_at)
        return self._written(None, marked_at - LATE)

    def _written(self, since: datetime | None, until: datetime) -> _Rows:
        """Commits that have a row, their own or a file's, of a version in [since, until)."""
        found = _Rows()
        for cls, name in ((Commit, "hash"), (CommitFile, "commit_hash")):
            rows = self._states(cls, name, since, until, at="synced_at")
            found.alive.update(rows.filter(pl.col("deleted_at").is_null())[name])
            found.dead.update(rows.drop_nulls("deleted_at")[name])
        return found

    def _dead_before(self, floor: datetime | None) -> set[str]:
        """Tombstones that no walk reaches, should the branch have their commits again."""
        if floor is None:
            return set()
        return set(
            self._states(Commit, "hash", None, floor, at="committed_at").drop_nulls()["hash"]
        )

    def _states(
        self,
        cls: type[Commit | CommitFile],
        name: str,
        since: datetime | None,
        until: datetime,
        *,
        at: str,
    ) -> pl.DataFrame:
        where = {"repo_id": self.synced.repository.repo_id}
        columns = [name, "deleted_at"]
        return self.sink.read(cls, since, until, where, at=at, columns=columns, deleted=True)

    async def _mark(self, commits: Iterable[str], *, is_lost: bool) -> None:
        """Bury commits and their files, or bring them back; touch their days in any case."""
        hashes = sorted(commits)
        for start in range(0, len(hashes), CHUNK):
            self.watch.checkpoint()
            chunk = hashes[start : start + CHUNK]
            rows = self._rows(Commit, "hash", chunk)
            await self._touch(rows["committed_at"])
            moved = self._rewrite(Commit, rows, is_lost=is_lost)
            self.synced.vanished += moved if is_lost else 0
            self.returned += 0 if is_lost else moved
            self._rewrite(CommitFile, self._rows(CommitFile, "commit_hash", chunk), is_lost=is_lost)

    def _rows(self, cls: type[Commit | CommitFile], name: str, hashes: list[str]) -> pl.DataFrame:
        where = {"repo_id": self.synced.repository.repo_id, name: hashes}
        return self.sink.read(cls, where=where, deleted=True)

    def _rewrite(self, cls: type[Commit | CommitFile], rows: pl.DataFrame, *, is_lost: bool) -> int:
        """Write those that are in the other state; how many."""
        wrong = rows.filter(pl.col("deleted_at").is_null() == is_lost)
        at, reason = (self.sink.version, LOST) if is_lost else (None, None)
        self.watch.checkpoint()
        self.sink.write(
            wrong.with_columns(
                deleted_at=pl.lit(at, rows.schema["deleted_at"]),
                deleted_reason=pl.lit(reason, pl.String),
            ),
            cls,
        )
        return wrong.height

    async def _touch(self, instants: Iterable[datetime]) -> None:
        """Tell what the next write is going to touch. A commit's files share its instant."""
        touches = Touches()
        for instant in instants:
            for cls in (Commit, CommitFile):
                touches.add(cls, self.synced.repository.repo_id, instant)
        if touches.days:
            await self._note(touches)

    async def _note(self, touches: Touches) -> None:
        await self.watch.noted(touches)
        self.synced.touches |= touches


def _stored(sink: Sink, repository: Repository) -> tuple[Repository | None, datetime | None]:
    """The repository as it is stored, and the version that its mark was set in."""
    rows = sink.get(Repository, [(repository.repo_id,)])
    if rows.is_empty():
        return None, None
    stored = objects(Repository, rows)[0]
    return stored, rows["synced_at"].item() if stored.head_hash else None


async def _still_there(connector: History, commit: str | None) -> str | None:
    """The commit up to which everything is stored, unless git has thrown it away."""
    return commit if commit and await connector.has(commit) else None
