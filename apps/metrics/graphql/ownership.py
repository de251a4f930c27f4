"""Whose today's code is."""

from datetime import datetime

import strawberry
from strawberry.relay import PageInfo
from strawberry.types import Info

from apps.cost import HELD, Cost
from apps.metrics.graphql.catalog import member_of
from apps.metrics.nodes import BigInt, Edge, edges_of, page_info
from apps.metrics.ownership import MOST_OWNERS, Asked, OwnershipPage, Owning, ownership_page
from apps.metrics.ownership import OwnedPlace as Found
from apps.metrics.schema import Population, require_size, uuids

MOST_PLACES = 200
COST = Cost(questions=3)  # the repository, its mark, its rows


@strawberry.type(description="One person's, or a bot's, lines of a place.")
class Owner:
    author_id: strawberry.ID
    lines: BigInt
    share: float = strawberry.field(description="Of all lines of the place.")
    owning: strawberry.Private[Owning]

    @strawberry.field(description="Null: not in the directory.", metadata={"cost": HELD})
    def author_name(self) -> str | None:
        return self.owning.name(self.author_id)


@strawberry.type(
    description="People come by their ids; fewer than the privacy threshold are not told apart."
)
class Owners:
    items: list[Owner]
    others_count: BigInt
    others_lines: BigInt
    others_share: float
    is_private: bool = strawberry.field(
        description="Others are people who are too few to be told apart."
    )


@strawberry.type(
    description="A directory, which ends in `/`, or a file, by who last changed its lines."
)
class OwnedPlace:
    path: str
    files: BigInt = strawberry.field(description="With lines of text.")
    lines: BigInt
    authors: BigInt = strawberry.field(description="Who has any of the lines.")
    bus_factor: BigInt = strawberry.field(
        description="The fewest who together have at least half of the lines."
    )
    top_share: float = strawberry.field(description="The part that the author with the most has.")
    oldest_at: datetime = strawberry.field(description="Of the commits that the lines are of.")
    newest_at: datetime = strawberry.field(description="Of the commits that the lines are of.")
    found: strawberry.Private[Found]

    @strawberry.field(
        description="The first of them, in the order of their ids; the rest are others."
    )
    def owners(self, first: int = 10) -> Owners:
        require_size(first, MOST_OWNERS)
        told = self.found.owners(first)
        return Owners(
            items=[
                Owner(
                    author_id=strawberry.ID(each.author_id),
                    lines=BigInt(each.lines),
                    share=each.share,
                    owning=self.found.owning,
                )
                for each in told.items
            ],
            others_count=BigInt(told.others_count),
            others_lines=BigInt(told.others_lines),
            others_share=told.others_share,
            is_private=told.is_private,
        )


@strawberry.type(description="What lies directly under a path, by path, as of the last blame.")
class OwnershipConnection:
    edges: list[Edge[OwnedPlace]]
    nodes: list[OwnedPlace]
    page_info: PageInfo
    whole: OwnedPlace | None = strawberry.field(
        description="All of it as one place. Null: no line is known there."
    )
    blamed_at: datetime | None = strawberry.field(
        description="When the blame began that all of this is as of. Null: none is finished yet."
    )
    revision: str | None = strawberry.field(
        description="The commit that was blamed. Null: none yet."
    )


def read_ownership(
    info: Info,
    repository_id: strawberry.ID,
    path: str = "",
    org_id: str | None = None,
    population: Population = Population.PEOPLE,
    first: int = 50,
    after: str | None = None,
) -> OwnershipConnection:
    by = member_of(info, org_id)
    require_size(first, MOST_PLACES)
    (repository,) = uuids([repository_id])
    asked = Asked(repository_id=repository, path=path, population=str(population.value))
    return connection_of(ownership_page(asked, by=by, limit=first, after=after), after)


def connection_of(page: OwnershipPage, after: str | None) -> OwnershipConnection:
    nodes = [node(each) for each in page.rows]
    return OwnershipConnection(
        edges=edges_of(page, nodes),
        nodes=nodes,
        page_info=page_info(page, after),
        whole=node(page.whole) if page.whole else None,
        blamed_at=page.blamed_at,
        revision=page.revision,
    )


def node(found: Found) -> OwnedPlace:
    numbers = {name: value for name, value in found.numbers.items() if name != "repo_id"}
    return OwnedPlace(found=found, **numbers)
