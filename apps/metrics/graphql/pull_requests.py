"""Pull requests, and the reviews of each."""

from collections.abc import Sequence
from typing import Any, ClassVar, get_args

import strawberry
from strawberry.types import Info

from apps.global_ids import GlobalNode
from apps.metrics import pull_requests
from apps.metrics.definitions import describe
from apps.metrics.graphql.catalog import enum_of, member_of
from apps.metrics.graphql.cells import cells_of, ids, one_window, told, values
from apps.metrics.graphql.entities import (
    Person,
    Repository,
    made_of_person,
    made_of_repository,
)
from apps.metrics.nodes import Connection, connection_of
from apps.metrics.pull_requests import UNTOLD, UNTOLD_OF_REVIEWS, PullRequests, Sorting, State
from apps.metrics.records import Beside
from apps.metrics.schema import DateRangeInput, require_size, uuids
from apps.metrics.services import Cells
from apps.orgs.services import Member
from devhealth.models import records

MOST_ROWS = 200
STATE: Any = enum_of("PullRequestState", get_args(State), "What became of a pull request.")
SORTING: Any = enum_of(
    "PullRequestOrder",
    get_args(Sorting),
    "The newest, the longest or the largest first; nulls last, then by repository and number.",
)
ReviewCells = cells_of(records.Review, UNTOLD_OF_REVIEWS)
PullRequestCells = cells_of(records.PullRequest, UNTOLD, {"state": STATE})


@strawberry.type(description=describe(records.Review))
class Review(ReviewCells):  # type: ignore[valid-type, misc]
    beside: strawberry.Private[Beside]

    @strawberry.field(description="Null: not in the directory.")
    def reviewer_name(self) -> str | None:
        return self.beside.name(self.reviewer_id)

    @strawberry.field(description="Who reviewed, for who may read the directory. Null: not in it.")
    def reviewer(self) -> Person | None:
        return person(self.beside, self.reviewer_id)


@strawberry.type(description=describe(records.PullRequest))
class PullRequest(PullRequestCells, GlobalNode):  # type: ignore[valid-type, misc]
    node_key: ClassVar[tuple[str, ...]] = records.PullRequest.key
    id: strawberry.ID
    row: strawberry.Private[Cells]
    among: strawberry.Private[PullRequests]

    @strawberry.field(description="Null: not stored any more.")
    def repository(self) -> Repository | None:
        return repository(self.among.beside, self.repo_id)

    @strawberry.field(description="Null: not in the directory.")
    def author_name(self) -> str | None:
        return self.among.beside.name(self.author_id)

    @strawberry.field(description="Who opened it, for who may read the directory. Null: not in it.")
    def author(self) -> Person | None:
        return person(self.among.beside, self.author_id)

    @strawberry.field(description="Oldest first, one's own and bots' among them.")
    def reviews(self, first: int = 10, after: str | None = None) -> Connection[Review]:
        page = self.among.reviews(self.row, require_size(first, MOST_ROWS), after)
        nodes = [Review(**told(ReviewCells, row), beside=self.among.reviewing) for row in page.rows]
        found: Connection[Review] = connection_of(page, nodes, after)
        return found


@strawberry.input(
    description="All that is named must hold. An id that is not of your organisation matches none."
)
class PullRequestFilter:
    repository_ids: list[strawberry.ID] | None = None
    team_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Which own it, as `teamId` says."
    )
    author_ids: list[strawberry.ID] | None = None
    states: list[STATE] | None = None
    search: str | None = strawberry.field(
        default=None, description="Stands in the title; ASCII's letters in whatever case."
    )
    min_cycle_time_hours: float | None = strawberry.field(
        default=None, description="`cycleHours` so long or longer: of what is merged."
    )
    created_in: DateRangeInput | None = strawberry.field(
        default=None, description="This or `mergedIn`, not both."
    )
    merged_in: DateRangeInput | None = None


def read_pull_requests(
    info: Info,
    filter: PullRequestFilter | None = None,
    order_by: SORTING = SORTING.CREATED_DESC,
    org_id: str | None = None,
    first: int = 50,
    after: str | None = None,
) -> Any:
    by, asked = member_of(info, org_id), filter or PullRequestFilter()
    page = pull_requests.pull_requests_page(
        pull_requests.asked_of(
            repositories=ids(asked.repository_ids),
            teams=asked.team_ids,
            authors=ids(asked.author_ids),
            states=values(asked.states),
            search=asked.search or "",
            min_cycle_hours=asked.min_cycle_time_hours,
            window=one_window(created_at=asked.created_in, merged_at=asked.merged_in),
            order=order_by.value,
        ),
        by=by,
        limit=require_size(first, MOST_ROWS),
        after=after,
    )
    return connection_of(page, nodes_of(page.rows, by), after)


def read_pull_request(
    info: Info, repository_id: strawberry.ID, number: int, org_id: str | None = None
) -> PullRequest | None:
    by, (repository_key,) = member_of(info, org_id), uuids([repository_id])
    row = pull_requests.pull_request(repository_key, number, by=by)
    return nodes_of([row], by)[0] if row else None


def nodes_of(rows: Sequence[Cells], by: Member) -> list[PullRequest]:
    """Of all of them at once, so that what belongs to each is read for all."""
    among = PullRequests(list(rows), by)
    return [node(row, among) for row in rows]


def node(row: Cells, among: PullRequests) -> PullRequest:
    """One `among` those that are read together."""
    return PullRequest(
        **told(PullRequestCells, row | {"state": STATE(row["state"])}),
        id=strawberry.ID(f"{row['repo_id']}:{row['number']}"),
        row=row,
        among=among,
    )


def repository(beside: Beside, repo_id: str) -> Repository | None:
    row = beside.repository(repo_id)
    return made_of_repository(row, beside.now) if row else None


def person(beside: Beside, author_id: str) -> Person | None:
    found = beside.person(author_id)
    return made_of_person(found, beside.by.user.pk, beside.now) if found else None
