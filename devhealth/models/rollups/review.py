"""What a day was between two who review each other's work."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from devhealth.models.fields import SUM, column, measure
from devhealth.models.rollups.rollup import Rollup


@dataclass(slots=True, kw_only=True)
class ReviewEdgeDay(Rollup):
    """One reviewer of one author's pull requests in one repository, one UTC day. Nobody reviews
    their own, and nobody is ranked by it.
    """

    table: ClassVar[str] = "review_edges_daily"
    key: ClassVar[tuple[str, ...]] = ("repo_id", "reviewer_id", "author_id", "day")
    labels: ClassVar[tuple[str, ...]] = ("actor_kind",)
    person: ClassVar[str] = "reviewer_id"

    repo_id: UUID = column("The repository.")
    reviewer_id: UUID = column("The reviewer's identity.")
    author_id: UUID = column("The identity of the pull requests' author.")
    actor_kind: str = column("human or bot: the reviewer, as of the day's last review.", "human")
    reviews_count: int = measure(
        "reviews",
        "Reviews by others than the author that were submitted that day, however old the pull "
        "request is (CHAOSS: Change Request Reviews).",
        SUM,
    )
    changes_requested_count: int = measure(
        "reviews",
        "Reviews by others than the author that asked for changes when they were submitted, "
        "which was that day.",
        SUM,
    )
    approvals_count: int = measure(
        "reviews",
        "Reviews by others than the author that approved when they were submitted, which was that "
        "day.",
        SUM,
    )
