"""The client's pages of people. Lists are the directory's; numbers follow `people`."""

from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Query, Router

from apps.metrics import entities, pull_requests, work_items
from apps.metrics.identities import Known
from apps.metrics.services import MOST_DAYS
from apps.orgs.members import Member
from apps.web.web_client import people
from apps.web.web_client.api_drilldown import (
    pull_request_out,
    pull_requests_of,
    work_item_out,
    work_items_of,
)
from apps.web.web_client.api_home import group_out
from apps.web.web_client.api_overview import freshness_out, overview_of
from apps.web.web_client.bodies import TAG, Answer, Claim, asker
from apps.web.web_client.figures import metric_of
from apps.web.web_client.filters import Chosen, of_scope
from apps.web.web_client.people import Own

router = Router(tags=[TAG])


class PeopleQuery(Claim):
    q: str = Field("", max_length=200, description="Stands in a name, an address or a login.")
    team_id: str = Field("", max_length=200, description="Whose primary team it is.")
    limit: int = Field(20, ge=1, le=200)


class DaysQuery(Claim):
    range_days: int = Field(14, ge=1, le=MOST_DAYS)
    compare_days: int | None = Field(None, description="As many as `range_days`, whatever it says.")
    start_date: date | None = None
    end_date: date | None = Field(None, description="The last day itself.")


class MetricQuery(DaysQuery):
    metric: str = Field(max_length=100)


class RecordsQuery(DaysQuery):
    limit: int = Field(50, ge=1, le=200)
    cursor: str | None = None
    metric: str = Field("", max_length=100, description="Changes nothing.")


@router.get("/people", response=list[Answer], summary="People, for the client")
def list_client_people(request: HttpRequest, asked: Query[PeopleQuery]) -> list[Answer]:
    """By name, bots left out."""
    by = asker(request, asked)
    teams = [asked.team_id] if asked.team_id else None
    now = entities.Now()
    page = entities.people_page(asked.q, teams, by=by, limit=asked.limit, now=now)
    return [person_out(each, now) for each in page.rows]


@router.get("/people/{person_id}/summary", response=Answer, summary="A person, for the client")
def read_client_person(request: HttpRequest, person_id: UUID, asked: Query[DaysQuery]) -> Answer:
    """Their figures, as far as the organisation tells people apart; one's own always."""
    by = asker(request, asked)
    found, question = people.person(person_id, by=by), days_of(asked, by)
    figures = [people.own(person_id, metric_of(each), question, by=by) for each in people.MEASURES]
    told = {each.metric.key: each.value for each in figures}
    return {
        "person": person_out(found, entities.Now()),
        "freshness": freshness_out(overview_of(by)),
        "identity_coverage_pct": None,
        "deltas": [own_out(each) for each in figures],
        "narrative": [],
        "sections": {
            "work_mix": {"categories": [], "subtypes": []},
            "flow_breakdown": {"stages": []},
            "collaboration": {
                "review_load": [
                    {"label": name, "value": told[name]}
                    for name in ("reviews_given", "reviews_received")
                    if told[name] is not None
                ],
                "handoff_points": [],
            },
        },
    }


@router.get("/people/{person_id}/metric", response=Answer, summary="A figure of a person's")
def read_client_person_metric(
    request: HttpRequest, person_id: UUID, asked: Query[MetricQuery]
) -> Answer:
    """Day by day, as far as the organisation tells people apart; one's own always."""
    by = asker(request, asked)
    people.person(person_id, by=by)
    metric, question = metric_of(asked.metric), days_of(asked, by)
    figure = people.own(person_id, metric, question, by=by)
    repositories = people.by_repository(person_id, metric, question, by=by)
    return {
        "metric": metric.key,
        "label": metric.label,
        "definition": {"measures": list(metric.measures), "unit": metric.unit},
        "timeseries": [
            {"day": str(day), "value": value} for day, value in sorted(figure.points.items())
        ],
        "breakdowns": {
            "by_repo": [group_out(each, metric.key) for each in repositories],
            "by_work_type": [],
            "by_stage": [],
        },
        "drivers": [],
    }


@router.get(
    "/people/{person_id}/drilldown/prs", response=Answer, summary="A person's pull requests"
)
def list_client_person_pull_requests(
    request: HttpRequest, person_id: UUID, asked: Query[RecordsQuery]
) -> Answer:
    """Of which anything changed within the days, the newest first."""
    by = asker(request, asked)
    people.person(person_id, by=by)
    page = pull_requests.pull_requests_page(
        pull_requests_of(days_of(asked, by), [person_id]),
        by=by,
        limit=asked.limit,
        after=asked.cursor,
    )
    rows = [pull_request_out(row) for row in page.rows]
    return {"items": rows, "next_cursor": page.next_cursor}


@router.get("/people/{person_id}/drilldown/issues", response=Answer, summary="A person's items")
def list_client_person_work_items(
    request: HttpRequest, person_id: UUID, asked: Query[RecordsQuery]
) -> Answer:
    """That they have now and of which anything changed within the days."""
    by = asker(request, asked)
    people.person(person_id, by=by)
    page = work_items.work_items_page(
        work_items_of(days_of(asked, by)),
        [person_id],
        by=by,
        limit=asked.limit,
        after=asked.cursor,
    )
    rows = [work_item_out(row) for row in page.rows]
    return {"items": rows, "next_cursor": page.next_cursor}


def days_of(asked: DaysQuery, by: Member) -> Chosen:
    return of_scope(
        "org",
        (),
        range_days=asked.range_days,
        start_date=asked.start_date,
        end_date=asked.end_date,
        by=by,
    )


def person_out(found: Known, now: entities.Now) -> Answer:
    """Logins, no addresses."""
    pairs = [alias.split(":", 1) for alias in found.aliases if ":" in alias and "@" not in alias]
    team = now.of_person(UUID(found.author_id))
    return {
        "person_id": found.author_id,
        "display_name": found.name or found.handle or found.author_id,
        "identities": [{"provider": provider, "handle": handle} for provider, handle in pairs],
        "active": True,
        "team_id": team.team_id if team else None,
    }


def own_out(each: Own) -> dict[str, Any]:
    return {
        "metric": each.metric.key,
        "label": each.metric.label,
        "value": each.value,
        "unit": each.metric.unit,
        "delta_pct": each.delta_pct,
        "spark": [{"ts": str(day), "value": value} for day, value in sorted(each.points.items())],
    }
