"""What a provider's API tells of a repository: fetch → process → write, one target at a time.

The repository comes first, then the target's pages; so many things are written together as make a
batch, in bounded memory. A thing that cannot be read is put aside under its address, and the run
goes on. What the provider has no more is found by a sweep. In the end it is worked out what stored
records say of one another, and a row of coverage says what was seen, and what was not and why; so
it does where the run fails on the way.

Rows are upserts under the run's version, so a run that was cut short is simply run again, from the
same instant on. The caller keeps up to when all of it was fetched, and calls `finish`.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import polars as pl

from devhealth import people, places, repositories
from devhealth.connectors import Listing, Page, Remote
from devhealth.errors import DevHealthError
from devhealth.http import Forbidden, Missing
from devhealth.http.spent import Spent
from devhealth.linking import link, link_all
from devhealth.models.directory import Directory
from devhealth.models.records import PullRequest, Repository, SourceCoverage, WorkItem
from devhealth.models.touches import Touches
from devhealth.places import Place
from devhealth.processors import Processor, processor_of
from devhealth.processors.reading import Raw, Unreadable
from devhealth.processors.stamps import Stamps
from devhealth.putting import Batch, Putting
from devhealth.quarantine import Quarantine
from devhealth.remote import TARGETS, Target
from devhealth.resolving import resolve
from devhealth.sinks import BATCH_SIZE, Sink
from devhealth.sweeping import sweep
from devhealth.sync import NOBODY, Watch

THINGS = 500  # written together, at most
UNREACHABLE = (Missing, Forbidden, Unreadable)  # this source's trouble and nobody else's


@dataclass(slots=True)
class Fetched:
    """What a run did. Counts are of this run; of `requests` and `quota` as the provider counts.

    place        None: it could not be seen
    changed      things that were stored otherwise, or not at all
    unreachable  why the target could not be seen, as a sentence; None: it could
    """

    target: str
    place: Place | None = None
    unreachable: str | None = None
    fetched: int = 0
    changed: int = 0
    written: int = 0
    quarantined: int = 0
    pages: int = 0
    requests: int = 0
    quota: int = 0
    oldest_at: datetime | None = None
    newest_at: datetime | None = None
    touches: Touches = field(default_factory=Touches)

    @property
    def repository(self) -> Repository | None:
        """None: it could not be seen, or it is a tracker's project."""
        return self.place.repository if self.place else None

    @property
    def is_renamed(self) -> bool:
        """The repository has another name than when it was seen last: what is stamped by its name
        must be stamped anew before `finish`."""
        return self.place is not None and self.place.is_renamed

    def finish(self, sink: Sink) -> None:
        """Forget the name that the repository had. Call it when all that follows is sure to be."""
        if self.repository and self.is_renamed:
            repositories.leave(sink, self.repository)


async def sync_target(
    sink: Sink,
    connector: Remote,
    target: str,
    *,
    run_id: UUID | None,
    since: datetime | None = None,
    before: datetime | None = None,
    names: Sequence[str] = (),
    is_sweep: bool = False,
    directory: Directory | None = None,
    watch: Watch[Fetched] = NOBODY,
    batch_size: int = BATCH_SIZE,
) -> Fetched:
    """Fetch what changed in [since, before) of one of `remote.TARGETS`.

    names     these things instead, whenever they changed (`Remote.named`)
    run_id    of the row of coverage. None: there is none, as a few things say nothing of the rest
    is_sweep  all ids are asked for, too, and what is gone becomes a tombstone; never of what is
              archived, or cannot be seen
    watch     `checkpoint` is called for every thing and before every read and write

    A source that is missing or forbidden is told as `unreachable`; every other error is raised,
    once the row of coverage says why. What was written until then is right.
    """
    asking = _Asking(connector)
    run = _Run(
        sink=sink,
        asking=asking,
        processor=processor_of(connector.name),
        target=TARGETS[target],
        directory=directory or Directory(),
        watch=watch,
        batch_size=batch_size,
    )
    try:
        await run.everything(since, before, names, is_sweep=is_sweep)
    except DevHealthError as error:
        if run_id and error is asking.refusal:
            run.cover(run_id, str(error))
        raise
    if run_id:
        run.cover(run_id, run.fetched.unreachable)
    watch.progress(run.fetched)
    return run.fetched


@dataclass(slots=True)
class _Asking:
    """What a connector is asked in this run; `refusal` is the error that it raised."""

    connector: Remote
    refusal: DevHealthError | None = None
    before: Spent = field(init=False)

    def __post_init__(self) -> None:
        self.before = replace(self.connector.spent)

    @property
    def spent(self) -> tuple[int, int]:
        """Requests, and what they cost."""
        now = self.connector.spent
        return now.requests - self.before.requests, now.cost - self.before.cost

    async def place(self) -> Raw:
        try:
            return await self.connector.repository()
        except DevHealthError as error:
            self.refusal = error
            raise

    async def pages(self, listed: AsyncGenerator[Page, None]) -> AsyncGenerator[Page, None]:
        try:
            async with aclosing(listed) as pages:
                async for page in pages:
                    yield page
        except DevHealthError as error:
            self.refusal = error
            raise


@dataclass(slots=True, kw_only=True)
class _Run:
    """One target of one repository."""

    sink: Sink
    asking: _Asking
    processor: Processor
    target: Target
    directory: Directory
    watch: Watch[Fetched]
    batch_size: int
    fetched: Fetched = field(init=False)
    batch: Batch = field(init=False)
    putting: Putting = field(init=False)
    quarantine: Quarantine = field(init=False)

    def __post_init__(self) -> None:
        self.fetched, self.batch = Fetched(self.target.name), Batch(self.target)

    async def everything(
        self,
        since: datetime | None,
        before: datetime | None,
        names: Sequence[str],
        *,
        is_sweep: bool,
    ) -> None:
        """What was taken until the source was out of reach is written, and what follows from it."""
        try:
            await self.begin()
            self.ask_again(before, names)
            await self.fetch(self.listed(since, before, names))
            await self.bury_vanished()
            if is_sweep and not self.putting.place.is_archived:
                await self.sweep()
        except UNREACHABLE as error:
            self.fetched.unreachable = str(error)
        if self.fetched.place:
            await self.write()
            await self.conclude()

    async def begin(self) -> None:
        """The place, as it is stored from now on."""
        checkpoint = self.watch.checkpoint
        checkpoint()
        place = await places.keep(
            self.sink,
            self.processor,
            await self.asking.place(),
            has_work=self.target.thing is WorkItem,
            noted=self.note,
            checkpoint=checkpoint,
        )
        self.putting = Putting(
            sink=self.sink,
            target=self.target,
            place=place,
            stamps=Stamps(self.directory, place.name),
            noted=self.note,
            checkpoint=checkpoint,
            batch_size=self.batch_size,
        )
        self.quarantine = Quarantine(
            sink=self.sink,
            source_id=place.source_id,
            repo_id=place.place_id,
            target=self.target.name,
            checkpoint=checkpoint,
        )
        self.fetched.place = place

    def ask_again(self, before: datetime | None, names: Sequence[str]) -> None:
        """A run up to now is told what became of all that was not over."""
        target, connector = self.target, self.asking.connector
        ids: list[str] = []
        if target.under_way and before is None and not names:
            self.watch.checkpoint()
            where = {**self.putting.here(target.thing), **target.under_way}
            rows = self.sink.read(target.thing, where=where, columns=[target.by])
            ids = rows[target.by].unique().sort().to_list()
        connector.unfinished[target.name], connector.vanished[target.name] = ids, []

    async def bury_vanished(self) -> None:
        """What the provider says is no more, of what it was asked for by its id."""
        if gone := self.asking.connector.vanished[self.target.name]:
            await self.write()
            buried = self.known_as(gone)
            self.fetched.changed += len(buried)
            self.fetched.written += await self.putting.bury(buried)

    def known_as(self, native_ids: Sequence[str]) -> Sequence[Any]:
        """By the target's own column what the provider calls so."""
        target = self.target
        if not target.known_as:
            return native_ids
        self.watch.checkpoint()
        where = {**self.putting.here(target.thing), target.known_as: [*native_ids]}
        return self.sink.read(target.thing, where=where, columns=[target.by])[target.by].to_list()

    def listed(
        self, since: datetime | None, before: datetime | None, names: Sequence[str]
    ) -> AsyncGenerator[Page, None]:
        if names:
            return self.asking.connector.named(self.target.name, names)
        listing: Listing = getattr(self.asking.connector, self.target.method)
        return listing(since, before)

    async def fetch(self, listed: AsyncGenerator[Page, None]) -> None:
        async with aclosing(self.asking.pages(listed)) as pages:
            async for page in pages:
                self.fetched.pages += 1
                for raw in page.items:
                    self.take(raw)
                    if len(self.batch.things) >= THINGS or self.batch.rows >= self.batch_size:
                        await self.write()

    def take(self, raw: Any) -> None:
        self.watch.checkpoint()
        try:
            records = self.target.read(self.processor, _object(raw), self.putting.place)
        except Unreadable as error:
            self.put_aside(raw, error)
            return
        self.quarantine.release(lambda: self.processor.address(self.target.name, raw))
        self.fetched.fetched += bool(records)
        self.batch.take(records)

    def put_aside(self, raw: Any, error: Unreadable) -> None:
        self.fetched.quarantined += 1
        self.quarantine.take(self.processor.address(self.target.name, raw), str(error))

    async def write(self) -> None:
        """What was taken since the last time."""
        batch, self.batch = self.batch, Batch(self.target)
        if batch.things:
            told = batch.frames()
            self.saw(told[self.target.thing])
            done = await self.putting.put(told)
            self.fetched.written += done.written
            self.fetched.changed += done.changed
        self.quarantine.write()
        self.watch.progress(self.fetched)

    def saw(self, things: pl.DataFrame) -> None:
        """Between which instants what was fetched lies."""
        instants = [at for name in self.target.thing.instants for at in things[name].drop_nulls()]
        known = [at for at in (self.fetched.oldest_at, self.fetched.newest_at) if at]
        self.fetched.oldest_at = min([*known, *instants], default=None)
        self.fetched.newest_at = max([*known, *instants], default=None)

    async def sweep(self) -> None:
        """Bury what is gone. Where one id cannot be read, nobody knows what is."""
        await self.write()
        with suppress(Unreadable):  # it is put aside
            self.fetched.written += await sweep(self.putting, self.ids)

    async def ids(self) -> set[str]:
        name, found = self.target.name, set[str]()
        async with aclosing(self.asking.pages(self.asking.connector.ids(name))) as pages:
            async for page in pages:
                self.watch.checkpoint()
                for raw in page.items:
                    try:
                        found.add(self.processor.known_by(name, _object(raw)))
                    except Unreadable as error:
                        self.put_aside(raw, error)
                        raise
        return found

    async def conclude(self) -> None:
        """Who people are, and what stored records say of one another."""
        putting, checkpoint = self.putting, self.watch.checkpoint
        people.meet(self.sink, putting.stamps.people, checkpoint)
        watch: Watch[Any] = Watch(noted=self.note, checkpoint=checkpoint)
        if putting.place.repository:
            resolved = await resolve(
                self.sink,
                putting.place.repository,
                putting.stamps,
                target=self.target.name,
                watch=watch,
                batch_size=self.batch_size,
            )
            self.fetched.written += resolved.rows.total()
        if self.target.thing is WorkItem:
            linked = await link_all(self.sink, putting.stamps, watch=watch)
            self.fetched.written += linked.rows.total()
        elif self.target.thing is PullRequest:
            linked = await link(self.sink, putting.place.place_id, putting.stamps, watch=watch)
            self.fetched.written += linked.rows.total()

    def cover(self, run_id: UUID, reason: str | None) -> None:
        """The row of coverage."""
        fetched = self.fetched
        fetched.requests, fetched.quota = self.asking.spent
        source_id, repo_id = self.source()
        self.watch.checkpoint()
        self.sink.write(
            [
                SourceCoverage(
                    source_id=source_id,
                    repo_id=repo_id,
                    target=self.target.name,
                    run_id=run_id,
                    fetched=fetched.fetched,
                    written=fetched.written,
                    quarantined=fetched.quarantined,
                    pages=fetched.pages,
                    requests=fetched.requests,
                    quota=fetched.quota,
                    oldest_at=fetched.oldest_at,
                    newest_at=fetched.newest_at,
                    unreachable_reason=reason,
                    finished_at=max(self.sink.version, datetime.now(UTC)),
                )
            ]
        )

    def source(self) -> tuple[str, UUID]:
        """The host and the place; of one that nobody could see, what is known of its name."""
        if seen := self.fetched.place:
            return seen.source_id, seen.place_id
        return places.at(self.sink, self.asking.connector)

    async def note(self, touches: Touches) -> None:
        await self.watch.noted(touches)
        self.fetched.touches |= touches


def _object(raw: Any) -> Raw:
    if not isinstance(raw, Mapping):
        raise Unreadable("It is no object.")
    return raw
