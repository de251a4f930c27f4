"""A made-up provider: a world of `devhealth.synthetic`, told like git, GitHub and a tracker tell.

Source: the seed. No limit; nothing is asked of anybody. A page is a request.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from typing import Any, NamedTuple

from devhealth.connectors import synthetic_words as words
from devhealth.connectors.git_log import RawCommit
from devhealth.connectors.local import RawPersons
from devhealth.http.spent import Spent
from devhealth.synthetic.world import HOST, Commit, History, Project, Repository, World

Raw = dict[str, Any]
PAGE = 100


@dataclass(frozen=True, slots=True)
class Page:
    items: Sequence[Raw]


class _Thing(NamedTuple):
    """When it changed last, its own id, what a sweep is told of it, and how it is told."""

    at: datetime
    own: str
    known_by: Raw
    tell: Callable[[], Raw]


class Synthetic:
    """A repository or a project of a world. What happens there is made when it is first asked for,
    and kept as long as this is.

    is_early  the repository is told under the name that it had at first
    """

    name = "synthetic"
    targets: tuple[str, ...] = (
        "git", "prs", "cicd", "deployments", "incidents", "work-items",
    )  # fmt: skip
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

    def named(self, target: str, names: Sequence[str]) -> AsyncGenerator[Page, None]:
        """By their own ids."""
        listed = {each.own: each for each in _THINGS[target](self)}
        self.vanished[target] = sorted(set(names) - listed.keys())
        return self._pages([listed[name].tell for name in names if name in listed])

    def ids(self, target: str) -> AsyncGenerator[Page, None]:
        return self._pages([partial(_itself, each.known_by) for each in _THINGS[target](self)])

    def _changed(
        self, target: str, since: datetime | None, before: datetime | None
    ) -> AsyncGenerator[Page, None]:
        """The oldest change first; with it what is asked for again, whenever it changed."""
        listed = sorted(_THINGS[target](self), key=lambda each: (each.at, each.own))
        asked = set(self.unfinished.get(target, ()))
        self.vanished[target] = sorted(asked - {each.own for each in listed})
        return self._pages(
            [
                each.tell
                for each in listed
                if each.own in asked or _is_within(each.at, since, before)
            ]
        )

    async def _pages(self, listed: Sequence[Callable[[], Raw]]) -> AsyncGenerator[Page, None]:
        """Things are put into words page by page, so that few are in memory at once."""
        for start in range(0, max(len(listed), 1), PAGE):
            self._ask()
            yield Page([tell() for tell in listed[start : start + PAGE]])

    def _ask(self) -> None:
        self.spent.requests += 1

    def _prs(self) -> Iterator[_Thing]:
        for each in self.history.pull_requests:
            tell = partial(words.pull_request, each, self.full_name, self.people)
            yield _Thing(each.updated_at, str(each.number), {"number": each.number}, tell)

    def _runs(self) -> Iterator[_Thing]:
        history = self.history
        for each in history.runs:
            last = each.attempts[-1]
            tell = partial(words.run, each, history.repository, self.full_name)
            changed = last.finished_at or last.queued_at
            yield _Thing(changed, str(each.run_id), {"id": each.run_id}, tell)

    def _deployments(self) -> Iterator[_Thing]:
        for each in self.history.deployments:
            changed = each.retired_at or each.finished_at or each.started_at or each.created_at
            tell = partial(words.deployment, each, self.full_name)
            known_by = {"__typename": each.kind.title(), "id": each.deployment_id}
            yield _Thing(changed, each.deployment_id, known_by, tell)

    def _incidents(self) -> Iterator[_Thing]:
        for each in self.history.incidents:
            tell = partial(words.incident, each, self.full_name)
            known_by = {"fullDatabaseId": each.incident_id}
            yield _Thing(each.resolved_at or each.opened_at, str(each.incident_id), known_by, tell)

    def _items(self) -> Iterator[_Thing]:
        if not isinstance(self.place, Project):
            raise TypeError(f"{self.full_name} is no project")
        work = self.world.work(self.place)
        statuses = {each.name: each for each in self.world.statuses}
        projects = {each.key: each for each in self.world.projects}
        sprints = {each.sprint_id: each for each in work.sprints}
        for each in work.items:
            tell = partial(words.item, each, self.people, statuses, projects, sprints)
            yield _Thing(each.updated_at, each.native_id, {"id": each.native_id}, tell)


_THINGS: Mapping[str, Callable[[Synthetic], Iterator[_Thing]]] = {
    "prs": Synthetic._prs,
    "cicd": Synthetic._runs,
    "deployments": Synthetic._deployments,
    "incidents": Synthetic._incidents,
    "work-items": Synthetic._items,
}


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


def _itself(raw: Raw) -> Raw:
    return raw


def _is_within(at: datetime, since: datetime | None, before: datetime | None) -> bool:
    return (since is None or since <= at) and (before is None or at < before)
