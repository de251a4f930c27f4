"""REST: the catalogue of measures, and the records behind a number."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema

from apps.metrics import questions
from apps.metrics.questions import Selection
from apps.rest import PageOut, PageQuery, page_out
from devhealth.analytics.catalogue import Entry
from devhealth.analytics.questions import Dimension

router = Router(tags=["metrics"])


class MeasureOut(Schema):
    """A measure: what it means and how it may be asked for."""

    name: str
    unit: str
    definition: str
    definition_version: int
    better: Literal["higher", "lower", "neither"]
    rolls_up: str = Field(
        description="How it spans more than one row; record: the same expression over the records."
    )
    dimensions: list[str] = Field(description="What it may be grouped by.")
    tables: list[str] = Field(description="Its rollup tables, the smallest first.")
    records: list[str] = Field(description="Tables of the records behind it.")
    sample: str | None = Field(description="The measure that is the size of its sample.")


class CatalogueOut(Schema):
    """Every measure, in the order in which the tables declare them."""

    measures: list[MeasureOut]


class EvidenceQuery(PageQuery):
    """A measure, a UTC day, and whose work."""

    measure: str = Field(max_length=100)
    day: date
    repo_id: list[UUID] = Field([], max_length=200)
    author_id: list[UUID] = Field([], max_length=200)
    team_id: list[str] = Field([], max_length=200)
    path: list[str] = Field([], max_length=200)
    environment: list[str] = Field([], max_length=200)
    work_scope_id: list[UUID] = Field([], max_length=200)
    item_type: list[str] = Field([], max_length=200)
    status: list[str] = Field([], max_length=10)
    work_theme: list[str] = Field([], max_length=200)
    work_subcategory: list[str] = Field([], max_length=200)
    provider: list[str] = Field([], max_length=10)
    population: Literal["people", "all"] = "people"


class EvidenceRecordOut(Schema):
    """One record behind a number."""

    kind: str = Field(
        description="commit, file change, pull request, review, comment, pipeline run, deployment, "
        "change, incident or work item."
    )
    at: datetime = Field(description="The instant that it counts on.")
    repo_id: UUID = Field(description="The nil UUID where it is of none.")
    repository: str | None
    hash: str | None = Field(description="Of a commit or a file change.")
    path: str | None = Field(description="Of a file change.")
    number: int | None = Field(
        description="Of a pull request, or the one that a review or comment is of."
    )
    record_id: str | None = Field(
        description="The provider's id of a review, comment, pipeline run, deployment or incident; "
        "of a work item its own."
    )
    key: str | None = Field(description="What people call it, of a work item.")
    environment: str | None = Field(description="Of a deployment or a change.")
    title: str | None = Field(
        description="The commit's subject, a pull request's, an incident's or a work item's title, "
        "a pipeline's name, a deployment's environment."
    )
    author_id: UUID | None = Field(
        description="Who made it; of a review the reviewer, of a work item who filed it."
    )
    author_name: str | None
    url: str | None = Field(description="Where a person opens it. Null: nowhere known.")


class EvidencePage(PageOut[EvidenceRecordOut]):
    """The records behind a number, newest first."""

    measure: str
    unit: str
    value: float | None = Field(description="As it is told. Null: not measured.")
    recomputed: float | None = Field(description="From the records as they are now.")
    is_stale: bool = Field(description="Records are newer than the row.")
    difference: float | None = Field(description="What the next compute will add.")
    records_count: int = Field(
        description="All of them; of what is counted, as many as the value says."
    )


def measure_out(entry: Entry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "unit": entry.unit,
        "definition": entry.definition,
        "definition_version": entry.version,
        "better": entry.better,
        "rolls_up": entry.kind,
        "dimensions": [each.value for each in entry.dimensions],
        "tables": [grain.rollup.table for grain in entry.grains],
        "records": list(entry.sources),
        "sample": entry.sample,
    }


@router.get("/metrics/catalogue", response=CatalogueOut, summary="List measures")
def read_catalogue(request: HttpRequest) -> dict[str, Any]:
    """What can be asked about measures, generated from the tables."""
    return {"measures": [measure_out(entry) for entry in questions.entries(by=request.auth)]}


@router.get("/evidence", response=EvidencePage, summary="Open a number")
def read_evidence(
    request: HttpRequest, response: HttpResponse, asked: Query[EvidenceQuery]
) -> dict[str, Any]:
    """The records behind a measure on one UTC day, newest first."""
    page = questions.evidence_page(
        asked.measure,
        asked.day,
        Selection(where=filters(asked), population=asked.population),
        by=request.auth,
        limit=asked.limit,
        after=asked.cursor,
    )
    found = page.evidence
    return page_out(request, response, page) | {
        "measure": found.entry.name,
        "unit": found.entry.unit,
        "value": found.value,
        "recomputed": found.recomputed,
        "is_stale": found.is_stale,
        "difference": found.difference,
        "records_count": found.records.height,
    }


def filters(asked: EvidenceQuery) -> dict[Dimension, tuple[str, ...]]:
    named: dict[Dimension, Sequence[UUID | str]] = {
        Dimension.REPO: asked.repo_id,
        Dimension.AUTHOR: asked.author_id,
        Dimension.TEAM: asked.team_id,
        Dimension.FILE: asked.path,
        Dimension.ENVIRONMENT: asked.environment,
        Dimension.WORK_SCOPE: asked.work_scope_id,
        Dimension.WORK_TYPE: asked.item_type,
        Dimension.STATUS: asked.status,
        Dimension.THEME: asked.work_theme,
        Dimension.SUBCATEGORY: asked.work_subcategory,
        Dimension.PROVIDER: asked.provider,
    }
    return {name: tuple(sorted(str(each) for each in ids)) for name, ids in named.items() if ids}
