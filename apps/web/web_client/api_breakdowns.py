"""What work was for and where it went: sunburst, Sankey, the flame of many."""

from collections.abc import Iterator
from datetime import date
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Router

from apps.metrics.api_work_flow import router as work_flow
from apps.metrics.services import MOST_DAYS
from apps.orgs.members import Member
from apps.web.web_client.bodies import TAG, Address, Answer, Claim, ClientFilterBody, asker
from apps.web.web_client.breakdowns import BROKEN, Branch, Broken
from apps.web.web_client.filters import Chosen, chosen

router = Router(tags=[TAG])

Mode = Literal["investment", "expense", "state", "hotspot"]
Aggregate = Literal["cycle_breakdown", "code_hotspots", "throughput"]


class SankeyAddress(Address):
    mode: Mode | None = None


class ClientSankeyBody(ClientFilterBody):
    mode: Mode | None = Field(None, description="Null: the address's.")
    window_start: date | None = Field(None, description="With `window_end`: in place of the days.")
    window_end: date | None = Field(None, description="The last day itself.")


class FlameQuery(Claim):
    mode: Aggregate
    range_days: int = Field(30, ge=1, le=MOST_DAYS)
    start_date: date | None = None
    end_date: date | None = None
    team_id: str = Field("", max_length=200, description="An id or a name.")
    repo_id: str = Field("", max_length=400, description="An id or a full name.")
    limit: int = Field(500, ge=1, le=500)
    min_value: float = Field(1, ge=0)


# A path has one router: POST of the one that has its GET.
@work_flow.post(
    "/investment", response=Answer, summary="What work was for, for the client", tags=[TAG]
)
def read_client_investment(
    request: HttpRequest, body: ClientFilterBody, asked: Query[Address]
) -> Answer:
    """Of items completed; else of pull requests merged; else of lines."""
    by = asker(request, asked)
    found = BROKEN["investment"](chosen(body.filters, asked.f, by=by), by)
    subtypes = [(theme, each) for theme in found.branches for each in theme.parts]
    return {
        "categories": [
            {"key": each.id, "name": each.name, "value": each.value} for each in found.branches
        ],
        "subtypes": [
            {"name": each.name, "value": each.value, "parentKey": theme.id}
            for theme, each in subtypes
        ],
        "unit": found.unit,
        "edges": [],
        "theme_distribution": {each.id: each.value for each in found.branches},
        "subcategory_distribution": {
            f"{theme.id}.{each.id}": each.value for theme, each in subtypes
        },
        "evidence_quality_distribution": {},
        "evidence_quality_stats": None,
    }


@router.post("/sankey", response=Answer, summary="The client's Sankey")
def read_client_sankey(
    request: HttpRequest, body: ClientSankeyBody, asked: Query[SankeyAddress]
) -> Answer:
    """Where work went, in two steps; every link is a number of the catalogue."""
    by, mode = asker(request, asked), body.mode or asked.mode or "investment"
    filters = within(body)
    found = BROKEN[mode](chosen(filters, asked.f, by=by), by)
    return {
        "mode": mode,
        "nodes": list(nodes(found)),
        "links": [
            {"source": each.name, "target": called(part, found), "value": part.value}
            for each in found.branches
            for part in each.parts
        ],
        "unit": found.unit,
        "label": f"{found.groups[0]} → {found.groups[1]}",
        "description": None,
    }


@router.get("/flame/aggregated", response=Answer, summary="The client's flame of many")
def read_client_aggregated_flame(request: HttpRequest, asked: Query[FlameQuery]) -> Answer:
    """A whole and its parts, of the last days."""
    by = asker(request, asked)
    days, found = aggregated(asked, by)
    since, until = days.days.window()
    return {
        "mode": asked.mode,
        "unit": found.unit,
        "root": {"name": "all", "value": found.total}
        | {"children": tree(found.branches, asked.min_value, asked.limit)},
        "meta": {
            "window_start": str(since),
            "window_end": str(until),
            "filters": {"team_id": asked.team_id or None, "repo_id": asked.repo_id or None},
            "notes": [],
        },
    }


def aggregated(asked: FlameQuery, by: Member) -> tuple[Chosen, Broken]:
    what = {"repos": [asked.repo_id]} if asked.repo_id else {}
    time: dict[str, Any] = {"range_days": asked.range_days}
    time |= {"start_date": asked.start_date, "end_date": asked.end_date}
    team = {"level": "team", "ids": [asked.team_id]} if asked.team_id else {}
    days = chosen({"time": time, "scope": team, "what": what}, by=by)
    return days, BROKEN[asked.mode](days, by)


def within(body: ClientSankeyBody) -> Answer | None:
    """The body's filter, within its own window if it has one."""
    if body.window_start is None or body.window_end is None:
        return body.filters
    window = {"start_date": body.window_start, "end_date": body.window_end}
    return {**(body.filters or {}), "time": window}


def nodes(found: Broken) -> Iterator[Answer]:
    """Each once, whichever branches it is a part of: the client knows them by name."""
    values: dict[tuple[str, str], float] = {}
    for each in found.branches:
        values[each.name, found.groups[0]] = each.value
        for part in each.parts:
            node = called(part, found), found.groups[1]
            values[node] = values.get(node, 0) + part.value
    for (name, group), value in values.items():
        yield {"name": name, "group": group, "value": value}


def called(part: Branch, found: Broken) -> str:
    """A part that is called as a branch is would lead to itself."""
    is_taken = part.name in {each.name for each in found.branches}
    return f"{part.name} ({found.groups[1]})" if is_taken else part.name


def tree(branches: Any, least: float, most: int) -> list[Answer]:
    kept: list[Branch] = [each for each in branches if each.value >= least][:most]
    return [
        {"name": each.name, "value": each.value, "children": tree(each.parts, least, most)}
        for each in kept
    ]
