"""`dev-hops sync git` and `sync blame` of what is at a provider: through a clone of our own.

The provider's API says which repository it is and where its branch is to be had; git does the rest.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial, reduce
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devhealth import clones
from devhealth.cloning import Cloned, cloned
from devhealth.models.touches import Touches
from devhealth.processors.stamps import Stamps
from devhealth.remote_options import Asked
from devhealth.remote_runs import Outcome, Place, Reached, run
from devhealth.resolving import resolve
from devhealth.sync import Watch, sync_git
from devhealth.sync_blame import sync_blame

if TYPE_CHECKING:
    from devhealth.sinks import Sink

__all__ = ["Place", "blame_of_remote", "git_of_remote"]


def git_of_remote(
    asked: Asked, place: Place, since: datetime | None, before: datetime | None
) -> None:
    """New commits of every repository that is asked for; of the days of a window, all."""
    run(asked, place, partial(_git, since, before), _git_sentence)


def blame_of_remote(asked: Asked, place: Place, cache: Path | None, at_once: int) -> None:
    run(asked, place, partial(_blame, cache, at_once), _blame_sentence)


@asynccontextmanager
async def _cloned(
    reach: Reached, name: str, sink: "Sink"
) -> AsyncIterator[tuple[Cloned, list[Touches]]]:
    """And the days that its description touches. Raises what `cloned` raises."""
    touched: list[Touches] = []

    async def noted(more: Touches) -> None:
        touched.append(more)

    connector = reach.site.connector(reach.client, name)
    held = partial(clones.held, folder=clones.usual_folder())
    async with cloned(
        sink, reach.site, connector, reach.credential, held, noted, _unhindered
    ) as found:
        yield found, touched


async def _git(
    since: datetime | None, before: datetime | None, reach: Reached, name: str
) -> Outcome:
    sink, asked_before = reach.sink(), reach.client.spent.requests
    watch: Watch[Any] = reach.watch(name, "commits")
    async with _cloned(reach, name, sink) as (found, touched):
        synced = await sync_git(
            sink,
            found.local,
            since=since,
            before=before,
            directory=reach.directory,
            watch=watch,
            batch_size=reach.batch_size,
        )
        repository = synced.repository
        stamps = Stamps(reach.directory, repository.full_name)
        resolved = await resolve(sink, repository, stamps, target="git")

    def finish() -> None:
        synced.finish(sink)
        found.leave(sink)

    return Outcome(
        full_name=name,
        told={
            "target": "git",
            "commits": synced.commits,
            "file_changes": synced.files,
            "vanished": synced.vanished,
            "undated": synced.undated,
            "requests": reach.client.spent.requests - asked_before,
        },
        repository=repository,
        touches=reduce(or_, touched, synced.touches | resolved.touches),
        finish=finish,
    )


async def _blame(cache: Path | None, at_once: int, reach: Reached, name: str) -> Outcome:
    sink = reach.sink()
    async with _cloned(reach, name, sink) as (found, touched):
        blamed = await sync_blame(
            sink,
            found.local,
            directory=reach.directory,
            watch=reach.watch(name, "files"),
            cache=cache or found.graph,
            at_once=at_once,
            batch_size=reach.batch_size,
        )
    counts = ("revision", "files", "lines", "rows")
    return Outcome(
        full_name=name,
        told={"target": "blame", **{each: getattr(blamed, each) for each in counts}},
        repository=blamed.repository,
        touches=reduce(or_, touched, Touches()),
        finish=partial(found.leave, sink),
    )


def _git_sentence(told: dict[str, Any]) -> str:
    said = "{repository}: {commits} new commits, {file_changes} file changes, in {seconds} s."
    if told["vanished"]:
        said += " {vanished} commits are no longer on the branch."
    if told["undated"]:
        said += " {undated} had no readable date and count on 1970-01-01."
    return said.format(**told) + " Next: dev-hops metrics daily"


def _blame_sentence(told: dict[str, Any]) -> str:
    return (
        "{repository}: {files} files blamed that may have changed, {lines} lines, in {seconds} s. "
        "Next: dev-hops metrics ownership"
    ).format(**told)


def _unhindered() -> None:
    """Nobody ends a run of the command line but its user."""
