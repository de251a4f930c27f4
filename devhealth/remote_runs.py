"""Repositories or projects of a provider, one after the other: what becomes of one is nothing to
the next."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from devhealth.commands import batch_size, opened, prepare, read_directory, watched
from devhealth.credentials import Credential
from devhealth.errors import DevHealthError, Permanent
from devhealth.http import Client, Sent, Unauthorized
from devhealth.models.directory import Directory
from devhealth.models.records import RECORDS, Repository, WorkScope
from devhealth.models.touches import Touches
from devhealth.progress import Move
from devhealth.remote_options import Asked
from devhealth.restamp import Restamped, restamp
from devhealth.sinks import Sink, Store, sink_of_run
from devhealth.sites import Site
from devhealth.sync import Watch


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What became of one repository, or of one project of a tracker.

    told         for scripts: names and numbers
    unreachable  why it, or the target, could not be seen, as a sentence; '': it could
    is_refused   the credential was: whatever else it is asked for will be, too
    finish       to be called once all that follows from the run is sure to be
    """

    full_name: str
    told: dict[str, Any] = field(default_factory=dict)
    unreachable: str = ""
    is_refused: bool = False
    repository: Repository | None = None
    project: WorkScope | None = None
    touches: Touches = field(default_factory=Touches)
    finish: Callable[[], object] = lambda: None

    def scripted(self, restamped: Restamped) -> dict[str, Any]:
        """The answer for scripts, with the days that wait to be computed."""
        days = _days(self.touches)
        seen = self.repository or self.project
        if seen:
            (of,) = seen.key
            days |= _days(restamped.touches, str(getattr(seen, of)))
        return {
            **self._called(),
            **self.told,
            "dirty_days": len(days),
            "unreachable": self.unreachable or None,
        }

    def _called(self) -> dict[str, Any]:
        """Of a project its key stands where the name of a repository does."""
        if self.project:
            of = {"work_scope_id": str(self.project.work_scope_id)}
            return {"repository": self.project.scope_key, "repo_id": None, **of}
        repository = self.repository
        return {
            "repository": repository.full_name if repository else self.full_name,
            "repo_id": str(repository.repo_id) if repository else None,
        }


@dataclass(slots=True, kw_only=True)
class Reached:
    """A provider in the hands of a command. `things` are of all its repositories."""

    asked: Asked
    site: Site
    credential: Credential
    client: Client
    store: Store
    org: UUID
    directory: Directory
    batch_size: int
    move: Move
    shown: Callable[[], None] = lambda: None  # after every request
    things: int = 0

    def sink(self) -> Sink:
        """Of a run that begins now."""
        return sink_of_run(self.store, self.org, RECORDS)

    def watch(self, name: str, counted: str) -> Watch[Any]:
        """The bar moves with what `counted` says, and with every request."""
        before, done = self.things, 0

        def progress(so_far: Any) -> None:
            nonlocal done
            done = getattr(so_far, counted)
            self.things = before + done
            self.shown()

        self.shown = lambda: self.show(name, done)
        return Watch(progress=progress)

    def show(self, name: str, done: int) -> None:
        """The bar: things of all repositories, and what the provider was asked for them."""
        spent = self.client.spent
        self.move(
            self.things,
            0,
            f"{name}: {done:,} things; {spent.requests:,} requests, {spent.cost:,} quota",
        )


Work = Callable[[Reached, str], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a command writes, and what it goes by: the options of every command."""

    db: str
    org: UUID
    as_json: bool
    directory_file: Path | None


def run(asked: Asked, place: Place, work: Work, said: Callable[[dict[str, Any]], str]) -> None:
    """Every repository or project that is asked for; then what became of each.

    Leaves with 2 where none could be seen, or the credential was refused.
    """
    directory = read_directory(place.directory_file) or Directory()
    with opened(place.db) as store, watched("things") as move:
        prepare(store)
        told, is_refused = asyncio.run(_all(asked, place, directory, store, move, work))
    unseen = [each for each in told if each["unreachable"]]
    if place.as_json:
        click.echo(json.dumps(told if asked.search else told[0]))
    else:
        for each in told:
            if not each["unreachable"]:
                click.echo(said(each))
    for each in unseen:
        click.echo(f"dev-hops: {each['repository']}: {each['unreachable']}", err=True)
    if is_refused or len(unseen) == len(told):
        sys.exit(2)


async def _all(
    asked: Asked, place: Place, directory: Directory, store: Store, move: Move, work: Work
) -> tuple[list[dict[str, Any]], bool]:
    async with _reached(asked, store, place.org, directory, move) as reach:
        outcomes = await _in_turn(reach, work)
        restamped = await _settled(reach, outcomes)
    return [each.scripted(restamped) for each in outcomes], outcomes[-1].is_refused


@asynccontextmanager
async def _reached(
    asked: Asked, store: Store, org: UUID, directory: Directory, move: Move
) -> AsyncIterator[Reached]:
    """Raises Permanent for an address or a credential that is none."""
    site = asked.site()
    credential = asked.credential(site)
    found: list[Reached] = []

    def on_request(sent: Sent) -> None:
        for each in found:
            each.shown()

    async with site.client(credential, on_request=on_request) as client:
        found.append(
            Reached(
                asked=asked,
                site=site,
                credential=credential,
                client=client,
                store=store,
                org=org,
                directory=directory,
                batch_size=batch_size(),
                move=move,
            )
        )
        yield found[0]


async def _names(reach: Reached) -> list[str]:
    """Full names of what is asked for. Raises Permanent where nothing is."""
    if not reach.asked.search:
        return [reach.asked.full_name]
    found = await reach.site.search(reach.client, reach.asked.search)
    if not found:
        raise Permanent(
            f"Nothing matches {reach.asked.search}, as far as the credential sees: check the name "
            "and what it may read."
        )
    return found


async def _in_turn(reach: Reached, work: Work) -> list[Outcome]:
    """A refused credential ends all: whatever else it is asked for would be refused, too."""
    outcomes: list[Outcome] = []
    for name in await _names(reach):
        began = time.monotonic()
        outcome = await _one(reach, work, name)
        outcome.told["seconds"] = round(time.monotonic() - began, 3)
        outcomes.append(outcome)
        reach.shown = _nothing
        if outcome.is_refused:
            break
    return outcomes


async def _one(reach: Reached, work: Work, name: str) -> Outcome:
    try:
        return await work(reach, name)
    except Unauthorized as error:
        return Outcome(full_name=name, unreachable=str(error), is_refused=True)
    except DevHealthError as error:
        return Outcome(full_name=name, unreachable=str(error))


async def _settled(reach: Reached, outcomes: list[Outcome]) -> Restamped:
    """All that is stored says what the Directory says; then names that were left are forgotten."""
    restamped = Restamped({}, Touches())
    if any(each.repository or each.project for each in outcomes):
        restamped = await restamp(reach.sink(), reach.directory, batch_size=reach.batch_size)
    for each in outcomes:
        each.finish()
    return restamped


def _days(touches: Touches, partition: str | None = None) -> set[date]:
    there = (days for (_, key), days in touches.days.items() if partition in (None, key))
    return set[date]().union(*there)


def _nothing() -> None:
    """Nobody is at work."""
