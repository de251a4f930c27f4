"""Pull requests as records, with what was said of each: lists of work, rankings of nobody."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Literal
from uuid import UUID

from apps.cursors import Places
from apps.metrics.entities import Page, page_of
from apps.metrics.operations import PULL_REQUESTS_READ
from apps.metrics.records import Asked, Beside, Window, found_by, given, read_of, records_page
from apps.metrics.services import Cells
from apps.metrics.store import sink
from apps.orgs.members import Member
from devhealth.models.records import PullRequest, Review
from devhealth.sinks.conditions import AtLeast
from devhealth.sinks.query import Order

State = Literal["open", "merged", "closed"]
Sorting = Literal["created_desc", "merged_desc", "cycle_time_desc", "size_desc"]
Moment = Literal["created_at", "merged_at"]

ORDERS: Mapping[str, Order] = {
    "created_desc": ("created_at", "desc"),
    "merged_desc": ("merged_at", "desc"),
    "cycle_time_desc": ("cycle_hours", "desc"),
    "size_desc": ("loc_changed", "desc"),
}
UNTOLD = ("author_login", "author_name", "deleted_at", "deleted_reason")
UNTOLD_OF_REVIEWS = (
    "repo_id", "number", "reviewer_login", "reviewer_name", "author_login", "author_id",
    "author_kind", "deleted_at", "deleted_reason",
)  # fmt: skip


def asked_of(
    *,
    repositories: Sequence[UUID] | None = None,
    teams: Sequence[str] | None = None,
    authors: Sequence[UUID] | None = None,
    states: Sequence[str] | None = None,
    search: str = "",
    min_cycle_hours: float | None = None,
    window: Window | None = None,
    order: str = "created_desc",
) -> Asked:
    """None filters nothing, an empty list lets nothing pass; teams are those that own it."""
    where = given(
        repo_id=repositories, team_id=teams, author_id=authors, state=states,
        title=found_by(search),
        cycle_hours=None if min_cycle_hours is None else AtLeast(min_cycle_hours),
    )  # fmt: skip
    return Asked(
        cls=PullRequest,
        operation=PULL_REQUESTS_READ,
        where=where,
        window=window,
        order=(ORDERS[order],),
    )


def pull_requests_page(
    asked: Asked, *, by: Member, limit: int, after: str | None = None
) -> Page[Cells]:
    return records_page(asked, by=by, limit=limit, after=after)


def pull_request(repository_id: UUID, number: int, *, by: Member) -> Cells | None:
    """Null: there is none of ours."""
    by.require(PULL_REQUESTS_READ)
    found = sink(by.organization).get(PullRequest, [(repository_id, number)]).to_dicts()
    return found[0] if found else None


class PullRequests:
    """Some pull requests with what belongs to them, each kind by one query for all."""

    def __init__(self, rows: list[Cells], by: Member) -> None:
        self.by = by
        self.beside = Beside(by, rows, "author_id")
        self._keys = {(row["repo_id"], row["number"]) for row in rows}

    def reviews(self, row: Cells, limit: int, after: str | None = None) -> Page[Cells]:
        """The first of them, oldest first."""
        key = (row["repo_id"], row["number"])
        places = Places(self.by.organization.id, Review.table, *key)
        return page_of(self._reviews.get(key, []), _review_place, places, limit, after)

    @cached_property
    def reviewing(self) -> Beside:
        return Beside(
            self.by, [row for rows in self._reviews.values() for row in rows], "reviewer_id"
        )

    @cached_property
    def _reviews(self) -> Mapping[tuple[Any, ...], list[Cells]]:
        return read_of(Review, self._keys, ("repo_id", "number"), self.by)


def _review_place(row: Cells) -> list[Any]:
    return [row["submitted_at"].isoformat(), row["review_id"]]
