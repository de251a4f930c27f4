"""What the organisation decides about its people and their work, as one value.

The service builds a `Directory` from its tables, the CLI from a file (`directory_file`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time

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
    # GitLab's users behind tokens of projects and groups: docs.gitlab.com/user/project/settings
    "project_[0-9]*_bot*",
    "project[0-9]*_bot*@*",
    "group_[0-9]*_bot*",
    "group[0-9]*_bot*@*",
    "service_account_*",
)


ACTIVE = ("in_progress", "in_review")
WIP = (*ACTIVE, "blocked")
OVER = ("done", "canceled")
STATUSES = ("todo", *WIP, *OVER)

# Of work that no rule matches neither is known: it is `unclassified`.
THEMES: Mapping[str, tuple[str, ...]] = {
    "feature_delivery": ("customer", "roadmap", "enablement"),
    "operational": ("incident_response", "on_call", "support"),
    "maintenance": ("refactor", "upgrade", "debt"),
    "quality": ("testing", "bugfix", "reliability"),
    "risk": ("security", "compliance", "vulnerability"),
}

UNASSIGNED = "unassigned"  # the team of what no team has
UNCLASSIFIED = "unclassified"  # the kind of work that no rule matches

DEPLOYMENT_KINDS = ("deployment", "release", "merge")  # the first where nothing else is chosen


@dataclass(frozen=True, slots=True)
class Membership:
    """A person in a team over [since, until), UTC instants; null: always so, or for ever.

    person      any text that the Directory knows them by, lower case
    is_primary  of several teams that a person is in at once, one should be theirs
    """

    person: str
    since: datetime | None = None
    until: datetime | None = None
    is_primary: bool = True

    def is_in_force(self, at: datetime) -> bool:
        begun = self.since is None or self.since <= at
        return begun and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True)
class Team:
    """People, and what they own.

    repositories  full names or, with a `*` at the end, how they begin; lower case
    projects      the same for projects of work items
    """

    team_id: str
    name: str
    members: tuple[Membership, ...] = ()
    repositories: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BusinessHours:
    """Work on a weekday in [opens, closes) by a person's own clock is within hours.

    timezone  whose clock counts where a provider tells only UTC; an IANA name
    """

    opens: time = time(9)
    closes: time = time(18)
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class CategoryRule:
    """What makes a piece of work be of a theme and subcategory; every list given must match.

    Both are of `THEMES`.
    Patterns are shell patterns, lower case; a list matches if one of its patterns does.
    """

    theme: str
    subcategory: str
    types: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Directory:
    """Everything that an organisation decides. Texts are lower case, names of people apart.

    aliases     any address, `provider:login` or name → the person's primary text: their address,
                or what they are known by without one
    names       primary text → display name
    bots        shell patterns on name, address and login
    humans      addresses, logins or names that no pattern turns into a bot
    statuses    a tracker's own status → one of `STATUSES`
    categories  the first rule that matches decides
    deployment_kinds
                what counts as a deployment: a repository's full name or, with a `*` at the end, how
                it begins, and one of `DEPLOYMENT_KINDS`; the name goes before the longest prefix
    """

    aliases: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    bots: tuple[str, ...] = BOT_PATTERNS
    humans: frozenset[str] = frozenset()
    teams: tuple[Team, ...] = ()
    hours: BusinessHours = BusinessHours()
    statuses: Mapping[str, str] = field(default_factory=dict)
    categories: tuple[CategoryRule, ...] = ()
    deployment_kinds: tuple[tuple[str, str], ...] = ()
