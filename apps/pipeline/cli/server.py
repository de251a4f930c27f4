"""The door on the server: the same services, without a request, as the organisation's owner."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import OperationalError
from django_tenants.utils import tenant_context
from ninja import Schema
from ninja.responses import NinjaJSONEncoder

from apps.errors import AppError
from apps.orgs.models import ApiToken, Organization, Role, Scope
from apps.orgs.services import Member
from apps.pipeline.api.backfills import BackfillIn, BackfillOut, PreviewOut
from apps.pipeline.api.recompute import RecomputeIn, RecomputeOut
from apps.pipeline.cli.doors import Json, Told
from apps.pipeline.models import Recompute, Stateful
from apps.pipeline.services import backfills, compute, lists, progress
from apps.rest import POLL_SECONDS
from devhealth.errors import Permanent


@contextmanager
def on_server(slug: str | None) -> Iterator["OnServer"]:
    """Raises `Permanent` where a request would be answered with a problem."""
    try:
        organization = find(slug)
        with tenant_context(organization):
            yield OnServer(operator(organization))
    except AppError as error:
        raise Permanent(error.detail) from error
    except OperationalError as error:
        raise Permanent(f"The control database cannot be used: {error}") from error


def find(slug: str | None) -> Organization:
    found = Organization.objects.filter(slug=slug) if slug else Organization.objects.all()
    if slug and not found:
        raise Permanent(f"There is no organisation `{slug}`.")
    if len(found) != 1:
        raise Permanent(f"There are {len(found)} organisations here: say which, --org SLUG.")
    return found[0]


def operator(organization: Organization) -> Member:
    """Who sits at the console acts as the owner, by a token that is written nowhere.

    It has no text and no digest: no request can bring it.
    """
    owners = organization.memberships.filter(role=Role.OWNER).select_related("user")
    owner = owners.order_by("created_at", "id").first()
    if owner is None:
        raise Permanent(f"`{organization.slug}` has no owner to act for.")
    token = ApiToken(organization=organization, name="console", scopes=list(Scope.values))
    return Member(organization, owner.user, Role.OWNER, token)


class OnServer:
    def __init__(self, by: Member) -> None:
        self._by = by

    def preview(self, body: Json) -> Json:
        return as_json(PreviewOut, backfills.preview(BackfillIn(**body).asked(), by=self._by))

    def start(self, body: Json) -> Json:
        job = backfills.start(BackfillIn(**body).asked(), by=self._by)
        return as_json(BackfillOut, lists.job_shown(job.pk))

    def job(self, job_id: str) -> Told:
        job = backfills.job_of(UUID(job_id), by=self._by)
        return Told(as_json(BackfillOut, job), wait(job))

    def jobs(self, limit: int) -> list[Json]:
        page = lists.jobs_page(None, (), by=self._by, limit=limit)
        return [as_json(BackfillOut, job) for job in page.rows]

    def recompute(self, body: Json) -> Json:
        asked = Recompute(**RecomputeIn(**body).dict())
        return as_json(RecomputeOut, compute.request_recompute(asked, by=self._by))

    def recomputed(self, recompute_id: str) -> Told:
        found = compute.recompute_of(UUID(recompute_id), by=self._by)
        return Told(as_json(RecomputeOut, found), wait(found))


def as_json(schema: type[Schema], value: Any) -> Json:
    """As the API would answer."""
    text = json.dumps(schema.from_orm(value).dict(), cls=NinjaJSONEncoder)
    answer: Json = json.loads(text)
    return answer


def wait(row: Stateful) -> float | None:
    return POLL_SECONDS if progress.is_moving(row) else None
