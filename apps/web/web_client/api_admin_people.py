"""The client's teams, identities, members and invitations: ours, in its names."""

from functools import partial
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Query, Router, Status

from apps.metrics import directory_teams, identities
from apps.metrics.models import PatternKind, Team
from apps.orgs import invitations, memberships
from apps.orgs.models import Invitation, Membership, Role
from apps.web.web_client.admin_bodies import (
    ADMIN_TAG,
    OffsetQuery,
    admin,
    by_offset,
    everything,
    limits_as_the_client_reads_them,
    own,
)
from apps.web.web_client.bodies import Answer, Body, Claim

router = Router(tags=[ADMIN_TAG])
router.add_decorator(limits_as_the_client_reads_them, mode="view")


class ClientTeamIn(Body):
    name: str = Field(min_length=1, max_length=200)


class ClientRoleIn(Body):
    role: Role


class ClientInviteIn(Body):
    email: str = Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")
    role: Role = Field(default_factory=lambda: Role("member"))


class IdentitiesQuery(OffsetQuery):
    q: str = Field("", max_length=200)


# --- teams and identities ------------------------------------------------------------------------


@router.get("/admin/teams", response=list[Answer], summary="List teams")
def list_client_teams(request: HttpRequest, asked: Query[Claim]) -> list[Answer]:
    """The newest first."""
    by = admin(request, asked)
    return [team_out(each) for each in everything(partial(directory_teams.teams_page, by=by))]


@router.post("/admin/teams", response={201: Answer}, summary="Create a team")
def create_client_team(
    request: HttpRequest, body: ClientTeamIn, asked: Query[Claim]
) -> Status[Answer]:
    """Of nobody, that owns nothing yet."""
    made = directory_teams.create(body.name, by=admin(request, asked))
    return Status(201, team_out(made))


@router.get("/admin/teams/{team_id}", response=Answer, summary="Read a team")
def read_client_team(request: HttpRequest, team_id: UUID, asked: Query[Claim]) -> Answer:
    """And what it owns."""
    return team_out(directory_teams.team_of(team_id, by=admin(request, asked)))


@router.patch("/admin/teams/{team_id}", response=Answer, summary="Rename a team")
def rename_client_team(
    request: HttpRequest, team_id: UUID, body: ClientTeamIn, asked: Query[Claim]
) -> Answer:
    """Its numbers stay."""
    return team_out(directory_teams.rename(team_id, body.name, by=admin(request, asked)))


@router.delete("/admin/teams/{team_id}", response={204: None}, summary="Delete a team")
def delete_client_team(request: HttpRequest, team_id: UUID, asked: Query[Claim]) -> Status[None]:
    """What was its work is another's, or nobody's."""
    directory_teams.delete(team_id, by=admin(request, asked))
    return Status(204, None)


@router.get("/admin/identities", response=list[Answer], summary="List identities")
def list_client_identities(request: HttpRequest, asked: Query[IdentitiesQuery]) -> list[Answer]:
    """By name."""
    by = admin(request, asked)
    found = by_offset(partial(identities.identities_page, asked.q, by=by), asked)
    return [
        {
            "id": each.author_id,
            "canonical_id": each.author_id,
            "display_name": each.name,
            "email": each.email,
            "aliases": list(each.aliases),
            "is_bot": each.actor_kind == "bot",
        }
        for each in found
    ]


# --- members and invitations ---------------------------------------------------------------------


@router.get("/admin/users", response=list[Answer], summary="List members")
def list_client_users(request: HttpRequest, asked: Query[Claim]) -> list[Answer]:
    """Everybody in the organisation, the newest first."""
    by = admin(request, asked)
    return [member_out(each) for each in everything(partial(memberships.members_page, by=by))]


@router.get("/admin/orgs/{organization_id}/members", response=list[Answer], summary="List members")
def list_client_members(request: HttpRequest, organization_id: UUID) -> list[Answer]:
    """Everybody in the organisation, the newest first."""
    by = own(request, organization_id)
    return [member_out(each) for each in everything(partial(memberships.members_page, by=by))]


@router.patch(
    "/admin/orgs/{organization_id}/members/{member_id}",
    response=Answer,
    summary="Change a member's role",
)
def update_client_member(
    request: HttpRequest, organization_id: UUID, member_id: UUID, body: ClientRoleIn
) -> Answer:
    """The last owner stays one."""
    by = own(request, organization_id)
    return member_out(memberships.change_role(member_id, body.role, by=by))


@router.delete(
    "/admin/orgs/{organization_id}/members/{member_id}",
    response={204: None},
    summary="Remove a member",
)
def delete_client_member(
    request: HttpRequest, organization_id: UUID, member_id: UUID
) -> Status[None]:
    """Their tokens and sessions end at once."""
    by = own(request, organization_id)
    memberships.remove(member_id, by=by)
    return Status(204, None)


@router.get(
    "/admin/orgs/{organization_id}/invites", response=list[Answer], summary="List invitations"
)
def list_client_invites(request: HttpRequest, organization_id: UUID) -> list[Answer]:
    """Those neither accepted nor revoked."""
    by = own(request, organization_id)
    found = everything(partial(invitations.invitations_page, by=by))
    return [invite_out(each) for each in found]


@router.post(
    "/admin/orgs/{organization_id}/invites", response={201: Answer}, summary="Invite somebody"
)
def create_client_invite(
    request: HttpRequest, organization_id: UUID, body: ClientInviteIn
) -> Status[Answer]:
    """The link is sent by e-mail."""
    by = own(request, organization_id)
    return Status(201, invite_out(invitations.create(body.email, body.role, by=by)))


@router.delete(
    "/admin/orgs/{organization_id}/invites/{invitation_id}",
    response={204: None},
    summary="Revoke an invitation",
)
def delete_client_invite(
    request: HttpRequest, organization_id: UUID, invitation_id: UUID
) -> Status[None]:
    """Its link opens nothing any more."""
    by = own(request, organization_id)
    invitations.revoke(invitation_id, by=by)
    return Status(204, None)


# --- in the client's words -----------------------------------------------------------------------


def team_out(team: Team) -> dict[str, Any]:
    return {
        "id": str(team.pk),
        "team_id": str(team.pk),
        "name": team.name,
        "repo_patterns": directory_teams.owned(team, PatternKind.REPOSITORY),
        "project_keys": directory_teams.owned(team, PatternKind.PROJECT),
        "is_active": True,
        "created_at": team.created_at,
        "updated_at": team.updated_at,
    }


def member_out(found: Membership) -> dict[str, Any]:
    return {
        "id": str(found.pk),
        "user_id": str(found.user_id),
        "email": found.user.email,
        "full_name": found.user.name,
        "role": found.role,
        "is_active": found.user.is_active,
        "joined_at": found.created_at,
    }


def invite_out(found: Invitation) -> dict[str, Any]:
    return {
        "id": str(found.pk),
        "email": found.email,
        "role": found.role,
        "status": "pending",
        "expires_at": found.expires_at,
        "created_at": found.created_at,
    }
