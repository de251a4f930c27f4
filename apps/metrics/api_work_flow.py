"""REST: ageing work in progress, forecasts, and what work was for."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema

from apps.metrics import work_flow
from apps.metrics.investment import Asked as InvestmentAsked
from apps.metrics.investment import Investment, investment
from apps.metrics.questions import Selection
from apps.metrics.services import MOST_DAYS, Cells
from apps.metrics.services import Asked as Days
from apps.metrics.work_flow import MOST_ITEMS, FlowPage
from apps.rest import PageOut, PageQuery, page_out
from devhealth.analytics.flow import Usual
from devhealth.analytics.forecast import HISTORY, LEAST_DAYS
from devhealth.analytics.questions import Dimension
from devhealth.models.rollups import InvestmentDay

router = Router(tags=["metrics"])

OF_TEAM = "Which they count for, at the time."
OF_TYPE = "In the provider's words, lower case."


class FlowQuery(PageQuery):
    work_scope_id: list[UUID] = Field([], max_length=200)
    team_id: list[str] = Field([], max_length=200, description=OF_TEAM)
    item_type: list[str] = Field([], max_length=200, description=OF_TYPE)
    work_theme: list[str] = Field([], max_length=200)


class ForecastQuery(Schema):
    work_scope_id: list[UUID] = Field([], max_length=200)
    team_id: list[str] = Field([], max_length=200, description=OF_TEAM)
    item_type: list[str] = Field([], max_length=200, description=OF_TYPE)
    work_theme: list[str] = Field([], max_length=200)
    items: int | None = Field(None, ge=0, le=MOST_ITEMS, description="Default: all open now.")
    until: date | None = Field(
        None, description="How many will be done by its end. Default: nobody asks."
    )
    history_days: int = Field(
        HISTORY, ge=LEAST_DAYS, le=MOST_DAYS, description="Closed days that are drawn from."
    )


class UsualOut(Schema):
    """Cycle hours of what was done in the last 90 closed days."""

    cycle_hours_p50: float | None = Field(description="Null: nothing was done.")
    cycle_hours_p85: float | None = Field(description="Null: nothing was done.")
    n: int = Field(description="Items that it is of.")
    low_sample: bool = Field(description="Of fewer than five.")


class AgeingItemOut(Schema):
    """An item in progress, in review or blocked."""

    work_item_id: UUID
    item_key: str | None = Field(description="Null, as its title and url: not stored any more.")
    title: str | None
    url: str | None
    work_scope_id: UUID
    scope_key: str
    team_id: str
    status: str
    wip_since: datetime = Field(description="Since when it has been in progress.")
    age_hours: float = Field(description="Since then.")
    in_status_hours: float | None = Field(description="For how long it has had its status.")
    is_blocked: bool = Field(description="Or flagged.")
    is_assigned: bool
    usual: UsualOut = Field(description="Of its scope, whatever team.")
    is_over_p85: bool | None = Field(
        description="Older than 85 % of what its scope has done. Null: nothing was done there."
    )


class FlowPageOut(PageOut[AgeingItemOut]):
    """Work in progress as it ages, what was begun first before others."""

    as_of: datetime
    wip: int = Field(description="Items in progress, in review or blocked.")
    over_p85: int = Field(description="Of these, older than their scope's p85.")
    usual: UsualOut = Field(description="Of all that was asked for.")


class ReachOut(Schema):
    """With this certainty it is done within so many days from today."""

    certainty: float
    days: int | None = Field(description="Null: not within three years.")
    day: date | None
    is_within: bool = Field(description="Within three years.")


class YieldOut(Schema):
    """With this certainty at least so many items are done."""

    certainty: float
    items: int


class ForecastOut(Schema):
    """How long work will take, drawn 10,000 times from what was done a day."""

    items: int = Field(description="How many are to be done.")
    history_days: int = Field(description="Closed days that are drawn from.")
    items_completed: int = Field(description="Done in these days.")
    reason: str | None = Field(description="Why nothing can be foretold. Null: something can.")
    when: list[ReachOut] = Field(description="50, 85 and 95 % sure; empty by `reason`.")
    until: date | None
    how_many: list[YieldOut] = Field(
        description="By the end of `until`, 50, 85 and 95 % sure; empty where nobody asks."
    )


@router.get("/metrics/flow", response=FlowPageOut, summary="Ageing work in progress")
def read_flow(
    request: HttpRequest, response: HttpResponse, asked: Query[FlowQuery]
) -> dict[str, Any]:
    """What is in progress now, how old it is, and how long such items take in their scope."""
    page = work_flow.flow_page(
        where_of(asked), by=request.auth, limit=asked.limit, after=asked.cursor
    )
    return page_out(request, response, page) | {
        "items": [ageing_out(row, page) for row in page.rows],
        "as_of": page.flow.now,
        "wip": page.flow.items.height,
        "over_p85": page.flow.over_p85,
        "usual": usual_out(page.flow.whole),
    }


@router.get("/metrics/forecast", response=ForecastOut, summary="Foretell when work is done")
def read_forecast(request: HttpRequest, asked: Query[ForecastQuery]) -> dict[str, Any]:
    """When items will be done, and how many by a day: drawn from what was done a day."""
    question = work_flow.Asked(
        where=where_of(asked),
        items=asked.items,
        until=asked.until,
        history_days=asked.history_days,
    )
    found = work_flow.forecast(question, by=request.auth)
    return {
        "items": found.items,
        "history_days": len(found.history.counts),
        "items_completed": found.history.completed,
        "reason": found.reason,
        "when": [
            {"certainty": each.level, "days": each.days, "day": each.day}
            | {"is_within": each.day is not None}
            for each in found.when
        ],
        "until": asked.until,
        "how_many": [{"certainty": each.level, "items": each.items} for each in found.how_many],
    }


def where_of(asked: FlowQuery | ForecastQuery) -> dict[str, Any]:
    return work_flow.where_of(
        scopes=asked.work_scope_id or None,
        teams=asked.team_id or None,
        types=asked.item_type or None,
        themes=asked.work_theme or None,
    )


def ageing_out(row: Cells, page: FlowPage) -> Cells:
    item = page.item(row) or {}
    return row | {
        "item_key": item.get("item_key"),
        "title": item.get("title"),
        "url": item.get("url"),
        "in_status_hours": page.in_status_hours(row),
        "usual": usual_out(page.usual(row)),
        "is_over_p85": page.flow.is_over_p85(row),
    }


def usual_out(found: Usual) -> dict[str, Any]:
    return {
        "cycle_hours_p50": found.p50,
        "cycle_hours_p85": found.p85,
        "n": found.n,
        "low_sample": found.is_low_sample,
    }


# --- what work was for ---------------------------------------------------------------------------


class InvestmentQuery(Schema):
    since: date | None = Field(None, description="First day. Default: 30 days before `until`.")
    until: date | None = Field(None, description="Day after the last. Default: tomorrow (UTC).")
    work_scope_id: list[UUID] = Field([], max_length=200)
    repo_id: list[UUID] = Field([], max_length=200, description="Or a tracker's project.")
    team_id: list[str] = Field([], max_length=200)
    population: Literal["people", "all"] = "people"


class InvestedAmountOut(Schema):
    """How much, and which share of all of it."""

    value: float | None = Field(description="Null: not told for these filters.")
    share: float | None = Field(description="Null: not told, or of nothing.")


class ThemeInvestmentOut(Schema):
    """What was done for one theme."""

    theme: str
    items_completed: InvestedAmountOut
    story_points_completed: InvestedAmountOut
    prs_merged: InvestedAmountOut
    invested_loc: InvestedAmountOut = Field(
        description="Lines of pull requests merged, and of commits of none, which are unclassified."
    )


class InvestmentOut(Schema):
    """What work was for, over some days."""

    since: date
    until: date
    themes: list[ThemeInvestmentOut] = Field(description="By name, what is unclassified last.")
    unclassified: ThemeInvestmentOut = Field(description="What no rule matches.")
    reasons: dict[str, str] = Field(description="Of a measure that is not told, why.")


@router.get("/investment", response=InvestmentOut, summary="What work was for")
def read_investment(request: HttpRequest, asked: Query[InvestmentQuery]) -> dict[str, Any]:
    """The share of each theme in items, points, merged pull requests and lines."""
    named: dict[Dimension, Sequence[UUID | str]] = {
        Dimension.WORK_SCOPE: asked.work_scope_id,
        Dimension.REPO: asked.repo_id,
        Dimension.TEAM: asked.team_id,
    }
    where = {name: tuple(sorted(map(str, ids))) for name, ids in named.items() if ids}
    question = InvestmentAsked(
        days=Days(rollup=InvestmentDay, since=asked.since, until=asked.until),
        chosen=Selection(where=where, population=asked.population),
    )
    found = investment(question, by=request.auth)
    return {
        "since": found.since,
        "until": found.until,
        "themes": [theme_out(found, theme) for theme in found.themes],
        "unclassified": theme_out(found, "unclassified"),
        "reasons": found.reasons,
    }


def theme_out(found: Investment, theme: str) -> dict[str, Any]:
    return {"theme": theme} | {name: asdict(each) for name, each in found.of(theme).items()}
