"""REST: members."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema, Status

from apps.orgs import memberships
from apps.orgs.models import Membership, Role
from apps.rest import In, PageOut, PageQuery, page_out

router = Router(tags=["members"])


class MemberPatch(In):
    role: Role = Field(description="owner, admin, member or viewer.")


class MemberOut(Schema):
    """A person in the organisation."""

    id: UUID = Field(description="Of the membership.")
    user_id: UUID = Field(description="Of the person, wherever they are a member.")
    email: str = Field(alias="user.email")
    name: str = Field(alias="user.name")
    role: str = Field(description="owner, admin, member or viewer.")
    created_at: datetime = Field(description="When they joined.")


class MemberPage(PageOut[MemberOut]):
    """The newest first."""


@router.get("/members", response=MemberPage, summary="List members")
def list_members(request: HttpRequest, response: HttpResponse, asked: Query[PageQuery]) -> Any:
    """Everybody in the organisation, the newest first."""
    page = memberships.members_page(by=request.auth, limit=asked.limit, after=asked.cursor)
    return page_out(request, response, page)


@router.get("/members/{member_id}", response=MemberOut, summary="Read a member")
def read_member(request: HttpRequest, member_id: UUID) -> Membership:
    """One person and their role."""
    return memberships.member_of(member_id, by=request.auth)


@router.patch("/members/{member_id}", response=MemberOut, summary="Change a member's role")
def update_member(request: HttpRequest, member_id: UUID, body: MemberPatch) -> Membership:
    """For admins. Only an owner makes or unmakes an owner; the last one stays an owner."""
    return memberships.change_role(member_id, body.role, by=request.auth)


@router.delete("/members/{member_id}", response={204: None}, summary="Remove a member, or leave")
def delete_member(request: HttpRequest, member_id: UUID) -> Status[None]:
    """Their tokens and sessions end at once. Everybody may leave but the last owner."""
    memberships.remove(member_id, by=request.auth)
    return Status(204, None)
