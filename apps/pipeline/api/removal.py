"""REST: an integration removed with all that goes by it."""

from typing import Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from apps.pipeline.services import removal
from apps.rest import IDEMPOTENT, In

router = Router(tags=["sync"])


class RemovalIn(In):
    facts: Literal["keep", "remove"] = Field(description="What becomes of all that was stored.")


class RemovedIntegrationOut(Schema):
    sync_configs: int = Field(description="That are gone.")
    sources: int = Field(description="That they had.")
    facts: Literal["keep", "remove"]
    repository_ids: list[UUID] = Field(description="Whose facts are removed; none if they stay.")


@router.post(
    "/integrations/{integration_id}/removal",
    response={202: RemovedIntegrationOut},
    summary="Remove an integration with all of it",
    openapi_extra=IDEMPOTENT,
)
def remove_integration(
    request: HttpRequest, integration_id: UUID, body: RemovalIn
) -> Status[removal.RemovedIntegration]:
    """It is disconnected, and its sync configs are gone. `remove`: all facts and metrics of its
    repositories and projects go, too. 409 while something of it is under way."""
    return Status(202, removal.remove_integration(integration_id, body.facts, by=request.auth))
