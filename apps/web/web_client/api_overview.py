"""What every page of the client asks first: whether we are well, and what one can choose from."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from ninja import Query, Router, Status

from apps.metrics import entities, home, questions
from apps.metrics.data_health import DataHealth
from apps.metrics.labels import team_names
from apps.metrics.operations import IDENTITIES_READ
from apps.metrics.questions import MOST_TOP
from apps.metrics.services import MOST_DAYS
from apps.orgs.members import Member
from apps.web.web_client.bodies import TAG, Answer, Body, Claim, asker
from apps.web.web_client.figures import groups, metric_of
from apps.web.web_client.filters import Chosen, Time, days_of, repositories
from devhealth.analytics.questions import Dimension
from devhealth.models.directory import STATUSES, THEMES, UNCLASSIFIED

router = Router(tags=[TAG])

MOST_PEOPLE = 500
ENDPOINTS = (
    "health", "meta", "filters/options", "home", "explain", "opportunities", "investment",
    "sankey", "drilldown/prs", "drilldown/issues", "quadrant", "heatmap", "flame",
    "flame/aggregated", "people", "people/{id}/summary", "people/{id}/metric",
    "people/{id}/drilldown/prs", "people/{id}/drilldown/issues", "telemetry",
)  # fmt: skip


class ClientTelemetryIn(Body):
    event: str = ""
    payload: dict[str, Any] | None = None
    ts: str | int | float | None = None


@router.get("/health", response=Answer, summary="Whether the client may go on")
def read_client_health(request: HttpRequest, asked: Query[Claim]) -> Answer:
    """`ok` where the store answers; else 503."""
    questions.freshness(by=asker(request, asked))
    return {"status": "ok", "services": {"api": "ok", "store": "ok"}}


@router.get("/meta", response=Answer, summary="What the client may ask")
def read_client_meta(request: HttpRequest, asked: Query[Claim]) -> Answer:
    """The store, the newest sync, coverage in percent, limits."""
    told = freshness_out(overview_of(asker(request, asked)))
    known = {name: each for name, each in told["coverage"].items() if each is not None}
    return {
        "backend": urlsplit(settings.DATABASE_URI).scheme,
        "version": "1",
        "last_ingest_at": told["last_ingested_at"],
        "coverage": known,
        "limits": {"max_days": MOST_DAYS, "max_top_n": MOST_TOP, "max_drilldown": 200},
        "supported_endpoints": [f"/api/v1/{each}" for each in ENDPOINTS],
    }


@router.get("/filters/options", response=Answer, summary="What the client's filters offer")
def read_client_filter_options(request: HttpRequest, asked: Query[Claim]) -> Answer:
    """Teams and repositories by name, people by id; the maps say what each is called."""
    by = asker(request, asked)
    teams = sorted(team_names(by=by).values(), key=str.lower)
    names = [row["full_name"] for row in repositories(by)]
    people = people_of(by)
    return {
        "teams": teams,
        "repos": names,
        "services": [],
        "developers": list(people),
        "work_category": [*THEMES, UNCLASSIFIED],
        "issue_type": sorted(item_types(by)),
        "flow_stage": list(STATUSES),
        "team_names": dict(zip(teams, teams, strict=True)),
        "repo_names": dict(zip(names, names, strict=True)),
        "developer_names": people,
    }


@router.post("/telemetry", response={204: None}, summary="The client's telemetry")
def send_client_telemetry(
    request: HttpRequest, body: ClientTelemetryIn, asked: Query[Claim]
) -> Status[None]:
    """Accepted, and nothing of it is kept."""
    asker(request, asked)
    return Status(204, None)


# --- what they are made of -----------------------------------------------------------------------


def overview_of(by: Member) -> home.Home:
    """For freshness and coverage: without figures."""
    days = days_of(Time())
    since, until = days.window()
    return home.Home(since, until, [], DataHealth(by=by), by)


def freshness_out(found: home.Home) -> Answer:
    return {
        "last_ingested_at": found.last_success_at,
        "sources": {each.source_id: each.status for each in found.sites},
        "coverage": {
            "repos_covered_pct": found.covered_percent,
            "prs_linked_to_issues_pct": found.linked_percent,
            "issues_with_cycle_states_pct": None,
        },
    }


def people_of(by: Member) -> dict[str, str]:
    """Names by id, for who may read the directory."""
    if not by.may(IDENTITIES_READ):
        return {}
    found = entities.people_page(by=by, limit=MOST_PEOPLE).rows
    return {each.author_id: each.name or each.handle or each.author_id for each in found}


def item_types(by: Member) -> Iterable[str]:
    """Of what was filed within a year."""
    year = Chosen(days_of(Time(range_days=MOST_DAYS)), questions.Selection())
    found = groups(metric_of("items_created"), Dimension.WORK_TYPE, year, top=MOST_TOP, by=by)
    return [each.key[-1] for each in found if each.value]
