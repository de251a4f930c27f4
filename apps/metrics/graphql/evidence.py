"""The records behind one number."""

from dataclasses import replace
from datetime import date, datetime

import strawberry
from strawberry.relay import PageInfo
from strawberry.types import Info

from apps.metrics import questions
from apps.metrics.graphql.catalog import MEASURE, member_of
from apps.metrics.graphql.inputs import FilterInput, ScopeFilterInput, selection
from apps.metrics.nodes import BigInt, Edge, edges_of, page_info
from apps.metrics.opened import Record
from apps.metrics.questions import EvidencePage
from apps.metrics.schema import Population, require_size

MOST_RECORDS = 200


@strawberry.type(description="One record behind a number.")
class EvidenceRecord:
    kind: str = strawberry.field(
        description="commit, file change, pull request, review, comment, pipeline run, deployment, "
        "change, incident or work item."
    )
    at: datetime = strawberry.field(description="The instant that it counts on.")
    repository_id: strawberry.ID = strawberry.field(description="The nil UUID where it is of none.")
    repository: str | None = strawberry.field(description="Full name.")
    hash: str | None = strawberry.field(description="Of a commit or a file change.")
    path: str | None = strawberry.field(description="Of a file change.")
    number: BigInt | None = strawberry.field(
        description="Of a pull request, or the one that a review or comment is of."
    )
    record_id: str | None = strawberry.field(
        description="The provider's id of a review, comment, pipeline run, deployment or incident; "
        "of a work item its own."
    )
    key: str | None = strawberry.field(description="What people call it, of a work item.")
    environment: str | None = strawberry.field(description="Of a deployment or a change.")
    title: str | None = strawberry.field(
        description="The commit's subject, a pull request's, an incident's or a work item's title, "
        "a pipeline's name, a deployment's environment."
    )
    author_id: strawberry.ID | None = strawberry.field(
        description="Who made it; of a review the reviewer, of a work item who filed it."
    )
    author_name: str | None
    url: str | None = strawberry.field(description="Where a person opens it. Null: nowhere known.")


@strawberry.type(description="The records behind a number, newest first.")
class EvidenceConnection:
    edges: list[Edge[EvidenceRecord]]
    nodes: list[EvidenceRecord]
    page_info: PageInfo
    measure: str
    unit: str
    value: float | None = strawberry.field(description="As it is told. Null: not measured.")
    recomputed: float | None = strawberry.field(description="From the records as they are now.")
    is_stale: bool = strawberry.field(description="Records are newer than the row.")
    difference: float | None = strawberry.field(description="What the next compute will add.")
    records_count: BigInt = strawberry.field(
        description="All of them; of what is counted, as many as the value says."
    )


def read_evidence(
    info: Info,
    measure: MEASURE,
    scope: ScopeFilterInput,
    day: date,
    org_id: str | None = None,
    population: Population = Population.PEOPLE,
    filters: FilterInput | None = None,
    first: int = 50,
    after: str | None = None,
) -> EvidenceConnection:
    by = member_of(info, org_id)
    require_size(first, MOST_RECORDS)
    narrowed = replace(filters, scope=scope) if filters else FilterInput(scope=scope)
    chosen = selection(narrowed, population)
    page = questions.evidence_page(measure.value, day, chosen, by=by, limit=first, after=after)
    return connection_of(page, after)


def connection_of(page: EvidencePage, after: str | None) -> EvidenceConnection:
    found, nodes = page.evidence, [record(each) for each in page.rows]
    return EvidenceConnection(
        edges=edges_of(page, nodes),
        nodes=nodes,
        page_info=page_info(page, after),
        measure=found.entry.name.upper(),
        unit=found.entry.unit,
        value=found.value,
        recomputed=found.recomputed,
        is_stale=found.is_stale,
        difference=found.difference,
        records_count=BigInt(found.records.height),
    )


def record(found: Record) -> EvidenceRecord:
    return EvidenceRecord(
        kind=found.kind,
        at=found.at,
        repository_id=strawberry.ID(found.repo_id),
        repository=found.repository,
        hash=found.hash,
        path=found.path,
        number=BigInt(found.number) if found.number else None,
        record_id=found.record_id,
        key=found.key,
        environment=found.environment,
        title=found.title,
        author_id=strawberry.ID(found.author_id) if found.author_id else None,
        author_name=found.author_name,
        url=found.url,
    )
