"""Repositories, people and teams, as lists: records with what the Directory says of them by now.

An organisation has few of them beside what they do: repositories and teams are read whole, then
searched and paged here; people are paged by the store.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.utils import timezone

from apps.cursors import Places
from apps.metrics import identities, operations
from apps.metrics.directory import load
from apps.metrics.services import Cells
from apps.metrics.store import sink
from apps.orgs.members import Member
from devhealth.models.directory import Directory, Team
from devhealth.models.records import Repository
from devhealth.processors.identity import person_id
from devhealth.processors.teams import Teams

COLUMNS = (
    "repo_id", "provider", "full_name", "url", "default_branch", "is_fork", "is_archived",
    "created_at",
)  # fmt: skip

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows in order, and the way to name the place after each."""

    rows: Sequence[Row]
    has_next: bool
    places: Places
    place: Callable[[Row], list[Any]]

    def cursor(self, row: Row) -> str:
        return self.places.write(self.place(row))

    @property
    def next_cursor(self) -> str | None:
        """Null: this is the last page."""
        return self.cursor(self.rows[-1]) if self.has_next else None


class Now:
    """Whose people and repositories are by the Directory as it stands, read once if asked."""

    @cached_property
    def directory(self) -> Directory:
        return load().directory

    @cached_property
    def teams(self) -> dict[str, Team]:
        return {team.team_id: team for team in self.directory.teams}

    def of_repository(self, full_name: str) -> Team | None:
        return self.teams.get(self._teams.of_repository(full_name) or "")

    def of_person(self, author_id: UUID) -> Team | None:
        """Their primary team."""
        return self.teams.get(self._teams.of_person(author_id, self._at))

    def members(self, team: Team) -> set[UUID]:
        """Who is in it, primarily or not."""
        return {
            person_id(self.directory, member.person)
            for member in team.members
            if member.is_in_force(self._at)
        }

    @cached_property
    def _teams(self) -> Teams:
        return Teams(self.directory)

    @cached_property
    def _at(self) -> datetime:
        return timezone.now()


# --- repositories --------------------------------------------------------------------------------


def repositories_page(
    q: str = "",
    team_ids: Collection[str] | None = None,
    *,
    by: Member,
    limit: int,
    after: str | None = None,
    now: Now | None = None,
) -> Page[Cells]:
    """By full name; `q` stands in it, in whatever case; `team_ids` own them. One store query."""
    by.require(operations.METRICS_READ)
    text = q.strip().lower()
    rows = sink(by.organization).read(Repository, columns=list(COLUMNS)).to_dicts()
    found = [row for row in rows if text in row["full_name"].lower()]
    if team_ids is not None:
        now = now or Now()
        owners = {row["repo_id"]: now.of_repository(row["full_name"]) for row in found}
        found = [row for row in found if _is_among(owners[row["repo_id"]], team_ids)]
    places = _places(by, "repositories", text, team_ids)
    return page_of(found, _repository_place, places, limit, after)


def _repository_place(row: Cells) -> list[str]:
    return [row["full_name"].lower(), row["repo_id"]]


# --- teams ---------------------------------------------------------------------------------------


def teams_page(
    q: str = "", *, by: Member, limit: int, after: str | None = None, now: Now | None = None
) -> Page[Team]:
    """By name; `q` stands in it, in whatever case."""
    by.require(operations.DIRECTORY_READ)
    text = q.strip().lower()
    found = [team for team in (now or Now()).directory.teams if text in team.name.lower()]
    return page_of(found, _team_place, _places(by, "teams", text), limit, after)


def _team_place(team: Team) -> list[str]:
    return [team.name.lower(), team.team_id]


# --- people --------------------------------------------------------------------------------------


def people_page(
    q: str = "",
    team_ids: Collection[str] | None = None,
    *,
    with_bots: bool = False,
    by: Member,
    limit: int,
    after: str | None = None,
    now: Now | None = None,
) -> identities.Page:
    """By name, as `identities_page`; `team_ids`: whose primary team is one of these by now."""
    by.require(operations.IDENTITIES_READ)
    ids = None
    if team_ids is not None:
        now = now or Now()
        members = {each for team in now.directory.teams for each in now.members(team)}
        ids = [each for each in members if _is_among(now.of_person(each), team_ids)]
    chosen = identities.Chosen(q, None if with_bots else "human", ids, team_ids)
    return identities.chosen_page(chosen, by=by, limit=limit, after=after)


# --- what they share -----------------------------------------------------------------------------


def _is_among(team: Team | None, team_ids: Collection[str]) -> bool:
    return team is not None and team.team_id in team_ids


def _places(by: Member, kind: str, text: str, team_ids: Collection[str] | None = None) -> Places:
    return Places(by.organization.id, kind, text, None if team_ids is None else sorted(team_ids))


def page_of(
    rows: Sequence[Row],
    place: Callable[[Row], list[Any]],
    places: Places,
    limit: int,
    after: str | None,
) -> Page[Row]:
    """Of rows in any order, those after a place."""
    begun: list[Any] = places.read(after) if after else []
    ordered = sorted((row for row in rows if place(row) > begun), key=place)
    return Page(ordered[:limit], len(ordered) > limit, places, place)
