"""Who reviews whose work."""

import strawberry
from strawberry.relay import PageInfo
from strawberry.types import Info

from apps.cost import Cost
from apps.metrics import review_edges
from apps.metrics.graphql.catalog import member_of
from apps.metrics.graphql.cells import ids
from apps.metrics.nodes import BigInt, edges_of, page_info
from apps.metrics.nodes import Edge as EdgeOf
from apps.metrics.review_edges import EdgesPage
from apps.metrics.schema import DateRangeInput, Population, require_size
from apps.metrics.services import Asked as Days
from apps.metrics.services import shift
from devhealth.analytics.edges import Edge
from devhealth.models.rollups import ReviewEdgeDay

MOST_ROWS = 1000
COST = Cost(questions=2)  # the edges, and who they are


@strawberry.type(description="Reviews of one author's pull requests by one reviewer.")
class Reviewing:
    reviewer_id: strawberry.ID
    reviewer_name: str | None = strawberry.field(description="Null: not in the directory.")
    author_id: strawberry.ID = strawberry.field(description="Of the pull requests.")
    author_name: str | None = strawberry.field(description="Null: not in the directory.")
    reviews_count: BigInt
    changes_requested_count: BigInt
    approvals_count: BigInt


@strawberry.type(
    description="By the ids of both; where either are fewer people than the privacy threshold, "
    "only one's own are told apart."
)
class ReviewingConnection:
    edges: list[EdgeOf[Reviewing]]
    nodes: list[Reviewing]
    page_info: PageInfo
    others_count: BigInt = strawberry.field(description="Edges that are not told apart.")
    others_reviews_count: BigInt = strawberry.field(description="Their reviews together.")
    is_private: bool = strawberry.field(
        description="Others are people who are too few to be told apart."
    )


@strawberry.input(description="Which reviews.")
class ReviewEdgesInput:
    range: DateRangeInput
    repository_ids: list[strawberry.ID] | None = None
    population: Population = strawberry.field(
        default=Population.PEOPLE, description="Whether bots' reviews count."
    )
    org_id: str | None = None


def read_review_edges(
    info: Info, input: ReviewEdgesInput, first: int = 200, after: str | None = None
) -> ReviewingConnection:
    by = member_of(info, input.org_id)
    days = Days(
        rollup=ReviewEdgeDay,
        since=input.range.start_date,
        until=shift(input.range.end_date, 1),
    )
    asked = review_edges.Asked(
        days=days,
        repositories=ids(input.repository_ids),
        population=str(input.population.value),
    )
    limit = require_size(first, MOST_ROWS)
    return connection_of(review_edges.edges_page(asked, by=by, limit=limit, after=after), after)


def connection_of(page: EdgesPage, after: str | None) -> ReviewingConnection:
    nodes = [node(each, page) for each in page.rows]
    return ReviewingConnection(
        edges=edges_of(page, nodes),
        nodes=nodes,
        page_info=page_info(page, after),
        others_count=BigInt(page.edges.others_count),
        others_reviews_count=BigInt(page.edges.others_reviews_count),
        is_private=page.edges.is_private,
    )


def node(edge: Edge, page: EdgesPage) -> Reviewing:
    return Reviewing(
        reviewer_id=strawberry.ID(edge.reviewer_id),
        reviewer_name=page.name(edge.reviewer_id),
        author_id=strawberry.ID(edge.author_id),
        author_name=page.name(edge.author_id),
        reviews_count=BigInt(edge.reviews_count),
        changes_requested_count=BigInt(edge.changes_requested_count),
        approvals_count=BigInt(edge.approvals_count),
    )
