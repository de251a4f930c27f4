"""REST: teams, their members and what they own."""

from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema, Status
from pydantic import AfterValidator, AwareDatetime, StringConstraints

from apps.metrics import directory_teams as services
from apps.metrics.api_directory import DirectoryPreviewOut, IsPreview, Text, previewed
from apps.metrics.models import PatternKind, Team, TeamMembership
from apps.rest import (
    IDEMPOTENT,
    NO_NUL,
    In,
    PageOut,
    PageQuery,
    answered_once,
    described,
    page_out,
    point_to,
)

router = Router(tags=["directory"])
router.add_decorator(answered_once, mode="view")

Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=NO_NUL)]
Pattern = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=NO_NUL)]


def in_utc(instant: datetime) -> datetime:
    try:
        return instant.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("beyond the calendar") from error


Instant = Annotated[AwareDatetime, AfterValidator(in_utc)]
Patterns = Annotated[list[Pattern], Field(max_length=1000)]
REPOSITORIES = "Full names or, with a `*` at the end, how they begin; the longest decides."
PROJECTS = "The same for projects of work items."


@described(Team)
class TeamIn(In):
    name: Name


@described(Team)
class TeamOut(Schema):
    """People, and the repositories and projects that they own."""

    id: UUID
    name: str
    repositories: list[str] = Field(description=REPOSITORIES)
    projects: list[str] = Field(description=PROJECTS)
    created_at: datetime
    updated_at: datetime

    @staticmethod
    def resolve_repositories(team: Team) -> list[str]:
        return services.owned(team, PatternKind.REPOSITORY)

    @staticmethod
    def resolve_projects(team: Team) -> list[str]:
        return services.owned(team, PatternKind.PROJECT)


class TeamPage(PageOut[TeamOut]):
    """The newest first."""


class PatternsIn(In):
    """All that the team owns; case is ignored."""

    repositories: Patterns = Field(default_factory=list, description=REPOSITORIES)
    projects: Patterns = Field(default_factory=list, description=PROJECTS)


@described(TeamMembership)
class MembershipIn(In):
    person: Text
    since: Instant | None = None
    until: Instant | None = None
    is_primary: bool = True


@described(TeamMembership)
class MembershipPatch(In):
    """What is not named stays."""

    person: Text = Field(default_factory=str)
    since: Instant | None = None
    until: Instant | None = None
    is_primary: bool = True


@described(TeamMembership)
class MembershipOut(Schema):
    """A person in a team over [since, until)."""

    id: UUID
    team_id: UUID
    person: str
    since: datetime | None
    until: datetime | None
    is_primary: bool


class MembershipPage(PageOut[MembershipOut]):
    """By the person's text."""


# --- teams ---------------------------------------------------------------------------------------


@router.get("/teams", response=TeamPage, summary="List teams")
def list_teams(request: HttpRequest, response: HttpResponse, asked: Query[PageQuery]) -> Any:
    """Teams with what they own, the newest first."""
    page = services.teams_page(by=request.auth, limit=asked.limit, after=asked.cursor)
    return page_out(request, response, page)


@router.post(
    "/teams",
    response={200: DirectoryPreviewOut, 201: TeamOut},
    summary="Create a team",
    openapi_extra=IDEMPOTENT,
)
def create_team(
    request: HttpRequest, response: HttpResponse, body: TeamIn, preview: IsPreview = False
) -> Status[Any]:
    """A team of nobody that owns nothing yet."""
    create = partial(services.create, body.name, by=request.auth)
    if preview:
        return previewed(request, create)
    team = create()
    point_to(response, "read_team", team_id=team.pk)
    return Status(201, team)


@router.get("/teams/{team_id}", response=TeamOut, summary="Read a team")
def read_team(request: HttpRequest, team_id: UUID) -> Team:
    """One team, and what it owns."""
    return services.team_of(team_id, by=request.auth)


@router.patch("/teams/{team_id}", response=TeamOut | DirectoryPreviewOut, summary="Rename a team")
def update_team(
    request: HttpRequest, team_id: UUID, body: TeamIn, preview: IsPreview = False
) -> Any:
    """Its id stays, and so do records and numbers."""
    rename = partial(services.rename, team_id, body.name, by=request.auth)
    return previewed(request, rename) if preview else rename()


@router.delete(
    "/teams/{team_id}", response={200: DirectoryPreviewOut, 204: None}, summary="Delete a team"
)
def delete_team(request: HttpRequest, team_id: UUID, preview: IsPreview = False) -> Status[Any]:
    """Its memberships and patterns go with it; its work is then another team's, or nobody's."""
    delete = partial(services.delete, team_id, by=request.auth)
    return previewed(request, delete) if preview else Status(204, delete())


@router.put(
    "/teams/{team_id}/patterns",
    response=TeamOut | DirectoryPreviewOut,
    summary="Replace what a team owns",
)
def replace_patterns(
    request: HttpRequest, team_id: UUID, body: PatternsIn, preview: IsPreview = False
) -> Any:
    """Delivery counts for the owner of the repository or project. A pattern has one owner."""
    own = partial(services.own, team_id, body.repositories, body.projects, by=request.auth)
    return previewed(request, own) if preview else own()


# --- members -------------------------------------------------------------------------------------


@router.get("/teams/{team_id}/members", response=MembershipPage, summary="List a team's members")
def list_team_members(
    request: HttpRequest, response: HttpResponse, team_id: UUID, asked: Query[PageQuery]
) -> Any:
    """All memberships there ever were."""
    page = services.members_page(team_id, by=request.auth, limit=asked.limit, after=asked.cursor)
    return page_out(request, response, page)


@router.post(
    "/teams/{team_id}/members",
    response={200: DirectoryPreviewOut, 201: MembershipOut},
    summary="Add a member",
    openapi_extra=IDEMPOTENT,
)
def create_membership(
    request: HttpRequest, team_id: UUID, body: MembershipIn, preview: IsPreview = False
) -> Status[Any]:
    """Several teams at once are allowed: the primary one counts, then the one that began last."""
    join = partial(services.join, team_id, TeamMembership(**body.dict()), by=request.auth)
    return previewed(request, join) if preview else Status(201, join())


@router.patch(
    "/teams/{team_id}/members/{membership_id}",
    response=MembershipOut | DirectoryPreviewOut,
    summary="Change a membership",
)
def update_membership(
    request: HttpRequest,
    team_id: UUID,
    membership_id: UUID,
    body: MembershipPatch,
    preview: IsPreview = False,
) -> Any:
    """Change what is named. Somebody who leaves gets an `until`; their past stays the team's."""
    changes = body.dict(exclude_unset=True)
    change = partial(services.change_membership, team_id, membership_id, changes, by=request.auth)
    return previewed(request, change) if preview else change()


@router.delete(
    "/teams/{team_id}/members/{membership_id}",
    response={200: DirectoryPreviewOut, 204: None},
    summary="Delete a membership",
)
def delete_membership(
    request: HttpRequest, team_id: UUID, membership_id: UUID, preview: IsPreview = False
) -> Status[Any]:
    """As if they had never been there; to leave is an `until`."""
    forget = partial(services.forget_membership, team_id, membership_id, by=request.auth)
    return previewed(request, forget) if preview else Status(204, forget())
