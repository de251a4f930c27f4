"""Whose the lines of today's files are: fetch → process → write, only files that may have changed.

A file's rows are replaced as a set, in one write: those that it has no longer become tombstones of
the same `blamed_at`. So a run may be cut short anywhere, and the next does what is left. A mark
(`BlameMark`), written last, says at which commit all sets of a repository are right; the next run
asks which files may differ since. What was written after the mark, by runs that never finished, or
not long before it, by late writers, is judged by itself: it stands if it is a whole set and its
file was not touched since. Where the `.mailmap` has changed nothing stands.

Blame is of its own instant: it touches no day, and nothing of it is written into the past.
"""

from collections.abc import Iterable, Sequence, Set
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID

import polars as pl

from devhealth import people, repositories
from devhealth.connectors.git_blame import RawBlame
from devhealth.connectors.local import Local
from devhealth.errors import Permanent
from devhealth.models.directory import Directory
from devhealth.models.records import BlameFile, BlameMark, Repository
from devhealth.processors import local as processor
from devhealth.processors.identity import Identities
from devhealth.processors.local import Blame
from devhealth.processors.mailmap import Mailmap
from devhealth.repositories import LATE
from devhealth.sinks import BATCH_SIZE, Sink
from devhealth.sinks.tables import objects
from devhealth.sync import NOBODY, Watch

FILES = 200  # written at once, at most: what a run that is cut short may lose is seconds of work
GONE = "no longer in the file"
MAILMAP = b".mailmap"


@dataclass(slots=True)
class Blamed:
    """What a run did.

    expected  files there are to ask git for
    files     of these, stored
    lines     of text in them
    rows      written, tombstones included
    """

    repository: Repository
    revision: str
    expected: int = 0
    files: int = 0
    lines: int = 0
    rows: int = 0


async def sync_blame(
    sink: Sink,
    connector: Local,
    *,
    directory: Directory | None = None,
    watch: Watch[Blamed] = NOBODY,
    cache: Path | None = None,
    at_once: int = 2,
    batch_size: int = BATCH_SIZE,
) -> Blamed:
    """Blame of the files at the end of the default branch.

    So many of git run `at_once`; `cache` is a directory for this repository alone, where a graph
    that makes git faster is kept from run to run. Of `watch`, `checkpoint` is called for every file
    and before every read and write; `noted` never, for no day is touched. Raises `Permanent` for a
    repository that cannot be read or was never synced; what was written until then stays.
    """
    watch.checkpoint()
    raw = await connector.repository()
    repository = repositories.identified(sink, processor.repository(raw))
    head = raw["head_hash"]
    _require_known(sink, repository)
    paths = {processor.path_of(path): path for path in await connector.files(head)}
    _, names = await connector.mailmap(head)
    run = _Run(
        sink=sink,
        blamed=Blamed(repository, head),
        watch=watch,
        people=Identities(directory or Directory()),
        mailmap=Mailmap(names),
        batch_size=batch_size,
    )
    asked = await _asked(run, connector, paths.keys())
    present = [paths[path] for path in sorted(asked & paths.keys())]
    run.blamed.expected = len(present)
    watch.progress(run.blamed)
    await run.bury(sorted(asked - paths.keys()))
    files = connector.blame(head, present, cache=cache, at_once=at_once)
    async with aclosing(files):  # git ends with the run
        async for file in files:
            watch.checkpoint()
            await run.take(file)
    await run.write()
    run.mark(is_anew=bool(asked))
    watch.progress(run.blamed)
    return run.blamed


@dataclass(slots=True, kw_only=True)
class _Run:
    """Whole files on their way into the sink."""

    sink: Sink
    blamed: Blamed
    watch: Watch[Blamed]
    people: Identities
    mailmap: Mailmap
    batch_size: int
    taken: dict[str, list[BlameFile]] = field(default_factory=dict)

    @property
    def repo_id(self) -> UUID:
        return self.blamed.repository.repo_id

    async def take(self, file: RawBlame) -> None:
        of = Blame(self.repo_id, self.blamed.revision, self.sink.version)
        path = processor.path_of(file["path"])
        self.taken[path] = processor.blame(file, of, self.people, self.mailmap)
        if len(self.taken) >= FILES or sum(map(len, self.taken.values())) >= self.batch_size:
            await self.write()

    async def write(self) -> None:
        """The sets that were taken, each together with what it replaces."""
        taken, self.taken = self.taken, {}
        if taken:
            rows = [row for rows in taken.values() for row in rows]
            kept = {_key(row) for row in rows}
            gone = [each for each in self._stored_of(taken) if _key(each) not in kept]
            await self._put([*rows, *map(self._buried, gone)])
            people.meet(self.sink, self.people, self.watch.checkpoint)
            self.blamed.files += len(taken)
            self.blamed.lines += sum(row.lines for row in rows)
            self.watch.progress(self.blamed)

    async def bury(self, paths: Sequence[str]) -> None:
        """Files that are not there any more."""
        for start in range(0, len(paths), FILES):
            stored = self._stored_of(paths[start : start + FILES])
            await self._put([self._buried(each) for each in stored])

    def mark(self, *, is_anew: bool) -> None:
        """Every set is right at this revision. Said again only where something was asked."""
        self.watch.checkpoint()
        stored = self.stored_mark()
        if stored and stored.revision == self.blamed.revision and not is_anew:
            return
        mark = BlameMark(
            repo_id=self.repo_id, revision=self.blamed.revision, blamed_at=self.sink.version
        )
        self.sink.write([mark])

    def stored_mark(self) -> BlameMark | None:
        rows = self.sink.get(BlameMark, [(self.repo_id,)])
        return objects(BlameMark, rows)[0] if rows.height else None

    def stored_paths(self) -> set[str]:
        self.watch.checkpoint()
        rows = self.sink.read(BlameFile, where={"repo_id": self.repo_id}, columns=["path"])
        return set(rows["path"])

    def judged(self, mark: BlameMark | None) -> pl.DataFrame:
        """Sets that the mark does not vouch for: `path`, `revision`, `is_whole`.

        A row that is older than its file's newest, and no tombstone, is a late writer's.
        """
        since = mark.blamed_at - LATE if mark else None
        columns = ["path", "revision", "blamed_at", "deleted_at"]
        where = {"repo_id": self.repo_id}
        self.watch.checkpoint()
        rows = self.sink.read(
            BlameFile, since, where=where, at="synced_at", columns=columns, deleted=True
        )
        is_late = (pl.col("blamed_at") < pl.col("blamed_at").max()) & pl.col("deleted_at").is_null()
        sets = (
            rows.sort("path", "blamed_at")
            .group_by("path")
            .agg(pl.col("revision", "blamed_at").last(), is_whole=~is_late.any())
        )
        if mark is None or since is None:
            return sets
        vouched = (pl.col("blamed_at") == mark.blamed_at) | (pl.col("blamed_at") < since)
        return sets.filter(~(vouched & pl.col("is_whole")))

    def _stored_of(self, paths: Iterable[str]) -> list[BlameFile]:
        self.watch.checkpoint()
        where = {"repo_id": self.repo_id, "path": list(paths)}
        return objects(BlameFile, self.sink.read(BlameFile, where=where))

    def _buried(self, row: BlameFile) -> BlameFile:
        return replace(
            row,
            blamed_at=self.sink.version,
            revision=self.blamed.revision,
            deleted_at=self.sink.version,
            deleted_reason=GONE,
        )

    async def _put(self, rows: list[BlameFile]) -> None:
        if rows:
            self.watch.checkpoint()
            self.blamed.rows += await self.sink.write_batch(rows)


async def _asked(run: _Run, connector: Local, present: Set[str]) -> set[str]:
    """Files whose sets may not be right at the run's revision, present there or not."""
    mark, head = run.stored_mark(), run.blamed.revision
    right, wrong = set[str](), set[str]()
    for (revision, is_whole), sets in run.judged(mark).group_by("revision", "is_whole"):
        paths = set(sets["path"])
        touched = await _touched(connector, str(revision), head) if is_whole else None
        right |= set() if touched is None else paths - touched
        wrong |= paths if touched is None else paths & touched
    changed = await _touched(connector, mark.revision, head) if mark else None
    if changed is None:
        changed = {*present, *run.stored_paths()}
    return (changed | wrong) - right


async def _touched(connector: Local, revision: str, head: str) -> set[str] | None:
    """Files whose blame may differ between the two. None: any file's."""
    touched = await connector.touched(revision, head)
    if touched is None or MAILMAP in touched:
        return None
    return {processor.path_of(path) for path in touched}


def _require_known(sink: Sink, repository: Repository) -> None:
    if sink.get(Repository, [(repository.repo_id,)]).is_empty():
        raise Permanent(f"{repository.full_name} is not stored yet: sync git first, then blame.")


def _key(row: BlameFile) -> tuple[str, str, str]:
    return row.path, row.author_email, row.author_name
