"""What the client narrows its pages to: `filters` of a body, or `f` of an address.

Both are one JSON object; `f` is the base64url of it with its keys sorted. Fields of features that
are not here (roles, services, artifacts, initiatives, blocked, wip_state) narrow nothing.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from apps.errors import BadRequest, NotFound, Unprocessable
from apps.metrics import entities
from apps.metrics.delivery_performance import NOTHING
from apps.metrics.labels import team_names
from apps.metrics.operations import IDENTITIES_READ
from apps.metrics.questions import Selection
from apps.metrics.services import MOST_DAYS, Cells, identities, shift
from apps.metrics.services import Asked as Days
from apps.metrics.telling import require_apart
from apps.orgs.members import Member
from devhealth.analytics.questions import Dimension
from devhealth.models.directory import THEMES, UNASSIGNED, UNCLASSIFIED
from devhealth.models.rollups import RepoDay

Level = Literal["org", "team", "repo", "service", "developer", "person"]
Ids = list[str] | None

MOST_IDS = 200
MOST_REPOSITORIES = 10_000  # of an organisation, for a choice of them
DEFAULT_DAYS = 14


class Part(BaseModel):
    """The client adds fields in time: what is not known here is left aside."""

    model_config = ConfigDict(extra="ignore")


class Time(Part):
    """`end_date` is the last day itself. As many days before are compared, always."""

    range_days: int = Field(default=DEFAULT_DAYS, ge=1, le=MOST_DAYS)
    start_date: date | None = None
    end_date: date | None = None


class Scope(Part):
    level: Level = "org"
    ids: Ids = Field(default=None, max_length=MOST_IDS)


class Who(Part):
    developers: Ids = Field(default=None, max_length=MOST_IDS)


class What(Part):
    repos: Ids = Field(default=None, max_length=MOST_IDS)


class Why(Part):
    work_category: Ids = Field(default=None, max_length=MOST_IDS)
    issue_type: Ids = Field(default=None, max_length=MOST_IDS)


class How(Part):
    flow_stage: Ids = Field(default=None, max_length=MOST_IDS)


class Filter(Part):
    time: Time = Time()
    scope: Scope = Scope()
    who: Who = Who()
    what: What = What()
    why: Why = Why()
    how: How = How()


@dataclass(frozen=True, slots=True)
class Chosen:
    """UTC days, and whose work."""

    days: Days
    selection: Selection

    @property
    def since(self) -> date:
        return self.days.window()[0]

    @property
    def until(self) -> date:
        """The day after the last."""
        return self.days.window()[1]

    def ids(self, dimension: Dimension) -> Sequence[str] | None:
        """Those that count. None: all do."""
        return self.selection.where.get(dimension)

    def uuids(self, dimension: Dimension) -> list[UUID] | None:
        ids = self.ids(dimension)
        return None if ids is None else [UUID(each) for each in ids]


# --- reading -------------------------------------------------------------------------------------


def chosen(filters: Mapping[str, Any] | None, f: str = "", *, by: Member) -> Chosen:
    """A body's filter, else the address's, else the last days of everything.

    Raises `BadRequest` for an `f` that cannot be read, `Unprocessable` for what is no filter, and
    `NotFound` for a team, a repository or a person of nobody here.
    """
    told = decoded(f) if filters is None and f else dict(filters or {})
    try:
        asked = Filter.model_validate({name: each for name, each in told.items() if each})
    except ValidationError as error:
        raise _invalid(error) from error
    return Chosen(days_of(asked.time), Selection(where=_where(asked, by)))


def of_scope(
    level: Level,
    ids: Iterable[str],
    *,
    range_days: int = DEFAULT_DAYS,
    start_date: date | None = None,
    end_date: date | None = None,
    by: Member,
) -> Chosen:
    """The same from the parameters of an address."""
    time = Time(range_days=range_days, start_date=start_date, end_date=end_date)
    asked = Filter(time=time, scope=Scope(level=level, ids=[each for each in ids if each]))
    return Chosen(days_of(time), Selection(where=_where(asked, by)))


def days_of(time: Time) -> Days:
    """Raises `BadRequest` for days that cannot be asked."""
    until = shift(time.end_date, 1) if time.end_date else None
    since = time.start_date or shift(
        Days(rollup=RepoDay, until=until).window()[1], -time.range_days
    )
    days = Days(rollup=RepoDay, since=since, until=until)
    days.window()
    return days


def decoded(f: str) -> dict[str, Any]:
    """Raises `BadRequest`."""
    try:
        told = json.loads(urlsafe_b64decode(f + "=" * (-len(f) % 4)))
    except (NotBase64, ValueError) as error:
        raise BadRequest("`f` is no filter: base64url of its JSON.", code="invalid_f") from error
    if not isinstance(told, dict):
        raise BadRequest("`f` is no filter: base64url of a JSON object.", code="invalid_f")
    return told


def encoded(filters: Mapping[str, Any]) -> str:
    text = json.dumps(filters, sort_keys=True, separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _invalid(error: ValidationError) -> Unprocessable:
    errors = [
        {"pointer": "/body/filters/" + "/".join(map(str, each["loc"])), "detail": each["msg"]}
        for each in error.errors()
    ]
    return Unprocessable("The filter is not valid.", code="invalid_filter", errors=errors)


# --- whose work ----------------------------------------------------------------------------------

Known = Callable[[Sequence[str], Member], set[str]]


def _where(asked: Filter, by: Member) -> dict[Dimension, tuple[str, ...]]:
    """What is named twice must both hold."""
    where: dict[Dimension, set[str]] = {}
    for dimension, ids in _tests(asked):
        if ids:
            known = KNOWN[dimension](ids, by) if dimension in KNOWN else set(ids)
            where[dimension] = where[dimension] & known if dimension in where else known
    return {name: tuple(sorted(ids)) or (NOTHING,) for name, ids in where.items()}


def _tests(asked: Filter) -> Iterable[tuple[Dimension, Ids]]:
    if asked.scope.level == "service" and asked.scope.ids:
        raise NotFound("There are no services here.", code="unknown_scope")
    if asked.scope.level in LEVELS:
        yield LEVELS[asked.scope.level], asked.scope.ids
    yield Dimension.AUTHOR, asked.who.developers
    yield Dimension.REPO, asked.what.repos
    categories = [each.rpartition(".")[2] for each in asked.why.work_category or ()]
    yield Dimension.THEME, [each for each in categories if _is_theme(each)]
    yield Dimension.SUBCATEGORY, [each for each in categories if not _is_theme(each)]
    yield Dimension.WORK_TYPE, asked.why.issue_type
    yield Dimension.STATUS, asked.how.flow_stage


def _is_theme(category: str) -> bool:
    return category in THEMES or category == UNCLASSIFIED


def repositories(by: Member) -> Sequence[Cells]:
    """By full name."""
    return entities.repositories_page(by=by, limit=MOST_REPOSITORIES).rows


def _repositories(ids: Sequence[str], by: Member) -> set[str]:
    """Of ids and full names. Raises `NotFound`."""
    found = {
        name: row["repo_id"]
        for row in repositories(by)
        for name in (row["repo_id"], row["full_name"].lower())
    }
    return _each(ids, found)


def _teams(ids: Sequence[str], by: Member) -> set[str]:
    """Of ids and names. Raises `NotFound`."""
    found = {
        name: team_id
        for team_id, team in team_names(by=by).items()
        for name in (team_id, team.lower())
    }
    return _each(ids, found | {UNASSIGNED: UNASSIGNED})


def _each(ids: Sequence[str], found: Mapping[str, str]) -> set[str]:
    if any(each.lower() not in found for each in ids):
        raise NotFound("One of the teams or repositories named is none of yours.")
    return {found[each.lower()] for each in ids}


def _people(ids: Sequence[str], by: Member) -> set[str]:
    """Raises `NotFound`, `Unprocessable` for fewer people than are told apart, and `Forbidden`."""
    by.require(IDENTITIES_READ)
    wanted = {text for each in ids if (text := _uuid(each))}
    if len(wanted) < len(set(ids)) or len(identities(wanted, by=by)) < len(wanted):
        raise NotFound("There is no such person here.")
    require_apart(wanted, by=by)
    return wanted


def _uuid(text: str) -> str:
    """'': it is none."""
    try:
        return str(UUID(text))
    except ValueError:
        return ""


LEVELS: Mapping[str, Dimension] = {
    "team": Dimension.TEAM,
    "repo": Dimension.REPO,
    "developer": Dimension.AUTHOR,
    "person": Dimension.AUTHOR,
}
KNOWN: Mapping[Dimension, Known] = {
    Dimension.TEAM: _teams,
    Dimension.REPO: _repositories,
    Dimension.AUTHOR: _people,
}
