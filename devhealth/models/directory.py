"""What the organisation decides about its people and their work, as one value.

The service builds a `Directory` from its tables, the CLI from a TOML file:

    [[people]]
    email = "ada@example.com"                       # the primary address
    name = "Ada Lovelace"
    aliases = ["ada@old.example", "github:ada", "Ada L."]

    [bots]
    patterns = ["*-deploy@example.com"]             # beside the built-in ones
    humans = ["robot@example.com"]                  # no bots, whatever the patterns say
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, ValidationError

from devhealth.errors import Permanent

BOT_PATTERNS: tuple[str, ...] = (
    "*[[]bot[]]",
    "*[[]bot[]]@*",
    "*dependabot*",
    "renovate@*",
    "renovate-bot*",
    "bot@renovateapp.com",
    "github-actions*",
    "*github-actions@*",
    "pre-commit-ci*",
    "greenkeeper*",
    "pyup-bot*",
    "snyk-bot*",
    "semantic-release-bot*",
    "allcontributors*",
    "mergify*",
    "bors@*",
    "weblate*",
    "noreply@weblate.org",
    "copybara*",
)


@dataclass(frozen=True, slots=True)
class Directory:
    """Identity aliases and bot rules. Every text in it is lower case, names of people apart.

    aliases  any address, `provider:login` or name → the primary address
    names    primary address → display name
    bots     shell patterns on name, address and login
    humans   addresses, logins or names that no pattern turns into a bot
    """

    aliases: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    bots: tuple[str, ...] = BOT_PATTERNS
    humans: frozenset[str] = frozenset()


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class _Person(_Strict):
    email: str
    name: str = ""
    aliases: list[str] = []


class _Bots(_Strict):
    patterns: list[str] = []
    humans: list[str] = []


class _File(_Strict):
    people: list[_Person] = []
    bots: _Bots = _Bots()


def parse_directory(toml: str) -> Directory:
    """The Directory that a TOML text describes. Raises `Permanent` naming the entry at fault."""
    try:
        file = _File.model_validate(tomllib.loads(toml))
    except tomllib.TOMLDecodeError as error:
        raise Permanent(f"The directory file is no valid TOML: {error}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Permanent(f"The directory file is wrong at `{place}`: {first['msg']}.") from error
    return Directory(
        aliases=_aliases(file.people),
        names={person.email.lower(): person.name for person in file.people if person.name},
        bots=BOT_PATTERNS + tuple(pattern.lower() for pattern in file.bots.patterns),
        humans=frozenset(human.lower() for human in file.bots.humans),
    )


def _aliases(people: list[_Person]) -> dict[str, str]:
    aliases: dict[str, str] = {}
    for person in people:
        primary = person.email.lower()
        for alias in (primary, *(alias.lower() for alias in person.aliases)):
            if aliases.setdefault(alias, primary) != primary:
                raise Permanent(
                    f"The directory file gives `{alias}` to both {aliases[alias]} and {primary}: "
                    "keep it in one entry."
                )
    return aliases
