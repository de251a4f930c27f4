"""Names for what answers are grouped by, and how much of people may be told apart."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property

from apps.metrics.directory import settings_now
from apps.metrics.models import Person, Team
from apps.metrics.operations import METRICS_READ
from apps.metrics.services import Cells, identities
from apps.metrics.store import sink
from apps.orgs.services import Member
from devhealth.analytics.parts import Key, Privacy
from devhealth.analytics.questions import Dimension
from devhealth.models.directory import UNASSIGNED
from devhealth.models.records import Identity, Repository, WorkScope
from devhealth.processors.identity import author_id

REPOSITORY = ("repo_id", "full_name", "url")


class Labels:
    """Names by id: each kind by one query, for all that were wanted, once somebody asks."""

    def __init__(self, by: Member) -> None:
        self._by = by
        self._wanted: dict[Dimension | None, set[str]] = defaultdict(set)

    def want(self, dimension: Dimension | None, keys: Iterable[Key]) -> None:
        self._wanted[dimension].update(key[0] for key in keys if key)

    def name(self, dimension: Dimension | None, key: Key) -> str | None:
        """Null: nothing is known under this id any more."""
        match dimension:
            case Dimension.REPO:
                return self.repository(key[0]).get("full_name") or self.scope(key[0])
            case Dimension.WORK_SCOPE:
                return self.scope(key[0])
            case Dimension.AUTHOR:
                return self.person(key[0]).get("name")
            case Dimension.TEAM:
                return UNASSIGNED if key[0] == UNASSIGNED else self._teams.get(key[0])
        return key[-1]

    def scope(self, work_scope_id: str) -> str | None:
        """As people call it. Null: nothing is known under this id any more."""
        return self._scopes.get(work_scope_id)

    def repository(self, repo_id: str) -> Cells:
        return self._repositories.get(repo_id, {})

    def person(self, author_id: str) -> Cells:
        return self._people.get(author_id, {})

    @cached_property
    def _repositories(self) -> Mapping[str, Cells]:
        wanted = self._wanted[Dimension.REPO] | self._wanted[Dimension.FILE]
        here = sink(self._by.organization)
        frame = here.read(Repository, where={"repo_id": sorted(wanted)}, columns=REPOSITORY)
        return {row["repo_id"]: row for row in frame.to_dicts()}

    @cached_property
    def _scopes(self) -> Mapping[str, str]:
        """A tracker's project stands in the place of a repository, where what work was for is."""
        unknown = {each for each in self._wanted[Dimension.REPO] if not self.repository(each)}
        keys = [(each,) for each in sorted(self._wanted[Dimension.WORK_SCOPE] | unknown)]
        found = sink(self._by.organization).get(WorkScope, keys) if keys else None
        return {} if found is None else dict(found.select("work_scope_id", "scope_key").iter_rows())

    @cached_property
    def _people(self) -> Mapping[str, Cells]:
        return identities(self._wanted[Dimension.AUTHOR], by=self._by)

    @cached_property
    def _teams(self) -> Mapping[str, str]:
        return team_names(by=self._by)


def team_names(*, by: Member) -> dict[str, str]:
    """All there are, by id: they are few, and an id of a team of old may be no UUID."""
    by.require(METRICS_READ)
    return {str(team_id): name for team_id, name in Team.objects.values_list("id", "name")}


def bots_of(by: Member) -> frozenset[str]:
    """Their ids, by one query of the store."""
    where = {"actor_kind": "bot"}
    found = sink(by.organization).read(Identity, where=where, columns=["author_id"])
    return frozenset(found["author_id"])


def privacy_of(by: Member) -> Privacy:
    """The organisation's threshold, and which identity is the person's who asks; whose answers
    have bots in them must say which they are (`bots_of`)."""
    who = Person.objects.filter(user_id=by.user.pk).first()
    own = frozenset({str(author_id(who.known_by))}) if who else frozenset()
    return Privacy(settings_now().privacy_threshold, own)
