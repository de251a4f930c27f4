"""Whose work it was: the team of a person at an instant, the team that owns a repository.

Delivery is counted for the team that owns the repository or project, and for the author's own
where none does; what is about people is counted for the author's primary team.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from uuid import UUID

from devhealth.models.directory import UNASSIGNED, Directory, Membership
from devhealth.processors.identity import person_id

_ALWAYS = datetime.min.replace(tzinfo=UTC)


class Teams:
    """The teams of a Directory, by person and by what they own."""

    def __init__(self, directory: Directory) -> None:
        self._repositories = _owners((team.team_id, team.repositories) for team in directory.teams)
        self._projects = _owners((team.team_id, team.projects) for team in directory.teams)
        self._memberships: dict[UUID, list[tuple[Membership, str]]] = defaultdict(list)
        for team in directory.teams:
            for member in team.members:
                person = person_id(directory, member.person)
                self._memberships[person].append((member, team.team_id))
        for memberships in self._memberships.values():
            memberships.sort(key=_precedence)

    def of_person(self, author_id: UUID, at: datetime) -> str:
        """The primary team at an instant (UTC): of the memberships in force one that is marked so,
        then the one that began last, then by the team's id; `unassigned` where there is none."""
        for member, team_id in self._memberships.get(author_id, ()):
            if member.is_in_force(at):
                return team_id
        return UNASSIGNED

    def turns(self, author_id: UUID) -> list[tuple[datetime, str]]:
        """The same for all time: from which instant on which team is theirs, oldest first. Nothing
        for who is in no team ever."""
        memberships = self._memberships.get(author_id, [])
        bounds = {bound for member, _ in memberships for bound in (member.since, member.until)}
        began = sorted({_ALWAYS, *(bound for bound in bounds if bound)}) if memberships else []
        return [(at, self.of_person(author_id, at)) for at in began]

    def of_repository(self, full_name: str) -> str | None:
        """The owner: by the whole name, else by the longest prefix. None: nobody's."""
        return owner_of(self._repositories, full_name.lower())

    def of_project(self, key: str) -> str | None:
        """The same for a project of work items."""
        return owner_of(self._projects, key.lower())


def _owners(patterns: Iterable[tuple[str, tuple[str, ...]]]) -> dict[str, str]:
    return {pattern: team_id for team_id, owned in patterns for pattern in owned}


def owner_of(owners: Mapping[str, str], name: str) -> str | None:
    """What a name is given: by itself, else by the longest pattern, one that ends in `*`, that it
    begins like. None: by no pattern. All in lower case.
    """
    if name in owners:
        return owners[name]
    prefixes = [
        pattern
        for pattern in owners
        if pattern.endswith("*") and name.startswith(pattern.removesuffix("*"))
    ]
    return owners[max(prefixes, key=len)] if prefixes else None


def _precedence(each: tuple[Membership, str]) -> tuple[bool, float, str]:
    member, team_id = each
    began = (member.since or _ALWAYS) - _ALWAYS
    return not member.is_primary, -began.total_seconds(), team_id
