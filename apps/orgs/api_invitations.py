"""REST: invitations, and accepting one."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema, Status
from pydantic import AfterValidator, StringConstraints

from apps.orgs import invitations
from apps.orgs.addresses import network_of
from apps.orgs.models import Invitation, Membership, Role
from apps.orgs.tenancy import require_bare_host
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

router = Router(tags=["members"])
router.add_decorator(answered_once, mode="view")


def an_address(text: str) -> str:
    try:
        validate_email(text)
    except ValidationError as error:
        raise ValueError("not an e-mail address") from error
    return text.lower()


Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=254, pattern=NO_NUL),
    AfterValidator(an_address),
]
Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=NO_NUL)]
Password = Annotated[str, StringConstraints(max_length=1000, pattern=NO_NUL)]


class InvitationIn(In):
    email: Email = Field(description="Where the link goes; case is ignored.")
    role: Role = Field(description="Only an owner invites an owner.")


@described(Invitation)
class InvitationOut(Schema):
    """A membership that is offered, and not taken up yet. Its secret is in the e-mail only."""

    id: UUID
    email: str
    role: str = Field(description="owner, admin, member or viewer.")
    created_at: datetime
    expires_at: datetime
    sent_at: datetime | None
    send_error: str


class InvitationPage(PageOut[InvitationOut]):
    """The newest first."""


class AcceptIn(In):
    secret: str = Field(max_length=100, description="`dhi_…`, from the link.")
    name: Name = Field("", description="Of a person who is new.")
    password: Password | None = Field(
        None, description="One's own, or a new person's first one. Not needed with a token."
    )


class AcceptedOut(Schema):
    """What the person is a member of now."""

    member_id: UUID = Field(alias="id")
    organization_id: UUID
    organization: str = Field(alias="organization.name")
    slug: str = Field(alias="organization.slug")
    role: str


@router.get("/invitations", response=InvitationPage, summary="List invitations")
def list_invitations(request: HttpRequest, response: HttpResponse, asked: Query[PageQuery]) -> Any:
    """Those neither accepted nor revoked, expired ones too; the newest first. For admins."""
    page = invitations.invitations_page(by=request.auth, limit=asked.limit, after=asked.cursor)
    return page_out(request, response, page)


@router.post(
    "/invitations",
    response={201: InvitationOut},
    summary="Invite somebody",
    openapi_extra=IDEMPOTENT,
)
def create_invitation(
    request: HttpRequest, response: HttpResponse, body: InvitationIn
) -> Status[Invitation]:
    """The link is sent by e-mail, works once and for seven days. For admins."""
    invitation = invitations.create(body.email, body.role, by=request.auth)
    point_to(response, "read_invitation", invitation_id=invitation.pk)
    return Status(201, invitation)


@router.post(
    "/invitations/accept",
    response={201: AcceptedOut},
    auth=None,
    summary="Accept an invitation",
)
def accept_invitation(request: HttpRequest, body: AcceptIn) -> Status[Membership]:
    """On the bare host: with a token of one's own, one's password, or a new person's first one."""
    require_bare_host(request)
    membership = invitations.accept(
        body.secret,
        by=request.member,
        name=body.name,
        password=body.password,
        address=network_of(request),
    )
    return Status(201, membership)


@router.get("/invitations/{invitation_id}", response=InvitationOut, summary="Read an invitation")
def read_invitation(request: HttpRequest, invitation_id: UUID) -> Invitation:
    """Whether its e-mail is on its way."""
    return invitations.invitation_of(invitation_id, by=request.auth)


@router.delete("/invitations/{invitation_id}", response={204: None}, summary="Revoke an invitation")
def delete_invitation(request: HttpRequest, invitation_id: UUID) -> Status[None]:
    """Its link opens nothing any more."""
    invitations.revoke(invitation_id, by=request.auth)
    return Status(204, None)


@router.post(
    "/invitations/{invitation_id}/resend",
    response={202: InvitationOut},
    summary="Send an invitation again",
    openapi_extra=IDEMPOTENT,
)
def resend_invitation(request: HttpRequest, invitation_id: UUID) -> Status[Invitation]:
    """A new link for seven days; it replaces the old one."""
    return Status(202, invitations.resend(invitation_id, by=request.auth))
