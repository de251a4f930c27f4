"""Who everybody is, by the rules that METRICS §3 and `docs` give, told here once more.

`author_id` is the UUID5, under a name space that never changes, of what a person is known by: the
Directory's primary text, which is their primary address; of a bot, whom it does not list,
`github:login[bot]`; of those whose account is gone, `unknown`. `repo_id` is that of
`host/owner/name` at first sight, in lower case; a project's `work_scope_id` that of its site and
the site's own id. Each has a name space of its own.
"""

from collections import defaultdict
from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid5

from devhealth.synthetic.world import HOST, Project, Repository, Stint, World

UNASSIGNED: Final = "unassigned"

_AUTHORS: Final = UUID("5d2cdd5e-3f0e-5c0b-9f4e-6a1f3c9b7a10")
_REPOSITORIES: Final = UUID("0b6c8f0e-8d7b-5f5e-9a55-2f0d4f6f6c11")
_SCOPES: Final = UUID("1f9b3c7a-42d8-5e60-8a15-7c0e9d2b6f34")
_ALWAYS: Final = datetime.min.replace(tzinfo=UTC)


def repo_id(repository: Repository) -> str:
    return str(uuid5(_REPOSITORIES, f"{HOST}/{repository.first_name}".lower()))


def scope_id(project: Project) -> str:
    return str(uuid5(_SCOPES, f"{HOST}/{project.native_id}"))


class People:
    """Everybody of a world; None is whoever is gone."""

    def __init__(self, world: World) -> None:
        self._ids: dict[str | None, str] = {None: _id("unknown")}
        self._bots: set[str | None] = set()
        self._addresses: dict[str, str] = {}
        for each in world.people:
            is_bot = each.kind == "bot"
            known_by = f"github:{each.login}[bot]" if is_bot else each.emails[0]
            self._ids[each.key] = _id(known_by)
            self._addresses |= dict.fromkeys(map(str.lower, each.emails), each.key)
            if is_bot:
                self._bots.add(each.key)
        self._stints = _stints(world)

    def id_of(self, person: str | None) -> str:
        return self._ids[person]

    def kind_of(self, person: str | None) -> str:
        return "bot" if person in self._bots else "human"

    def helper(self, address: str) -> str | None:
        """The person that an address of a co-author is of. None: a program's, or a bot's."""
        found = self._addresses.get(address.lower())
        return None if found in self._bots else found

    def team_of(self, person: str | None, at: datetime) -> str:
        """Their primary team at an instant; of several the one that they joined last."""
        for stint, team in self._stints[person]:
            begun = stint.since is None or stint.since <= at
            if begun and (stint.until is None or at < stint.until):
                return team
        return UNASSIGNED


def _id(known_by: str) -> str:
    return str(uuid5(_AUTHORS, known_by.lower()))


def _stints(world: World) -> dict[str | None, list[tuple[Stint, str]]]:
    """Of each person, those that go before others first."""
    found: dict[str | None, list[tuple[Stint, str]]] = defaultdict(list)
    for team in world.teams:
        for stint in team.members:
            found[stint.person].append((stint, team.key))
    for mine in found.values():
        mine.sort(key=lambda each: each[1])
        mine.sort(key=lambda each: each[0].since or _ALWAYS, reverse=True)
        mine.sort(key=lambda each: not each[0].is_primary)
    return found
