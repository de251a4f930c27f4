"""The Directory as a TOML file, for the CLI:

[[people]]
email = "ada@example.com"                       # the primary address
name = "Ada Lovelace"
aliases = ["ada@old.example", "github:ada", "Ada L."]

[[teams]]
key = "platform"
name = "Platform"
repositories = ["acme/api", "acme/infra-*"]     # exact before prefix, longest prefix first
projects = ["PLAT"]
members = [
    {person = "ada@example.com"},
    {person = "github:grace", since = 2026-01-05T12:00:00Z, until = 2026-06-01},
]

[bots]
patterns = ["*-deploy@example.com"]             # beside the built-in ones
humans = ["robot@example.com"]                  # no bots, whatever the patterns say

[hours]
opens = 08:30:00
closes = 17:00:00
timezone = "Europe/Berlin"                      # where a provider tells only UTC

[[deployments]]                                 # else the provider's deployments are counted
repositories = ["acme/cli", "acme/lib-*"]       # as of teams
kind = "release"                                # deployment, release or merge

[statuses]                                      # a tracker's own, or a label → what it means
"Ready for QA" = "in_review"                    # todo, in_progress, blocked, done or canceled

[[categories]]                                  # the first that matches decides; all lists must
theme = "quality"
subcategory = "bugfix"
types = ["bug"]                                 # shell patterns, as labels and titles are
"""

import tomllib
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from devhealth.errors import Permanent
from devhealth.models.directory import (
    BOT_PATTERNS,
    DEPLOYMENT_KINDS,
    STATUSES,
    THEMES,
    UNASSIGNED,
    BusinessHours,
    CategoryRule,
    Directory,
    Membership,
    Team,
)

_USUAL = BusinessHours()


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class _Person(_Strict):
    email: str
    name: str = ""
    aliases: list[str] = []


class _Member(_Strict):
    person: str
    since: datetime | date | None = None
    until: datetime | date | None = None
    is_primary: bool = True

    def membership(self) -> Membership:
        since, until = _instant(self.since), _instant(self.until)
        return Membership(self.person.lower(), since, until, self.is_primary)


class _Team(_Strict):
    key: str
    name: str = ""
    repositories: list[str] = []
    projects: list[str] = []
    members: list[_Member] = []

    @field_validator("key")
    @classmethod
    def _is_free(cls, key: str) -> str:
        if key == UNASSIGNED:
            raise ValueError(f"`{UNASSIGNED}` is what no team has")
        return key

    def team(self) -> Team:
        return Team(
            self.key,
            self.name or self.key,
            tuple(member.membership() for member in self.members),
            tuple(pattern.lower() for pattern in self.repositories),
            tuple(pattern.lower() for pattern in self.projects),
        )


class _Bots(_Strict):
    patterns: list[str] = []
    humans: list[str] = []


class _Hours(_Strict):
    opens: time = _USUAL.opens
    closes: time = _USUAL.closes
    timezone: str = _USUAL.timezone

    @model_validator(mode="after")
    def _is_a_day(self) -> "_Hours":
        require_hours(self.opens, self.closes, self.timezone)
        return self


class _Deployments(_Strict):
    repositories: list[str]
    kind: str

    @field_validator("kind")
    @classmethod
    def _is_known(cls, kind: str) -> str:
        if kind not in DEPLOYMENT_KINDS:
            raise ValueError(f"`{kind}` is none of {', '.join(DEPLOYMENT_KINDS)}")
        return kind


class _Category(_Strict):
    theme: str
    subcategory: str
    types: list[str] = []
    labels: list[str] = []
    titles: list[str] = []
    paths: list[str] = []

    @model_validator(mode="after")
    def _is_known(self) -> "_Category":
        if self.subcategory not in THEMES.get(self.theme, ()):
            known = ", ".join(f"{theme}.{each}" for theme in THEMES for each in THEMES[theme])
            raise ValueError(f"`{self.theme}.{self.subcategory}` is none of {known}")
        if not (self.types or self.labels or self.titles or self.paths):
            raise ValueError("a rule without any list would match everything: name what it is for")
        return self

    def rule(self) -> CategoryRule:
        types, labels, titles, paths = (
            tuple(pattern.lower() for pattern in patterns)
            for patterns in (self.types, self.labels, self.titles, self.paths)
        )
        return CategoryRule(
            theme=self.theme,
            subcategory=self.subcategory,
            types=types,
            labels=labels,
            titles=titles,
            paths=paths,
        )


class _File(_Strict):
    people: list[_Person] = []
    teams: list[_Team] = []
    bots: _Bots = _Bots()
    hours: _Hours = Field(default_factory=_Hours)
    deployments: list[_Deployments] = []
    statuses: dict[str, str] = {}
    categories: list[_Category] = []

    @field_validator("statuses")
    @classmethod
    def _are_known(cls, statuses: dict[str, str]) -> dict[str, str]:
        for raw, status in statuses.items():
            if status not in STATUSES:
                raise ValueError(f"`{status}` of `{raw}` is none of {', '.join(STATUSES)}")
        return {raw.strip().lower(): status for raw, status in statuses.items()}


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
        teams=_teams(file.teams),
        hours=BusinessHours(file.hours.opens, file.hours.closes, file.hours.timezone),
        deployment_kinds=_deployment_kinds(file.deployments),
        statuses=file.statuses,
        categories=tuple(each.rule() for each in file.categories),
    )


def require_hours(opens: time, closes: time, timezone: str) -> None:
    """Raises `ValueError` unless the hours are some of a day, in a zone of the IANA's."""
    if opens >= closes:
        raise ValueError("the hours close after they open, on the same day")
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"`{timezone}` is no time zone of the IANA database") from error


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


def _teams(given: list[_Team]) -> tuple[Team, ...]:
    owners: dict[str, str] = {}
    for team in given:
        for pattern in (*team.repositories, *team.projects):
            if owners.setdefault(pattern.lower(), team.key) != team.key:
                raise Permanent(
                    f"The directory file gives `{pattern}` to both {owners[pattern.lower()]} and "
                    f"{team.key}: keep it in one team."
                )
    if len({team.key for team in given}) < len(given):
        raise Permanent("The directory file has two teams of one key: give each its own.")
    return tuple(team.team() for team in given)


def _deployment_kinds(given: list[_Deployments]) -> tuple[tuple[str, str], ...]:
    kinds: dict[str, str] = {}
    for each in given:
        for pattern in (pattern.lower() for pattern in each.repositories):
            if kinds.setdefault(pattern, each.kind) != each.kind:
                raise Permanent(
                    f"The directory file counts both {kinds[pattern]} and {each.kind} as the "
                    f"deployments of `{pattern}`: keep it in one entry."
                )
    return tuple(kinds.items())


def _instant(moment: date | None) -> datetime | None:
    """A day means its beginning, a time without zone means UTC."""
    if moment is None:
        return None
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
