"""REST: API tokens."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema, Status
from pydantic import AwareDatetime, StringConstraints

from apps.orgs import keys
from apps.orgs.models import ApiToken
from apps.rest import NO_NUL, In, PageOut, PageQuery, described, page_out

router = Router(tags=["tokens"])

Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=NO_NUL)
]
ScopeName = Annotated[str, StringConstraints(max_length=40, pattern=NO_NUL)]


class TokenIn(In):
    name: Name = Field(description="One of a name for each person.")
    scopes: list[ScopeName] = Field(
        min_length=1, max_length=100, description="At most what your role and your token may."
    )
    expires_at: AwareDatetime | None = Field(
        None,
        description="Not given: 90 days from now. At most a year; null, for owners only: never.",
    )


@described(ApiToken)
class TokenRow(Schema):
    """A token, without what proves it."""

    id: UUID
    user_id: UUID = Field(alias="created_by_id", description="Whose it is.")
    user_email: str = Field(alias="created_by.email", description="The address of that person.")
    name: str
    prefix: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class NewTokenOut(TokenRow):
    """The only answer that has the token itself."""

    token: str = Field(description="`dh_…`. Keep it: nobody sees it again.")


class TokenPage(PageOut[TokenRow]):
    """The newest first."""


@router.get("/tokens", response=TokenPage, summary="List API tokens")
def list_tokens(request: HttpRequest, response: HttpResponse, asked: Query[PageQuery]) -> Any:
    """One's own; for admins everybody's. Revoked ones and sessions are not among them."""
    page = keys.tokens_page(by=request.auth, limit=asked.limit, after=asked.cursor)
    return page_out(request, response, page)


@router.post("/tokens", response={201: NewTokenOut}, summary="Create an API token")
def create_token(request: HttpRequest, response: HttpResponse, body: TokenIn) -> Status[ApiToken]:
    """It acts for you, in this organisation. What it is is shown here and never again."""
    is_given = "expires_at" in body.model_fields_set
    expires_at = body.expires_at if is_given else keys.usual_expiry()
    token, text = keys.create(body.name, body.scopes, expires_at, by=request.auth)
    token.token = text
    response["Cache-Control"] = "no-store"
    return Status(201, token)


@router.delete("/tokens/{token_id}", response={204: None}, summary="Revoke an API token")
def delete_token(request: HttpRequest, token_id: UUID) -> Status[None]:
    """It opens nothing from the next request on. Another person's: for admins."""
    keys.revoke(token_id, by=request.auth)
    return Status(204, None)
