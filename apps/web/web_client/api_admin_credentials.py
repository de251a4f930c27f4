"""The client's credentials: our integrations, by provider and name. No answer has a secret."""

from functools import partial
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Query, Router, Status
from pydantic import SecretStr

from apps.errors import Unprocessable
from apps.integrations import services
from apps.integrations.discovering import discover
from apps.integrations.models import Health, Integration
from apps.integrations.sealing import Secret
from apps.orgs.members import Member
from apps.web.web_client.admin_bodies import (
    ADMIN_TAG,
    admin,
    everything,
    limits_as_the_client_reads_them,
)
from apps.web.web_client.bodies import Answer, Body, Claim
from devhealth.discovery import Found
from devhealth.errors import DevHealthError
from devhealth.sites import URLS
from devhealth.wanted import Wanted

router = Router(tags=[ADMIN_TAG])
router.add_decorator(limits_as_the_client_reads_them, mode="view")

Provider = Literal["github", "gitlab", "jira"]
Credentials = dict[str, SecretStr]

TOKENS = ("token", "access_token", "api_token", "private_token")
SITES = ("base_url", "url", "server_url")
MOST_FOUND = 200
SENT = "`token`; of Jira `api_token` and `email`; `base_url` of a site of one's own."


class ClientCredentialIn(Body):
    provider: Provider
    name: str = Field("default", min_length=1, max_length=200)
    credentials: Credentials = Field(max_length=10, description=SENT)


class ClientCredentialPatch(Body):
    credentials: Credentials = Field({}, max_length=10, description=SENT)


class ClientTrialIn(Body):
    provider: Provider
    name: str = Field("default", max_length=200)
    credential_id: UUID | None = None
    credentials: Credentials | None = Field(None, max_length=10, description=SENT)


class OwnerQuery(Claim):
    owner: str = Field("", max_length=200, description="Whose repositories only.")


@router.get("/admin/credentials", response=list[Answer], summary="List credentials")
def list_client_credentials(request: HttpRequest, asked: Query[Claim]) -> list[Answer]:
    """What the organisation is connected by."""
    by = admin(request, asked)
    found = everything(partial(services.integrations_page, by=by))
    return [credential_out(each) for each in found]


@router.post("/admin/credentials", response={201: Answer}, summary="Store a credential")
def create_client_credential(
    request: HttpRequest, body: ClientCredentialIn, asked: Query[Claim]
) -> Status[Answer]:
    """Tried first: what the provider refuses is not stored."""
    by = admin(request, asked)
    made = services.connect(
        integration_of(body.provider, body.name, body.credentials),
        secret_of(body.credentials),
        by=by,
    )
    return Status(201, credential_out(made))


@router.post("/admin/credentials/test", response=Answer, summary="Try a credential")
def test_client_credential(
    request: HttpRequest, body: ClientTrialIn, asked: Query[Claim]
) -> Answer:
    """A stored one, or one that is sent along and kept nowhere."""
    by = admin(request, asked)
    if body.credentials:
        integration = integration_of(body.provider, body.name, body.credentials)
        try:
            account = services.try_out(integration, secret_of(body.credentials), by=by)
        except DevHealthError as error:
            return {"success": False, "error": str(error), "details": {}}
        return {"success": True, "error": None, "details": {"account": account}}
    found = body.credential_id or services.named(body.provider, body.name, by=by).id
    tested = services.test(found, by=by)
    health, reason = services.health_of(tested)
    is_well = health != Health.RECONNECT
    return {
        "success": is_well,
        "error": None if is_well else reason,
        "details": {"account": tested.account},
    }


@router.get(
    "/admin/credentials/{uuid:integration_id}/repos",
    response=list[Answer],
    summary="Find repositories",
)
def discover_client_repositories(
    request: HttpRequest, integration_id: UUID, asked: Query[OwnerQuery]
) -> list[Answer]:
    """What the credential sees at the provider, asked for now."""
    by = admin(request, asked)
    wanted = Wanted(
        patterns=(f"{asked.owner}/*",) if asked.owner else (), archived=True, forks=True
    )
    return [
        {
            "name": each.name.rpartition("/")[2],
            "full_name": each.name,
            "description": each.description,
            "is_private": each.visibility == "private",
            "is_archived": each.is_archived,
        }
        for each in _wanted(integration_id, wanted, by)
    ]


def _wanted(integration_id: UUID, wanted: Wanted, by: Member) -> list[Found]:
    """The client has no pages: the first of them together."""
    rows: list[Found] = []
    page = discover(integration_id, wanted, by=by, limit=MOST_FOUND)
    rows += page.rows
    while page.next_cursor and len(rows) < MOST_FOUND:
        left = MOST_FOUND - len(rows)
        page = discover(integration_id, wanted, by=by, limit=left, after=page.next_cursor)
        rows += page.rows
    return rows


@router.get("/admin/credentials/{provider}/{name}", response=Answer, summary="Read a credential")
def read_client_credential(request: HttpRequest, provider: str, name: str) -> Answer:
    """One connection, and how well it is."""
    return credential_out(services.named(provider, name, by=request.auth))


@router.patch(
    "/admin/credentials/{provider}/{name}", response=Answer, summary="Replace a credential"
)
def update_client_credential(
    request: HttpRequest, provider: str, name: str, body: ClientCredentialPatch
) -> Answer:
    """By another of the same site."""
    by: Member = request.auth
    found = services.named(provider, name, by=by)
    secret = secret_of(body.credentials) if body.credentials else None
    return credential_out(services.update(found.id, {}, secret, by=by))


@router.delete(
    "/admin/credentials/{provider}/{name}", response={204: None}, summary="Delete a credential"
)
def delete_client_credential(request: HttpRequest, provider: str, name: str) -> Status[None]:
    """409 while sync configs go by it."""
    by: Member = request.auth
    services.disconnect(services.named(provider, name, by=by).id, by=by)
    return Status(204, None)


# --- in the client's words -----------------------------------------------------------------------


def integration_of(provider: str, name: str, sent: Credentials) -> Integration:
    site = next((sent[each].get_secret_value() for each in SITES if each in sent), "")
    return Integration(name=name, provider=provider, url=site or URLS.get(provider, ""))


def secret_of(sent: Credentials) -> Secret:
    """Raises `Unprocessable` without a token."""
    token = next((sent[each].get_secret_value() for each in TOKENS if each in sent), "")
    if not token:
        raise Unprocessable(f"There is no token among the credentials: {', '.join(TOKENS)}.")
    email = sent["email"].get_secret_value() if "email" in sent else ""
    return Secret(token=token, email=email)


def credential_out(found: Integration) -> dict[str, Any]:
    health, reason = services.health_of(found)
    return {
        "id": str(found.id),
        "provider": found.provider,
        "name": found.name,
        "is_active": True,
        "last_test_at": found.checked_at,
        "last_test_success": health != Health.RECONNECT,
        "last_test_error": reason or None,
        "created_at": found.created_at,
        "updated_at": found.updated_at,
    }
