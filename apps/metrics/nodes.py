"""GraphQL types built from the rollup classes: a new field or class appears here by itself.

A new type is built for each, since `strawberry.type(RepoDay)` would change the class itself.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, Generic, NewType, TypeVar

import strawberry
from django.core.serializers.json import DjangoJSONEncoder
from strawberry.relay import PageInfo
from strawberry.types.scalar import ScalarDefinition

from apps.cost import HELD
from apps.metrics.authors import Authors
from apps.metrics.definitions import COMPUTED_AT, definitions, describe
from devhealth.models.rollups import Rollup
from devhealth.sinks.tables import Kind, table_of

BigInt = NewType("BigInt", int)

KINDS: dict[Kind, Any] = {
    "uuid": strawberry.ID,
    "text": str,
    "int": BigInt,
    "float": float,
    "bool": bool,
    "instant": datetime,
    "date": date,
    "texts": list[str],
}


def instant(value: datetime) -> str:
    """RFC 3339 in UTC, as REST writes it."""
    text: str = DjangoJSONEncoder().default(value.astimezone(UTC))
    return text


def parse_instant(value: Any) -> datetime:
    parsed = datetime.fromisoformat(str(value))
    if parsed.tzinfo is None:
        raise ValueError("An instant ends in its offset from UTC, or in Z.")
    return parsed.astimezone(UTC)


SCALARS: dict[object, ScalarDefinition] = {
    BigInt: strawberry.scalar(
        name="BigInt",
        description="A whole number that may pass 2^31; written as a JSON number.",
        serialize=int,
        parse_value=int,
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="An instant, RFC 3339 in UTC.",
        serialize=instant,
        parse_value=parse_instant,
    ),
}

Node = TypeVar("Node")


@strawberry.type(description="A row and the place after it.")
class Edge(Generic[Node]):
    node: Node
    row: strawberry.Private[Any]
    page: strawberry.Private[Any]

    @strawberry.field(description="Opaque; good for this question only.", metadata={"cost": HELD})
    def cursor(self) -> str:
        text: str = self.page.cursor(self.row)
        return text


def page_info(page: Any, after: str | None) -> PageInfo:
    """Of a page that knows its `rows`, a `cursor` for each, and whether it `has_next`."""
    ends = [page.cursor(row) for row in (*page.rows[:1], *page.rows[-1:])]
    return PageInfo(
        has_next_page=page.has_next,
        has_previous_page=after is not None,
        start_cursor=ends[0] if ends else None,
        end_cursor=ends[-1] if ends else None,
    )


def edges_of(page: Any, nodes: Sequence[Any]) -> list[Any]:
    """Of a page's rows, each with the node that is made of it."""
    return [Edge(node=node, row=row, page=page) for node, row in zip(nodes, page.rows, strict=True)]


@strawberry.type(description="Rows in their order.")
class Connection(Generic[Node]):
    edges: list[Edge[Node]]
    nodes: list[Node]
    page_info: PageInfo


def connection_of(page: Any, nodes: Sequence[Any], after: str | None) -> Any:
    return Connection(
        edges=edges_of(page, nodes), nodes=list(nodes), page_info=page_info(page, after)
    )


def node_type(rollup: type[Rollup]) -> type[Any]:
    """`repo_metrics_daily` → `RepoMetricsDay`, every column with its definition."""
    texts, table = definitions(rollup), table_of(rollup)
    annotations: dict[str, Any] = {}
    members: dict[str, Any] = {}
    for column in table.columns:
        kind = KINDS[column.kind]
        annotations[column.name] = kind | None if column.nullable else kind
        members[column.name] = strawberry.field(description=texts[column.name])
    annotations[table.version] = datetime
    members[table.version] = strawberry.field(description=COMPUTED_AT)
    if has_authors(rollup):
        annotations["authors"] = strawberry.Private[Authors]
        members |= AUTHOR
    made = type(type_name(rollup), (), {"__annotations__": annotations, **members})
    return strawberry.type(made, description=describe(rollup))


def type_name(rollup: type[Rollup]) -> str:
    subject = rollup.table.removesuffix("_daily")
    return "".join(word.capitalize() for word in subject.split("_")) + "Day"


def has_authors(rollup: type[Rollup]) -> bool:
    return "author_id" in rollup.key


def author_name(self: Any) -> str | None:
    return tell(self, "name")


def author_email(self: Any) -> str | None:
    return tell(self, "email")


def tell(row: Any, column: str) -> str | None:
    authors: Authors = row.authors
    return authors.tell(row.author_id, column)


AUTHOR = {
    "author_name": strawberry.field(
        resolver=author_name, description="Display name. Null: not in the directory."
    ),
    "author_email": strawberry.field(
        resolver=author_email, description="Primary address. Null: none is known."
    ),
}
