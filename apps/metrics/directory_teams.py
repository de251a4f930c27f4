"""Teams: who is in them and when, and what they own."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from apps.cursors import Page, page
from apps.errors import Conflict, NotFound
from apps.metrics import operations
from apps.metrics.directory import deciding
from apps.metrics.directory_settings import invalid, require_name, texts
from apps.metrics.models import PatternKind, Team, TeamMembership, TeamPattern
from apps.orgs.members import Member
from devhealth.models.directory import UNASSIGNED

BY_PERSON = ("person", "id")
DATED = ("person", "since", "until", "is_primary")


# --- reading -------------------------------------------------------------------------------------


def teams_page(*, by: Member, limit: int, after: str | None = None) -> Page[Team]:
    """The newest first, with what they own."""
    by.require(operations.DIRECTORY_READ)
    return page(_teams(), after=after, limit=limit)


def team_of(team_id: UUID, *, by: Member) -> Team:
    """Raises `NotFound`."""
    by.require(operations.DIRECTORY_READ)
    return _team(team_id)


def members_page(
    team_id: UUID, *, by: Member, limit: int, after: str | None = None
) -> Page[TeamMembership]:
    """All memberships there ever were, by the person's text. Raises `NotFound`."""
    by.require(operations.DIRECTORY_READ)
    memberships = TeamMembership.objects.filter(team=_team(team_id))
    return page(memberships, BY_PERSON, after=after, limit=limit, bound=[team_id])


def _teams() -> QuerySet[Team]:
    return Team.objects.prefetch_related("patterns")


def _team(team_id: UUID) -> Team:
    if (team := _teams().filter(id=team_id).first()) is None:
        raise NotFound("There is no such team.")
    return team


def owned(team: Team, kind: str) -> list[str]:
    """Patterns of one kind; no query where they were prefetched."""
    return sorted(each.pattern for each in team.patterns.all() if each.kind == kind)


# --- changing: each raises `NotFound`, `Conflict` or `Unprocessable` -----------------------------


def create(name: str, *, by: Member) -> Team:
    """A team of nobody that owns nothing yet."""
    by.require(operations.TEAMS_CREATE)
    with deciding(by) as decision:
        team = Team(name=name)
        _save(team)
        decision.record(operations.TEAMS_CREATE, _name(team), after={"name": name})
    return team


def rename(team_id: UUID, name: str, *, by: Member) -> Team:
    """Its id stays, and so do records and numbers."""
    by.require(operations.TEAMS_UPDATE)
    with deciding(by) as decision:
        team = _team(team_id)
        before = {"name": team.name}
        team.name = name
        _save(team)
        decision.record(operations.TEAMS_UPDATE, _name(team), before, {"name": name})
    return team


def delete(team_id: UUID, *, by: Member) -> None:
    """Its memberships and patterns go with it; what was its work is another's, or nobody's."""
    by.require(operations.TEAMS_DELETE)
    with deciding(by) as decision:
        team = _team(team_id)
        decision.record(operations.TEAMS_DELETE, _name(team), before=_told(team))
        team.delete()


def own(team_id: UUID, repositories: Iterable[str], projects: Iterable[str], *, by: Member) -> Team:
    """Own exactly these from now on. No two teams own the same pattern."""
    by.require(operations.TEAM_PATTERNS_UPDATE)
    with deciding(by) as decision:
        team = _team(team_id)
        before = _told(team)
        team.patterns.all().delete()
        _add(team, PatternKind.REPOSITORY, repositories, "repositories")
        _add(team, PatternKind.PROJECT, projects, "projects")
        team = _team(team_id)
        decision.record(operations.TEAM_PATTERNS_UPDATE, _name(team), before, _told(team))
    return team


def join(team_id: UUID, membership: TeamMembership, *, by: Member) -> TeamMembership:
    """Several teams at once are allowed, and coming back: `is_primary` and the dates decide."""
    by.require(operations.MEMBERSHIPS_CREATE)
    with deciding(by) as decision:
        membership.team = _team(team_id)
        _keep(membership)
        decision.record(
            operations.MEMBERSHIPS_CREATE, _name(membership.team), after=_dated(membership)
        )
    return membership


def change_membership(
    team_id: UUID, membership_id: UUID, changes: Mapping[str, Any], *, by: Member
) -> TeamMembership:
    """Change what is named; `until` is how somebody leaves."""
    by.require(operations.MEMBERSHIPS_UPDATE)
    with deciding(by) as decision:
        membership = _membership(team_id, membership_id)
        before = _dated(membership)
        for name in DATED:
            setattr(membership, name, changes.get(name, getattr(membership, name)))
        _keep(membership)
        decision.record(
            operations.MEMBERSHIPS_UPDATE, _name(membership.team), before, _dated(membership)
        )
    return membership


def forget_membership(team_id: UUID, membership_id: UUID, *, by: Member) -> None:
    """As if they had never been there."""
    by.require(operations.MEMBERSHIPS_DELETE)
    with deciding(by) as decision:
        membership = _membership(team_id, membership_id)
        decision.record(
            operations.MEMBERSHIPS_DELETE, _name(membership.team), before=_dated(membership)
        )
        membership.delete()


def _membership(team_id: UUID, membership_id: UUID) -> TeamMembership:
    memberships = TeamMembership.objects.select_related("team")
    found = memberships.filter(id=membership_id, team_id=team_id).first()
    if found is None:
        raise NotFound("There is no such membership of this team.")
    return found


def _keep(membership: TeamMembership) -> None:
    (membership.person,) = texts([membership.person])
    if not membership.person:
        raise invalid("person", "An address, a `provider:login` or a name.")
    if membership.since and membership.until and membership.since >= membership.until:
        raise invalid("until", "A membership ends after it began: `since` lies before `until`.")
    membership.save()


def _save(team: Team) -> None:
    team.name = team.name.strip()
    if not team.name or team.name.lower() == UNASSIGNED:
        raise invalid("name", f"A name, and not `{UNASSIGNED}`: that is what no team has.")
    try:
        with transaction.atomic():
            team.save()
    except IntegrityError as error:
        raise Conflict("There is a team of this name.", code="name_taken") from error


def _add(team: Team, kind: str, given: Iterable[str], place: str) -> None:
    patterns = texts(given)
    for pattern in patterns:
        require_name(pattern, place)
    others = TeamPattern.objects.filter(kind=kind, pattern__in=patterns).select_related("team")
    if (taken := others.order_by("pattern").first()) is not None:
        sentence = f"`{taken.pattern}` is {taken.team.name}'s: take it from them first."
        raise Conflict(sentence, code="pattern_taken")
    TeamPattern.objects.bulk_create(
        TeamPattern(team=team, kind=kind, pattern=pattern) for pattern in patterns
    )


# --- what the audit log is told ------------------------------------------------------------------


def _name(team: Team) -> str:
    return f"team:{team.pk}"


def _told(team: Team) -> dict[str, Any]:
    return {
        "name": team.name,
        "repositories": owned(team, PatternKind.REPOSITORY),
        "projects": owned(team, PatternKind.PROJECT),
    }


def _dated(membership: TeamMembership) -> dict[str, Any]:
    return {name: getattr(membership, name) for name in DATED}
