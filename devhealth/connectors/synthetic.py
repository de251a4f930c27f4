"""A made-up provider: a world of `devhealth.synthetic`, told like git, GitHub and a tracker tell.

Source: the seed. No limit; nothing is asked of anybody. A page is a request.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from devhealth.connectors import synthetic_words as words
from devhealth.connectors.git_log import RawCommit
from devhealth.connectors.local import RawPersons
from devhealth.http.spent import Spent
from devhealth.synthetic.world import HOST, Commit, History, Project, Repository, World

Raw = dict[str, Any]
Told = tuple[datetime, str, Raw]
"""When it changed last, the id that a sweep tells, and how it is told."""

PAGE = 100
IDENTITIES: Mapping[str, tuple[str, ...]] = {
    "prs": ("number",),
    "cicd": ("id",),
    "deployments": ("__typename", "id"),
    "incidents": ("fullDatabaseId",),
    "work-items": ("id",),
}


@dataclass(frozen=True, slots=True)
class Page:
    items: Sequence[Raw]


class Synthetic:
    """A repository or a project of a world. What happens there is made when it is first asked for,
    and kept as long as this is.

    is_early  the repository is told under the name that it had at first
    """

    name = "synthetic"
    targets = ("git", "prs", "cicd", "deployments", "incidents", "work-items")
    host = HOST

    def __init__(
        self, world: World, place: Repository | Project, *, is_early: bool = False
    ) -> None:
        self.world, self.place = world, place
        self.is_early = is_early
        self.spent = Spent()
        self.unfinished: dict[str, Sequence[str]] = {}
        self.vanished: dict[str, list[str]] = {}

    @property
    def full_name(self) -> str:
        if isinstance(self.place, Project):
            return self.place.key
        return self.place.first_name if self.is_early else self.place.full_name

    async def repository(self) -> Raw:
        """The body of either; of a repository with what git says of it."""
        self._ask()
        if isinstance(self.place, Project):
            return words.project(self.place)
        return words.repository(self.place, self.full_name, self.history.commits)

    @cached_property
    def history(self) -> History:
        """Raises `TypeError` for a project."""
        if isinstance(self.place, Project):
            raise TypeError(f"{self.place.key} is no repository")
        return self.world.history(self.place)

    @cached_property
    def people(self) -> words.People:
        return {each.key: each for each in self.world.people}

    def git(self) -> "Branch":
        """What `sync.sync_git` reads instead of a clone."""
        return Branch(self)

    def prs(self, since: datetime | None, before: datetime | None) -> AsyncGenerator[Page, None]:
        return self._changed("prs", since, before)

    def cicd(self, since: datetime | None, before: datetime | None) -> AsyncGenerator[Page, None]:
        return self._changed("cicd", since, before)

    def deployments(
        self, since: datetime | None, before: datetime | None
    ) -> AsyncGenerator[Page, None]:
        return self._changed("deployments", since, before)

    def incidents(
        self, since: datetime | None, before: datetime | None
    ) -> AsyncGenerator[Page, None]:
        return self._changed("incidents", since, before)

    def work_items(
        self, since: datetime | None, before: datetime | None
    ) -> AsyncGenerator[Page, None]:
        return self._changed("work-items", since, before)

    def ids(self, target: str) -> AsyncGenerator[Page, None]:
        names = IDENTITIES[target]
        return self._pages([{name: raw[name] for name in names} for _, _, raw in self._all(target)])

    def _changed(
        self, target: str, since: datetime | None, before: datetime | None
    ) -> AsyncGenerator[Page, None]:
        """The oldest change first; with it what is asked for again, whenever it changed."""
        listed = sorted(self._all(target), key=lambda each: each[:2])
        asked = set(self.unfinished.get(target, ()))
        self.vanished[target] = sorted(asked - {own for _, own, _ in listed})
        return self._pages(
            [raw for at, own, raw in listed if own in asked or _is_within(at, since, before)]
        )

    async def _pages(self, listed: Sequence[Raw]) -> AsyncGenerator[Page, None]:
        for start in range(0, max(len(listed), 1), PAGE):
            self._ask()
            yield Page(listed[start : start + PAGE])

    def _ask(self) -> None:
        self.spent.requests += 1

    def _all(self, target: str) -> Iterable[Told]:
        return _TOLD[target](self)

    def _told_prs(self) -> Iterable[Told]:
        for each in self.history.pull_requests:
            raw = words.pull_request(each, self.full_name, self.people)
            yield each.updated_at, str(each.number), raw

    def _told_runs(self) -> Iterable[Told]:
        for each in self.history.runs:
            last = each.attempts[-1]
            raw = words.run(each, self.history.repository, self.full_name)
            yield last.finished_at or last.queued_at, str(each.run_id), raw

    def _told_deployments(self) -> Iterable[Told]:
        for each in self.history.deployments:
            changed = each.retired_at or each.finished_at or each.started_at or each.created_at
            yield changed, each.deployment_id, words.deployment(each, self.full_name)

    def _told_incidents(self) -> Iterable[Told]:
        for each in self.history.incidents:
            raw = words.incident(each, self.full_name)
            yield each.resolved_at or each.opened_at, str(each.incident_id), raw

    def _told_items(self) -> Iterable[Told]:
        if not isinstance(self.place, Project):
            raise TypeError(f"{self.full_name} is no project")
        work = self.world.work(self.place)
        statuses = {each.name: each for each in self.world.statuses}
        projects = {each.key: each for each in self.world.projects}
        sprints = {each.sprint_id: each for each in work.sprints}
        for each in work.items:
            raw = words.item(each, self.people, statuses, projects, sprints)
            yield each.updated_at, each.native_id, raw


class Branch:
    """The default branch of a repository, as a clone of it tells it. Nothing ever leaves it."""

    def __init__(self, of: Synthetic) -> None:
        self.of, self.commits = of, of.history.commits

    async def repository(self) -> Raw:
        return await self.of.repository()

    async def git(
        self,
        head: str,
        *,
        since: datetime | None = None,
        before: datetime | None = None,
        known: str | None = None,
    ) -> AsyncGenerator[RawCommit, None]:
        """Commits up to `head` that are not up to `known`, newest first."""
        for each in self._between(head, known):
            if _is_within(each.committed_at, since, before):
                yield words.commit(each, self.of.people)

    async def count(
        self,
        head: str,
        *,
        since: datetime | None = None,
        before: datetime | None = None,
        known: str | None = None,
    ) -> int:
        found = self._between(head, known)
        return sum(_is_within(each.committed_at, since, before) for each in found)

    async def persons(self, head: str) -> AsyncGenerator[RawPersons, None]:
        for each in self._between(head):
            yield words.persons(each, self.of.people)

    async def mailmap(self, head: str) -> tuple[str, bytes]:
        """Nobody has one."""
        return "", b""

    async def has(self, commit: str) -> bool:
        return any(each.hash == commit for each in self.commits)

    async def vanished(self, head: str, known: str) -> AsyncIterator[str]:
        for each in self._between(known, head):
            yield each.hash

    async def hashes(self, head: str) -> AsyncIterator[str]:
        for each in self._between(head):
            yield each.hash

    def _between(self, head: str, known: str | None = None) -> list[Commit]:
        hashes = [each.hash for each in self.commits]
        first = hashes.index(known) + 1 if known else 0
        return [*reversed(self.commits[first : hashes.index(head) + 1])]


_TOLD = {
    "prs": Synthetic._told_prs,
    "cicd": Synthetic._told_runs,
    "deployments": Synthetic._told_deployments,
    "incidents": Synthetic._told_incidents,
    "work-items": Synthetic._told_items,
}


def _is_within(at: datetime, since: datetime | None, before: datetime | None) -> bool:
    return (since is None or since <= at) and (before is None or at < before)
