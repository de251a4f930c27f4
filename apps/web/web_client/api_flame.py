"""Flame diagrams of the client's: the real timeline of one thing."""

from datetime import UTC
from typing import Literal
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Query, Router

from apps.errors import NotFound
from apps.orgs.members import Member
from apps.web.web_client import timelines
from apps.web.web_client.bodies import TAG, Answer, Claim, asker
from apps.web.web_client.timelines import Stretch, Timeline

router = Router(tags=[TAG])


class FlameQuery(Claim):
    entity_type: Literal["pr", "issue", "deployment"]
    entity_id: str = Field(
        max_length=300,
        description="Of a work item its id; else `repository id:number` or "
        "`repository id:deployment id`.",
    )


@router.get("/flame", response=Answer, summary="The client's flame diagram")
def read_client_flame(request: HttpRequest, asked: Query[FlameQuery]) -> Answer:
    """The stretches of a pull request, a work item or a deployment; what is open ends now."""
    found = timeline_of(asked, asker(request, asked))
    return {
        "entity": found.entity,
        "timeline": {"start": found.start, "end": found.end},
        "frames": [frame_out(each) for each in found.stretches],
    }


def timeline_of(asked: FlameQuery, by: Member) -> Timeline:
    now = timezone.now().astimezone(UTC)
    if asked.entity_type == "issue":
        return timelines.of_work_item(uuid(asked.entity_id), now, by=by)
    repository, _, name = asked.entity_id.partition(":")
    if asked.entity_type == "deployment":
        return timelines.of_deployment(uuid(repository), name, now, by=by)
    if not name.isdecimal() or len(name) > 9:
        raise NotFound("There is no such pull request.")
    return timelines.of_pull_request(uuid(repository), int(name), now, by=by)


def uuid(text: str) -> UUID:
    """Raises `NotFound`: what is no id is nobody's."""
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound("There is nothing of this id.") from error


def frame_out(each: Stretch) -> Answer:
    return {
        "id": each.id,
        "parent_id": each.parent,
        "label": each.label,
        "start": each.start,
        "end": each.end,
        "state": each.state,
        "category": each.category,
    }
