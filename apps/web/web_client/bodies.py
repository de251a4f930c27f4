"""What the client sends with a question."""

from typing import Any

from django.http import HttpRequest
from ninja import Field, Schema
from pydantic import ConfigDict

from apps.metrics.operations import METRICS_READ
from apps.orgs.members import Member

TAG = "web client"
Answer = dict[str, Any]

FILTERS = "`{time, scope, who, what, why, how}`: docs/web-client.md. Null: what `f` says."


class Body(Schema):
    """The client adds fields in time: what is not known here is left aside."""

    model_config = ConfigDict(extra="ignore")


class ClientFilterBody(Body):
    filters: dict[str, Any] | None = Field(None, description=FILTERS)


class Claim(Schema):
    org_id: str | None = Field(None, max_length=64, description="A claim: another's is 404.")


class Address(Claim):
    f: str = Field("", max_length=16_384, description="The filter: base64url of its JSON.")


def asker(request: HttpRequest, claim: Claim) -> Member:
    """Who asks, and may read metrics. Raises `NotFound` for a claim to be of another organisation,
    and `Forbidden`."""
    by: Member = request.auth
    by.require_claim(claim.org_id)
    by.require(METRICS_READ)
    return by
