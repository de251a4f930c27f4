"""Which repository it is that was found, and what is kept of it: git and an API tell the same one.

The provider's own id decides, then where it was found last, then the address itself: `repo_id` is
the UUID5 of `host/owner/name` at first sight, and stays through renames and transfers. Where the
address was another's before, by the provider's own ids, it is a new repository: its `repo_id` is
the UUID5 of the address and the provider's id, with a space between.

`repository_addresses` remembers where each was found. An address is opened as soon as it is seen;
the one that a repository has left is closed by `leave`, last of all, so that a run that was cut
short finds the rename once more.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from devhealth.models.records import Commit, CommitFile, Record, Repository, RepositoryAddress
from devhealth.models.touches import Touches
from devhealth.processors.local import REPOSITORIES
from devhealth.sinks import TICK, Sink, Where
from devhealth.sinks.tables import objects

GIT = "local"  # the provider of what git itself tells
MARKED: tuple[type[Record], ...] = (Commit, CommitFile)  # what a repository's mark speaks of
LATE = timedelta(hours=1)  # how old a run's version may be when its last write arrives

Noted = Callable[[Touches], Awaitable[None]]
Checkpoint = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Kept:
    """A repository as it is stored now. `is_renamed`: it still has to leave another address."""

    repository: Repository
    is_renamed: bool


def merged(stored: Repository | None, told: Repository) -> Repository:
    """What is to be stored of a repository, field by field.

    Hashes are git's alone; of everything else an API knows better than a clone does.
    """
    if stored is None:
        return told
    by_git, by_any = (told, stored) if told.provider == GIT else (stored, told)
    if by_any.provider == GIT:
        by_any = told
    return replace(
        by_any,
        repo_id=stored.repo_id,
        root_hash=by_git.root_hash,
        head_hash=by_git.head_hash,
        mailmap_hash=by_git.mailmap_hash,
    )


def identified(sink: Sink, told: Repository) -> Repository:
    """The same under the `repo_id` that it is known by, or is to be known by."""
    if told.source_id == GIT:
        return told
    return replace(told, repo_id=_known(sink, told))


async def keep(sink: Sink, told: Repository, noted: Noted, checkpoint: Checkpoint) -> Kept:
    """Store what an API tells of a repository, if it says anything new.

    `noted` is awaited with the days that it touches. A mark of git's is kept where that hides
    nothing (see `is_settled`), else withdrawn: the next sync of git sets it anew.
    """
    checkpoint()
    told = identified(sink, told)
    rows = sink.get(Repository, [(told.repo_id,)])
    stored = next(iter(objects(Repository, rows)), None)
    becomes = merged(stored, told)
    if becomes != stored:
        if stored and stored.is_fork != becomes.is_fork:
            await noted(_days_of_commits(sink, told.repo_id, checkpoint))
        if becomes.head_hash and not is_settled(
            sink, told.repo_id, rows["synced_at"].item(), checkpoint
        ):
            becomes = replace(becomes, head_hash=None)
        checkpoint()
        sink.write([becomes])
    _arrive(sink, becomes, checkpoint)
    return Kept(becomes, is_renamed=bool(_left(sink, becomes)))


def leave(sink: Sink, repository: Repository) -> None:
    """Close the addresses that it had before, once all that follows from a rename is sure to be."""
    sink.write([replace(each, until=sink.version) for each in _left(sink, repository)])


def address_of(repository: Repository) -> str:
    """host/owner/name, lower case."""
    return address(repository.source_id, repository.full_name)


def address(host: str, full_name: str) -> str:
    """The same of a repository that nobody could see."""
    return f"{host}/{full_name}".lower()


def at(sink: Sink, host: str, full_name: str) -> UUID:
    """The id of what was found there last, or would get it if it were."""
    where = address(host, full_name)
    there = max(_found_at(sink, where), key=_since, default=None)
    return there.repo_id if there else uuid5(REPOSITORIES, where)


def is_settled(sink: Sink, repo_id: UUID, marked_at: datetime, checkpoint: Checkpoint) -> bool:
    """Whether a mark may move along with a row that is written for another reason.

    A sync looks at all rows that are newer than its mark, and at late ones (see `sync`). Where
    there are none, nothing is hidden if the mark's version moves.
    """
    unsure = ((marked_at - LATE, marked_at), (marked_at + TICK, sink.version + TICK))
    return not any(
        _is_written(sink, cls, repo_id, window, checkpoint) for cls in MARKED for window in unsure
    )


def _is_written(
    sink: Sink,
    cls: type[Record],
    repo_id: UUID,
    window: tuple[datetime, datetime],
    checkpoint: Checkpoint,
) -> bool:
    """Whether any row has a version in [since, until)."""
    checkpoint()
    where, at = {"repo_id": repo_id}, cls.version
    return bool(sink.read(cls, *window, where, at=at, columns=[at], deleted=True, limit=1).height)


def _known(sink: Sink, told: Repository) -> UUID:
    """Raises nothing: who is not known yet is known by what it is told under."""
    if told.native_id is not None:
        where = {"source_id": told.source_id, "native_id": told.native_id}
        if ids := sorted(sink.read(Repository, where=where, columns=["repo_id"])["repo_id"]):
            return UUID(ids[0])
    there = max(_found_at(sink, address_of(told)), key=_since, default=None)
    if there is None:
        stored = objects(Repository, sink.get(Repository, [(told.repo_id,)]))
        is_same = not stored or _may_be_one(stored[0].native_id, told.native_id)
        return told.repo_id if is_same else _of_reused(told)
    return there.repo_id if _may_be_one(there.native_id, told.native_id) else _of_reused(told)


def _may_be_one(one: str | None, other: str | None) -> bool:
    return one is None or other is None or one == other


def _of_reused(told: Repository) -> UUID:
    return uuid5(REPOSITORIES, f"{address_of(told)} {told.native_id}")


def _arrive(sink: Sink, repository: Repository, checkpoint: Checkpoint) -> None:
    """Open its address, unless it is; whoever else was found there is so no more."""
    there = [each for each in _found_at(sink, address_of(repository)) if each.until is None]
    own = [each for each in there if each.repo_id == repository.repo_id]
    others = [each for each in there if each.repo_id != repository.repo_id]
    rows = [replace(each, until=sink.version) for each in others]
    if not own:
        rows.append(
            RepositoryAddress(
                address=address_of(repository),
                since=sink.version,
                repo_id=repository.repo_id,
                native_id=repository.native_id,
            )
        )
    rows += [
        replace(each, native_id=repository.native_id)
        for each in own
        if each.native_id != repository.native_id
    ]
    if rows:
        checkpoint()
        sink.write(rows)


def _left(sink: Sink, repository: Repository) -> list[RepositoryAddress]:
    """Addresses where it is still said to be and is not."""
    where = {"repo_id": repository.repo_id, "until": None}
    here = address_of(repository)
    return [each for each in _addresses(sink, where) if each.address != here]


def _found_at(sink: Sink, where: str) -> list[RepositoryAddress]:
    return _addresses(sink, {"address": where})


def _addresses(sink: Sink, where: Where) -> list[RepositoryAddress]:
    return objects(RepositoryAddress, sink.read(RepositoryAddress, where=where))


def _since(found: RepositoryAddress) -> datetime:
    return found.since


def _days_of_commits(sink: Sink, repo_id: UUID, checkpoint: Checkpoint) -> Touches:
    """Of forks commits count after those of all others (see `metrics.copies`)."""
    checkpoint()
    rows = sink.read(Commit, where={"repo_id": repo_id}, columns=["committed_at"])
    touches = Touches()
    touches.days[Commit, str(repo_id)].update(rows["committed_at"].dt.date().unique())
    return touches
