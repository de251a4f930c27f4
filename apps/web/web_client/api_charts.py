"""The client's quadrants and heatmaps, each of one batch of questions about measures."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Literal

from django.http import HttpRequest
from ninja import Field, Query, Router

from apps.errors import Unprocessable
from apps.metrics import questions
from apps.metrics.operations import IDENTITIES_READ
from apps.metrics.services import MOST_DAYS
from apps.orgs.members import Member
from apps.web.web_client import links
from apps.web.web_client.bodies import TAG, Answer, Claim, asker
from apps.web.web_client.figures import Course, Metric, courses, figures, metric_of
from apps.web.web_client.filters import Chosen, Level, of_scope
from apps.web.web_client.people import person_id
from devhealth.analytics.parts import Key
from devhealth.analytics.questions import Dimension

router = Router(tags=[TAG])

Quadrant = Literal["churn_throughput", "cycle_throughput", "wip_throughput", "review_load_latency"]
Heatmap = Literal["temporal_load", "context_switch", "risk", "individual"]

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MOST_ROWS = 20
OF_TEAMS: Mapping[str, tuple[str, str]] = {
    "churn_throughput": ("churn", "throughput"),
    "cycle_throughput": ("cycle_time", "throughput"),
    "wip_throughput": ("wip", "throughput"),
    "review_load_latency": ("review_load", "review_latency"),
}
OF_CODE: Mapping[str, tuple[str, str]] = {  # of repositories and people: pull requests
    "churn_throughput": ("churn", "pr_throughput"),
    "cycle_throughput": ("pr_cycle_time", "pr_throughput"),
    "wip_throughput": ("prs_open", "pr_throughput"),
    "review_load_latency": ("review_load", "review_latency"),
}
DEFAULTS: Mapping[str, str] = {
    "temporal_load": "review_wait_density",
    "context_switch": "context_switch",
    "risk": "hotspot_risk",
    "individual": "active_hours",
}


class ChartQuery(Claim):
    scope_type: Level = "org"
    scope_id: str = Field("", max_length=400, description="An id or a name.")
    team_ids: list[str] = Field([], max_length=200)
    repo_ids: list[str] = Field([], max_length=200)
    range_days: int = Field(30, ge=1, le=MOST_DAYS)
    start_date: date | None = None
    end_date: date | None = Field(None, description="The last day itself.")


class QuadrantQuery(ChartQuery):
    type: Quadrant
    bucket: Literal["week", "month"] = "week"


class HeatmapQuery(ChartQuery):
    type: Heatmap
    metric: str = Field("", max_length=100)
    x: str = Field("", max_length=400, description="With `y`: the records of that cell, too.")
    y: str = Field("", max_length=400)
    limit: int = Field(50, ge=1, le=200)


# --- quadrants -----------------------------------------------------------------------------------


@router.get("/quadrant", response=Answer, summary="The client's quadrant")
def read_client_quadrant(request: HttpRequest, asked: Query[QuadrantQuery]) -> Answer:
    """Teams, repositories or people by two metrics, with the way that each came."""
    by = asker(request, asked)
    dimension = dimension_of(asked)
    if dimension is Dimension.AUTHOR:
        by.require(IDENTITIES_READ)
    pairs = OF_TEAMS if dimension is Dimension.TEAM else OF_CODE
    x, y = (metric_of(name) for name in pairs[asked.type])
    question = chosen_by(asked, by)
    of_x, of_y = (courses(each, dimension, asked.bucket, question, by=by) for each in (x, y))
    keys = [key for key in of_x if key in of_y]
    if dimension is Dimension.AUTHOR and asked.scope_id:
        wanted = person_id(asked.scope_id, by=by)
        keys = [key for key in keys if key[0] == wanted]
    points = [point(key, of_x[key], of_y[key], x, question) for key in keys]
    return {
        "axes": {"x": axis(x), "y": axis(y)},
        "points": [each for each in points if None not in (each["x"], each["y"])],
        "annotations": [],
    }


def dimension_of(asked: ChartQuery) -> Dimension:
    if asked.scope_type in ("person", "developer"):
        return Dimension.AUTHOR
    return Dimension.REPO if asked.scope_type == "repo" else Dimension.TEAM


def chosen_by(asked: ChartQuery, by: Member) -> Chosen:
    """People are not narrowed to: whether one is told apart hangs on how many there are."""
    is_of_people = asked.scope_type in ("person", "developer")
    ids = [] if is_of_people else [asked.scope_id]
    if asked.scope_type == "team":
        ids += asked.team_ids
    if asked.scope_type == "repo":
        ids += asked.repo_ids
    return of_scope(
        "org" if is_of_people else asked.scope_type,
        ids,
        range_days=asked.range_days,
        start_date=asked.start_date,
        end_date=asked.end_date,
        by=by,
    )


def axis(metric: Metric) -> Answer:
    return {"metric": metric.key, "label": metric.label, "unit": metric.unit}


def point(key: Key, x: Course, y: Course, metric: Metric, question: Chosen) -> Answer:
    since, until = question.days.window()
    return {
        "entity_id": key[-1],
        "entity_label": x.label or key[-1],
        "x": x.total,
        "y": y.total,
        "window_start": str(since),
        "window_end": str(until),
        "evidence_link": links.explore(metric.key),
        "trajectory": [
            {"x": x.points[day], "y": y.points[day], "window": str(day)}
            for day in sorted(x.points.keys() & y.points.keys())
        ],
    }


# --- heatmaps ------------------------------------------------------------------------------------


@router.get("/heatmap", response=Answer, summary="The client's heatmap")
def read_client_heatmap(request: HttpRequest, asked: Query[HeatmapQuery]) -> Answer:
    """Weeks by weekdays, or by files. Nobody measures switches or the hours of a day: empty."""
    by = asker(request, asked)
    metric, question = metric_of(asked.metric or DEFAULTS[asked.type]), chosen_by(asked, by)
    if asked.type == "risk":
        told = by_file(metric, question, by)
    elif asked.type == "individual":
        told = by_weekday(of_person(metric, asked, question, by))
    else:
        (figure,) = figures([metric], question, bucket="day", by=by)
        told = by_weekday(figure.spark)
    return told | {
        "legend": {"unit": metric.unit, "scale": "linear"},
        "evidence": evidence(metric, asked, question, by),
    }


def by_weekday(days: Iterable[tuple[date, float | None]]) -> Answer:
    cells = [
        {"x": str(week_of(day)), "y": WEEKDAYS[day.weekday()], "value": value}
        for day, value in days
        if value is not None
    ]
    weeks = sorted({str(each["x"]) for each in cells})
    return {"axes": {"x": weeks, "y": list(WEEKDAYS) if weeks else []}, "cells": cells}


def by_file(metric: Metric, question: Chosen, by: Member) -> Answer:
    found = courses_of_files(metric, question, by)
    cells = [
        {"x": str(day), "y": key[-1], "value": value}
        for key, course in found
        for day, value in course.points.items()
        if value is not None
    ]
    rows = list(dict.fromkeys(each["y"] for each in cells))
    return {"axes": {"x": sorted({str(each["x"]) for each in cells}), "y": rows}, "cells": cells}


def courses_of_files(metric: Metric, question: Chosen, by: Member) -> Sequence[tuple[Key, Course]]:
    """The largest first. A file's key names its repository, whatever the measure is told by."""
    repositories = question.ids(Dimension.REPO)
    where = dict(question.selection.where)
    where.pop(Dimension.REPO, None)
    top = MOST_ROWS if repositories is None else None
    every = replace(question, selection=questions.Selection(where=where))
    found = courses(metric, Dimension.FILE, "week", every, top=top, by=by).items()
    return [(key, each) for key, each in found if not repositories or key[0] in repositories][
        :MOST_ROWS
    ]


def of_person(
    metric: Metric, asked: HeatmapQuery, question: Chosen, by: Member
) -> Sequence[tuple[date, float | None]]:
    """As far as people are told apart. Raises `Forbidden`."""
    by.require(IDENTITIES_READ)
    wanted = person_id(asked.scope_id, by=by)
    found = courses(metric, Dimension.AUTHOR, "day", question, by=by)
    mine = [course for key, course in found.items() if key[0] == wanted]
    return sorted(mine[0].points.items()) if mine else []


def week_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def evidence(metric: Metric, asked: HeatmapQuery, question: Chosen, by: Member) -> list[Answer]:
    """The records of one day; of a person none, and none where a measure has no such thing."""
    day = day_of(asked)
    if day is None or len(metric.measures) != 1 or asked.type != "temporal_load":
        return []
    try:
        page = questions.evidence_page(
            metric.measures[0], day, question.selection, by=by, limit=asked.limit
        )
    except Unprocessable:
        return []
    told = ("kind", "at", "repo_id", "repository", "number", "title", "url")
    return [{name: getattr(row, name) for name in told} for row in page.rows]


def day_of(asked: HeatmapQuery) -> date | None:
    if asked.y not in WEEKDAYS:
        return None
    try:
        return date.fromisoformat(asked.x) + timedelta(days=WEEKDAYS.index(asked.y))
    except (ValueError, OverflowError):
        return None
