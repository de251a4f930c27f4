"""What the made-up organisation decides: who is who, who is in which team, what counts as what."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from devhealth.models.directory import (
    BOT_PATTERNS,
    CategoryRule,
    Directory,
    Membership,
    Team,
)
from devhealth.synthetic.cast import ASSISTANTS, CUSTOM
from devhealth.synthetic.world import Person, Stint, World

RULES: Final = (
    CategoryRule("operational", "incident_response", types=("incident",)),
    CategoryRule("risk", "security", labels=("security",)),
    CategoryRule("quality", "bugfix", types=("bug",)),
    CategoryRule("quality", "bugfix", labels=("bug",)),
    CategoryRule("maintenance", "upgrade", labels=("dependencies",)),
    CategoryRule("maintenance", "debt", labels=("tech-debt", "refactor")),
    CategoryRule("quality", "testing", titles=("test *",)),
    CategoryRule("feature_delivery", "customer", labels=("customer", "feature")),
    CategoryRule("feature_delivery", "roadmap", types=("story",)),
)
_PROGRAMS: Final = tuple(address for _, address in ASSISTANTS)


def directory(world: World) -> Directory:
    """Every person's addresses, login and name mean them; assistants are no people."""
    known_by = {each.key: primary(each) for each in world.people}
    return Directory(
        aliases={text: primary(each) for each in _humans(world) for text in _texts(each)},
        names={primary(each): each.name for each in _humans(world)},
        bots=(*BOT_PATTERNS, *_PROGRAMS),
        teams=tuple(
            Team(
                team_id=each.key,
                name=each.name,
                members=tuple(_membership(stint, known_by) for stint in each.members),
                repositories=each.repositories,
                projects=tuple(key.lower() for key in each.projects),
            )
            for each in world.teams
        ),
        statuses={CUSTOM.lower(): _means(world)},
        categories=RULES,
        deployment_kinds=tuple(
            (each.full_name, each.counts)
            for each in world.repositories
            if each.counts != "deployment"
        ),
    )


def toml(world: World) -> str:
    """The same as a file for `--directory`."""
    return "\n".join(_lines(world))


def primary(person: Person) -> str:
    """What the Directory knows them by."""
    return person.emails[0]


def _lines(world: World) -> Iterator[str]:
    yield f"# The organisation that seed {world.seed} makes up."
    for person in _humans(world):
        aliases = [text for text in _texts(person) if text != primary(person)]
        yield f'\n[[people]]\nemail = "{primary(person)}"\nname = "{person.name}"'
        yield f"aliases = {_listed(aliases)}"
    known_by = {each.key: primary(each) for each in world.people}
    for team in world.teams:
        yield f'\n[[teams]]\nkey = "{team.key}"\nname = "{team.name}"'
        yield f"repositories = {_listed(team.repositories)}\nprojects = {_listed(team.projects)}"
        yield "members = ["
        yield from (f"    {_member(stint, known_by)}," for stint in team.members)
        yield "]"
    yield f"\n[bots]\npatterns = {_listed(_PROGRAMS)}"
    for each in world.repositories:
        if each.counts != "deployment":
            yield f'\n[[deployments]]\nrepositories = ["{each.full_name}"]\nkind = "{each.counts}"'
    yield f'\n[statuses]\n"{CUSTOM}" = "{_means(world)}"'
    yield from (line for rule in RULES for line in _rule(rule))
    yield ""


def _humans(world: World) -> Iterator[Person]:
    return (each for each in world.people if each.kind == "human")


def _texts(person: Person) -> tuple[str, ...]:
    return (*person.emails, f"github:{person.login}", person.name.lower())


def _membership(stint: Stint, known_by: dict[str, str]) -> Membership:
    return Membership(known_by[stint.person], stint.since, stint.until, stint.is_primary)


def _member(stint: Stint, known_by: dict[str, str]) -> str:
    said = [f'person = "{known_by[stint.person]}"']
    said += [f"since = {_instant(stint.since)}"] if stint.since else []
    said += [f"until = {_instant(stint.until)}"] if stint.until else []
    said += [] if stint.is_primary else ["is_primary = false"]
    return f"{{{', '.join(said)}}}"


def _rule(rule: CategoryRule) -> Iterator[str]:
    yield f'\n[[categories]]\ntheme = "{rule.theme}"\nsubcategory = "{rule.subcategory}"'
    for name in ("types", "labels", "titles"):
        if patterns := getattr(rule, name):
            yield f"{name} = {_listed(patterns)}"


def _means(world: World) -> str:
    return next(each.means for each in world.statuses if each.name == CUSTOM)


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _listed(texts: Sequence[str]) -> str:
    return json.dumps(list(texts))  # for such texts JSON's words are TOML's
