"""Who is there: people with their clocks, bots, teams, repositories and projects.

Names are made up, of plants and weather; nobody is called so.
"""

from datetime import date
from typing import Final

from devhealth.synthetic.dice import Dice
from devhealth.synthetic.rhythm import DAY, HOUR, at, day_of
from devhealth.synthetic.world import Person, Project, Repository, Status, Stint, Team

OWNER: Final = "quillworks"

_GIVEN: Final = (
    "Alder", "Briony", "Clover", "Dahlia", "Elder", "Fern", "Gorse", "Hazel", "Iris", "Juniper",
    "Kelp", "Linden", "Maple", "Nettle", "Olive", "Poppy", "Quince", "Rowan", "Sorrel", "Thistle",
    "Umber", "Violet", "Willow", "Yarrow",
)  # fmt: skip
_FAMILY: Final = (
    "Drizzle", "Frostby", "Galeworth", "Hailstone", "Mistral", "Nimbus", "Overcast", "Rainford",
    "Sleetham", "Thunderly", "Zephyrine",
)  # fmt: skip
# Minutes east of UTC in winter, and whether there is a summer time.
_CLOCKS: Final = (
    (60, True), (60, True), (0, True), (330, False), (-300, False), (345, False), (60, True),
    (-480, False), (540, False), (-210, False),
)  # fmt: skip
_BOTS: Final = (
    ("updates", "dependabot", "dependabot[bot]"),
    ("reviews", "lamplighter", "lamplighter[bot]"),
    ("agent", "copilot-swe-agent", "copilot-swe-agent[bot]"),
)
UPDATES, REVIEWS, AGENT = (key for key, _, _ in _BOTS)
# As AI assistants sign commits: names and addresses of programs, nobody's.
ASSISTANTS: Final = (
    ("aider (opus)", "noreply@aider.chat"),
    ("OpenCode", "noreply@opencode.ai"),
    ("Copilot", "copilot@github.com"),
)
_REPOSITORIES: Final = (
    "api", "web", "billing", "infra-live", "mobile", "search", "infra-tools", "docs", "ledger",
    "gateway", "reports", "sandbox",
)  # fmt: skip
_TEAMS: Final = (
    ("orchard", "Orchard"), ("harbour", "Harbour"), ("foundry", "Foundry"), ("meadow", "Meadow"),
    ("quarry", "Quarry"), ("lantern", "Lantern"),
)  # fmt: skip
_PROJECTS: Final = ("ORCH", "HARB", "FOUN", "MEAD", "QUAR", "LANT")

STATUSES: Final = (
    Status(name="Backlog", category="todo", means="todo"),
    Status(name="To Do", category="todo", means="todo"),
    Status(name="In Progress", category="in_progress", means="in_progress"),
    Status(name="Code Review", category="in_progress", means="in_review"),
    Status(name="On Hold", category="in_progress", means="blocked"),
    Status(name="Awaiting Pigeon", category="in_progress", means="blocked"),  # only they know why
    Status(name="Done", category="done", means="done"),
    Status(name="Won't Do", category="done", means="canceled"),
)
CUSTOM: Final = "Awaiting Pigeon"


def people(dice: Dice, count: int) -> tuple[Person, ...]:
    """So many, bots (the last ones) among them."""
    humans = tuple(_human(dice, place) for place in range(max(count - len(_BOTS), 2)))
    return (*humans, *(_bot(*each) for each in _BOTS))


def teams(dice: Dice, cast: tuple[Person, ...], since: date, days: int) -> tuple[Team, ...]:
    """A team for each five people. One in nine changes sides, one in eleven helps out elsewhere;
    the last person is in none. Of the last team neither repositories nor a project are its own."""
    humans = [each for each in cast if each.kind == "human"][:-1]
    count = max(2, min(len(_TEAMS), len(humans) // 5))
    stints: list[list[Stint]] = [[] for _ in range(count)]
    for place, person in enumerate(humans):
        home = place % count
        if place % 9 == 4:
            turn = at((day_of(since) + dice.between(days // 4, days // 2)) * DAY + 13 * HOUR + 30)
            stints[home].append(Stint(person=person.key, until=turn))
            stints[(home + 1) % count].append(Stint(person=person.key, since=turn))
        else:
            stints[home].append(Stint(person=person.key))
        if place % 11 == 2:
            stints[(home + 1) % count].append(Stint(person=person.key, is_primary=False))
    return tuple(
        Team(
            key=key,
            name=name,
            members=tuple(members),
            repositories=() if place == count - 1 else _owned(place),
            projects=() if place == count - 1 else (_PROJECTS[place],),
        )
        for place, ((key, name), members) in enumerate(zip(_TEAMS, stints, strict=False))
    )


def repositories(
    dice: Dice, count: int, owners: tuple[Team, ...], since: date, days: int
) -> tuple[Repository, ...]:
    """The third has another name at first, the last but one is archived, the last is a fork of the
    first; the second counts releases, the sixth merges. Two of them share a project."""
    return tuple(_repository(dice, place, count, owners, since, days) for place in range(count))


def projects(of: tuple[Repository, ...], owners: tuple[Team, ...]) -> tuple[Project, ...]:
    keys = sorted({each.project for each in of}, key=_PROJECTS.index)
    owned = {project: team.key for team in owners for project in team.projects}
    return tuple(
        Project(key=key, name=f"Project {key.title()}", native_id=str(10_000 + place),
                owner=owned.get(key))
        for place, key in enumerate(keys)
    )  # fmt: skip


def _human(dice: Dice, place: int) -> Person:
    given, family = _GIVEN[place % len(_GIVEN)], _FAMILY[(place * 5) % len(_FAMILY)]
    turn = place // len(_GIVEN)
    login = f"{given}-{family}{turn or ''}".lower()
    minutes, has_summer_time = _CLOCKS[place % len(_CLOCKS)]
    emails = [f"{given}.{family}{turn or ''}@{OWNER}.example".lower()]
    if dice.chance(40):
        emails.append(f"{login}@home.example")
    if dice.chance(25):
        emails.append(f"{100 + place}+{login}@users.noreply.github.com")
    return Person(
        key=login,
        name=f"{given} {family}{' ' + str(turn + 1) if turn else ''}",
        emails=tuple(emails),
        login=login,
        kind="human",
        utc_offset_minutes=minutes,
        has_summer_time=has_summer_time,
    )


def _bot(key: str, login: str, name: str) -> Person:
    return Person(
        key=key,
        name=name,
        emails=(f"{name}@users.noreply.github.com",),
        login=login,
        kind="bot",
        utc_offset_minutes=0,
    )


def _owned(place: int) -> tuple[str, ...]:
    """By name, and one by how it begins."""
    mine = _REPOSITORIES[2 * place : 2 * place + 2]
    return tuple(
        f"{OWNER}/infra-*" if each == "infra-live" else f"{OWNER}/{each}"
        for each in mine
        if each != "infra-tools"
    )


def _repository(
    dice: Dice, place: int, count: int, owners: tuple[Team, ...], since: date, days: int
) -> Repository:
    name = _REPOSITORIES[place % len(_REPOSITORIES)]
    name += str(place // len(_REPOSITORIES) + 1) if place >= len(_REPOSITORIES) else ""
    is_renamed, is_fork = place == 2, count > 3 and place == count - 1
    name = f"{_REPOSITORIES[0]}-fork" if is_fork else name
    full_name = f"{OWNER}/{name}"
    is_archived = count > 4 and place == count - 2
    began = day_of(since)
    project = _PROJECTS[place // 2 % len(_PROJECTS)]
    return Repository(
        key=name,
        full_name=full_name,
        native_id=7_000 + place,
        created_at=at((began - dice.between(1, 400)) * DAY + dice.below(DAY)),
        former_name=f"{OWNER}/old-{name}" if is_renamed else None,
        renamed_at=at((began + days // 2) * DAY + 11 * HOUR) if is_renamed else None,
        archived_at=at((began + days * 3 // 4) * DAY) if is_archived else None,
        fork_of=_REPOSITORIES[0] if is_fork else None,
        merging="squash" if place % 3 == 1 else "merge",
        counts={1: "release", 5: "merge"}.get(place, "deployment"),
        owner=_owner(full_name, owners),
        project=project,
    )


def _owner(full_name: str, owners: tuple[Team, ...]) -> str | None:
    """By its name, else by the longest beginning."""
    named = {pattern: team.key for team in owners for pattern in team.repositories}
    if full_name in named:
        return named[full_name]
    begun = [each for each in named if each.endswith("*") and full_name.startswith(each[:-1])]
    return named[max(begun, key=len)] if begun else None
