"""What the Directory says of a record: whose it is, for which team, and what kind of work.

Records carry these stamps, so that whatever reads them later needs no Directory. When the Directory
changes, the stored records are stamped anew (`restamp`, with `stamped`, which says the same of many
records at once).
"""

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from devhealth.models.directory import DEPLOYMENT_KINDS, Directory
from devhealth.processors.calendar import Calendar
from devhealth.processors.categories import Categories
from devhealth.processors.identity import Identities
from devhealth.processors.teams import Teams, owner_of


@dataclass(frozen=True, slots=True)
class Stamp:
    """The stamped columns of a commit; the first two are its files', too."""

    author_id: UUID
    actor_kind: str
    team_id: str
    author_team_id: str
    time_of_week: str
    co_author_ids: list[str]


class Stamps:
    """The Directory's word on the records of one repository, given by its full name."""

    def __init__(self, directory: Directory, full_name: str) -> None:
        self.directory = directory
        self.people = Identities(directory)
        self.teams = Teams(directory)
        self.calendar = Calendar(directory.hours)
        self.categories = Categories(directory)
        self._deployments = dict(directory.deployment_kinds)
        self._of(full_name)

    def of_repository(self, full_name: str) -> "Stamps":
        """The same Directory's word on another repository; whom it meets, both have met."""
        other = copy(self)
        other._of(full_name)
        return other

    def deployment_kind(self, full_name: str) -> str:
        """What counts as a deployment of a repository: one of `DEPLOYMENT_KINDS`."""
        return owner_of(self._deployments, full_name.lower()) or DEPLOYMENT_KINDS[0]

    def of_commit(
        self,
        author: tuple[str, str],
        authored_at: datetime,
        offset_minutes: int | None,
        committed_at: datetime,
        co_authors: Iterable[str],
    ) -> Stamp:
        """`author` is a name and an address, `co_authors` are addresses; instants in UTC."""
        identity = self.people.meet(*author, committed_at)
        own = self.teams.of_person(identity.author_id, committed_at)
        return Stamp(
            author_id=identity.author_id,
            actor_kind=identity.actor_kind,
            team_id=self.owner or own,
            author_team_id=own,
            time_of_week=self.calendar.time_of_week(authored_at, offset_minutes),
            co_author_ids=self.co_authors(co_authors, identity.author_id),
        )

    def co_authors(self, addresses: Iterable[str], author_id: UUID) -> list[str]:
        """The people behind these addresses, the author left out."""
        people = (self.people.of_address(address) for address in addresses)
        found = {each.author_id for each in people if each.actor_kind == "human"}
        return sorted(str(each) for each in found - {author_id})

    def _of(self, full_name: str) -> None:
        self.full_name = full_name
        self.owner = self.teams.of_repository(full_name)
