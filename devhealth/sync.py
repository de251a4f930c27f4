"""Where three stages meet: fetch → process → write, and what was touched is remembered.

Rows are upserts under the run's version, so a run that was cut short is simply run again. The mark
from which the next one goes on (a repository's `head_hash`) moves last of all, by `finish`, once
the caller has made sure that what follows from the touches will be done. Up to the mark's version
the store holds exactly the marked branch; of what is newer nobody knows whether it was computed or
is still on the branch, so every whole run settles that anew.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import polars as pl

from devhealth.connectors.local import Local
from devhealth.models.directory import Directory
from devhealth.models.records import Commit, CommitFile, Identity, Repository
from devhealth.models.touches import Touches
from devhealth.processors import local as processor
from devhealth.processors.identity import Identities
from devhealth.sinks import BATCH_SIZE, Sink
from devhealth.sinks.tables import objects

CHUNK = 500
TICK = timedelta(milliseconds=1)  # between one version and the next


@dataclass(slots=True)
class Synced:
    """What a run did. Counts are of rows written in this run; a run of a window is not whole.

    expected  commits there are to write
    undated   commits whose absurd date was taken as 1970 (see `processors.local.commit`)
    """

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
        stored, _ = _stored(sink, self.repository)
        if self.is_whole and (self.touches.days or self.repository != stored):
            sink.write([self.repository])


Progress = Callable[[Synced], None]


async def sync_git(
    sink: Sink,
    connector: Local,
    *,
    since: datetime | None = None,
    before: datetime | None = None,
    directory: Directory | None = None,
    progress: Progress = lambda synced: None,
    batch_size: int = BATCH_SIZE,
) -> Synced:
    """Commits of the default branch that are not stored yet; those it lost become tombstones.

    A window [since, before) takes only commits of those days and moves no mark. Raises `Permanent`
    for a repository that cannot be read; what was written until then stays and is right.
    """
    raw = await connector.repository()
    repository = processor.repository(raw)
    stored, marked_at = _stored(sink, repository)
    if stored is None:
        sink.write([repository])
    known = await _still_there(connector, stored.head_hash if stored else None)
    head = raw["head_hash"]
    is_whole = since is None and before is None
    synced = Synced(replace(repository, head_hash=head), is_whole)
    run = _Run(sink, synced, progress, batch_size)
    if head != known:
        people = Identities(directory or Directory())
        synced.expected = await connector.count(head, since=since, before=before, known=known)
        progress(synced)
        async for item in connector.git(head, since=since, before=before, known=known):
            synced.undated += not processor.is_dated(item)
            await run.take(*processor.commit(item, repository.repo_id, people))
        await run.write()
        _meet(sink, people, newest=is_whole)
    if is_whole:
        await run.settle(connector, head, known, marked_at)
    progress(synced)
    return synced


@dataclass(slots=True)
class _Run:
    """Batches on their way into the sink."""

    sink: Sink
    synced: Synced
    progress: Progress
    batch_size: int
    commits: list[Commit] = field(default_factory=list)
    files: list[CommitFile] = field(default_factory=list)

    async def take(self, commit: Commit, files: list[CommitFile]) -> None:
        self.commits.append(commit)
        self.files.extend(files)
        if len(self.commits) + len(self.files) >= self.batch_size:
            await self.write()

    async def write(self) -> None:
        """Commits before files: no file is there without its commit, by which it is found again."""
        commits, files = self.commits, self.files
        self.commits, self.files = [], []
        for rows in (commits, files):
            for start in range(0, len(rows), self.batch_size):
                await self.sink.write_batch(rows[start : start + self.batch_size])
        for commit in commits:
            self._touch(commit.committed_at)
        self.synced.commits += len(commits)
        self.synced.files += len(files)
        self.progress(self.synced)

    async def settle(
        self, connector: Local, head: str, known: str | None, marked_at: datetime | None
    ) -> None:
        """Make tombstones of what the branch no longer has, and undo those of what it has again.

        What this run wrote is right. Beside that there are commits that left the branch since the
        mark, and those that runs which never finished wrote or buried.
        """
        unsure = self._written(marked_at and marked_at + TICK, deleted=True)
        if known is None:  # the whole branch was walked: it has nothing else
            self._mark(unsure | self._written(None), is_lost=True)
            return
        lost = set[str]()
        if known != head:
            lost = {gone async for gone in connector.vanished(head, known)}
        if unsure := unsure - lost:
            found = {commit async for commit in connector.hashes(head) if commit in unsure}
            self._mark(found, is_lost=False)
            lost |= unsure - found
        self._mark(lost, is_lost=True)

    def _written(self, since: datetime | None, *, deleted: bool = False) -> set[str]:
        """Commits whose row is older than this run, and no older than `since`."""
        rows = self.sink.read(
            Commit,
            since,
            self.sink.version,
            {"repo_id": self.synced.repository.repo_id},
            at="synced_at",
            columns=["hash"],
            deleted=deleted,
        )
        return set(rows["hash"])

    def _mark(self, commits: Iterable[str], *, is_lost: bool) -> None:
        """Bury commits and their files, or bring them back; touch their days in any case."""
        hashes = sorted(commits)
        for start in range(0, len(hashes), CHUNK):
            chunk = hashes[start : start + CHUNK]
            rows = self._rewrite(Commit, "hash", chunk, is_lost=is_lost)
            self._rewrite(CommitFile, "commit_hash", chunk, is_lost=is_lost)
            for committed_at in rows["committed_at"]:
                self._touch(committed_at)

    def _rewrite(
        self, cls: type[Commit | CommitFile], name: str, hashes: list[str], *, is_lost: bool
    ) -> pl.DataFrame:
        """The rows of these commits, those rewritten that were in the other state."""
        where = {"repo_id": self.synced.repository.repo_id, name: hashes}
        rows = self.sink.read(cls, where=where, deleted=True)
        wrong = rows.filter(pl.col("deleted_at").is_null() == is_lost)
        at, reason = (
            (self.sink.version, "no longer on the default branch") if is_lost else (None, None)
        )
        self.sink.write(
            wrong.with_columns(
                deleted_at=pl.lit(at, rows.schema["deleted_at"]),
                deleted_reason=pl.lit(reason, pl.String),
            ),
            cls,
        )
        if cls is Commit and is_lost:
            self.synced.vanished += wrong.height
        return rows

    def _touch(self, committed_at: datetime) -> None:
        """A commit's files share its instant."""
        for cls in (Commit, CommitFile):
            self.synced.touches.add(cls, self.synced.repository.repo_id, committed_at)


def _stored(sink: Sink, repository: Repository) -> tuple[Repository | None, datetime | None]:
    """The repository as it is stored, and the version that its mark was set in."""
    rows = sink.get(Repository, [(repository.repo_id,)])
    if rows.is_empty():
        return None, None
    stored = objects(Repository, rows)[0]
    return stored, rows["synced_at"].item() if stored.head_hash else None


async def _still_there(connector: Local, commit: str | None) -> str | None:
    """The commit up to which everything is stored, unless git has thrown it away."""
    return commit if commit and await connector.has(commit) else None


def _meet(sink: Sink, people: Identities, *, newest: bool) -> None:
    """Write identities that are not stored like that.

    Commits that follow on those stored, the `newest`, give everybody's name; a window only adds
    what is missing.
    """
    met = people.met()
    rows = sink.get(Identity, [(identity.author_id,) for identity in met])
    stored = {identity.author_id: identity for identity in objects(Identity, rows)}
    changed = []
    for identity in met:
        known = stored.get(identity.author_id)
        first, later = (identity, known) if newest else (known or identity, identity)
        filled = _filled(first, later) if later else first
        if filled != known:
            changed.append(filled)
    sink.write(changed)


def _filled(first: Identity, later: Identity) -> Identity:
    return replace(first, name=first.name or later.name, handle=first.handle or later.handle)
