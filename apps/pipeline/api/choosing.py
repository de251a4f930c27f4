"""REST: from an integration to the first run, in one call."""

from typing import Annotated
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router

from apps.integrations.api import PATTERNS, Patterns
from apps.pipeline.api.configs import Name, Source, Targets
from apps.pipeline.api.runs import RunOut, given
from apps.pipeline.models import SyncRun
from apps.pipeline.services import choosing, lists
from apps.rest import IDEMPOTENT, In, point_to
from devhealth.wanted import Wanted

router = Router(tags=["sync"])


class ChoiceIn(In):
    sources: Annotated[list[Source], Field(max_length=choosing.MOST_SOURCES)] = Field(
        [], description="By the names that discovery tells."
    )
    patterns: Patterns = Field([], description=f"{PATTERNS} What matches now is a source, too.")
    archived: bool = Field(False, description="What is archived matches, too.")
    forks: bool = Field(False, description="Forks match, too.")
    config_id: UUID | None = Field(
        None, description="The config that has these sources from now on. Null: a new one."
    )
    name: Name = Field("", description="Of a new config; default: the integration's.")
    targets: Targets = Field([], description="Default: all that the provider has.")
    initial_days: int = Field(
        choosing.INITIAL_DAYS,
        ge=1,
        le=36500,
        description="How far back the first run of a new config reaches, within the tier.",
    )


@router.post(
    "/integrations/{integration_id}/choose",
    response={202: RunOut},
    summary="Choose what is synced, and begin",
    openapi_extra=IDEMPOTENT,
)
def choose_sources(
    request: HttpRequest, response: HttpResponse, integration_id: UUID, body: ChoiceIn
) -> SyncRun:
    """A sync config of these sources, synced once a day, and its first run, which begins at once.

    All or nothing: what is more than the tier has is 402 with all that was asked for. While a run
    of the config is under way, that one is answered, and has what is new.
    """
    wanted = Wanted(patterns=tuple(body.patterns), archived=body.archived, forks=body.forks)
    choice = choosing.Choice(
        sources=tuple(body.sources),
        wanted=wanted if body.patterns else None,
        config_id=body.config_id,
        name=body.name,
        targets=tuple(body.targets),
        initial_days=body.initial_days,
    )
    run = choosing.choose(integration_id, choice, by=request.auth)
    point_to(response, "read_run", run_id=run.pk)
    return given(response, lists.run_shown(run.pk))
