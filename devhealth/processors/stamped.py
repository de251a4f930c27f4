"""Which records carry stamps, and how these are found for many of them at once.

`STAMPED` is the list: records whose stamps are found together, each with those that share some of
them. The words are those of `stamps`, said of frames.
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import polars as pl

from devhealth.models.fields import DTYPES
from devhealth.models.records import (
    BlameFile,
    Comment,
    Commit,
    CommitFile,
    Deployment,
    PullRequest,
    Record,
    Repository,
    Review,
    WorkItem,
    WorkItemChange,
    WorkScope,
)
from devhealth.processors import work_items
from devhealth.processors.naming import (
    BLAME,
    COMMENTS,
    COMMITS,
    HOLDERS,
    MOVERS,
    PULL_REQUESTS,
    REPORTERS,
    REVIEWS,
    Frames,
    with_people,
    with_teams,
)
from devhealth.processors.pull_requests import derived
from devhealth.processors.stamps import Stamps


@dataclass(frozen=True, slots=True)
class Follower:
    """Records that have stamps of another's. They share its instant.

    by     the column that names the other
    gives  the stamps that are the other's, too
    """

    cls: type[Record]
    by: str
    gives: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """Records of a class that are stamped.

    by     the column that tells within a repository what they are found together with: the leads
           themselves apart, the others by the lead that they belong to
    asks   the columns that stamps are found from, beside those of the key
    gives  the stamps
    is_across
           some may lie in other partitions than their leads
    """

    cls: type[Record]
    by: str
    asks: tuple[str, ...]
    gives: tuple[str, ...]
    is_across: bool = False


@dataclass(frozen=True, slots=True)
class Stamped:
    """Records whose stamps are found together.

    parts  the leads, then what belongs to them: all of it is there when they are stamped
    found  records of each class, with the columns of its key and of `asks` at least → the same with
           their stamps as they should be; whom it meets, the stamps' people have met
    at     the instant of the leads by which some can be looked through at a time. Null: all at once
    of     what the leads are of, each a partition of theirs: a repository or a scope of work
    """

    parts: tuple[Part, ...]
    found: Callable[[Frames, Stamps], Frames]
    at: str | None = None
    followers: tuple[Follower, ...] = ()
    of: type[Repository | WorkScope] = Repository

    @property
    def lead(self) -> Part:
        return self.parts[0]

    @property
    def classes(self) -> tuple[type[Record], ...]:
        """That have stamps."""
        parts = (each.cls for each in self.parts)
        return (*parts, *(each.cls for each in self.followers))


def alone(
    cls: type[Record], of: Callable[[pl.DataFrame, Stamps], pl.DataFrame]
) -> Callable[[Frames, Stamps], Frames]:
    """`found` of a class that nothing belongs to."""
    return lambda found, stamps: {cls: of(found[cls], stamps)}


def of_commits(rows: pl.DataFrame, stamps: Stamps) -> pl.DataFrame:
    """In no order."""
    own = with_teams(with_people(rows, COMMITS, stamps.people), COMMITS, stamps.teams)
    owner = pl.lit(stamps.owner) if stamps.owner else pl.col("author_team_id")
    return _with_co_authors(
        own.with_columns(team_id=owner, time_of_week=_times(own, stamps)), stamps
    )


def _times(rows: pl.DataFrame, stamps: Stamps) -> pl.Series:
    at, offset = pl.col("authored_at"), pl.col("author_utc_offset_minutes")
    told = at.dt.replace_time_zone(None) + pl.duration(minutes=offset, time_unit="ms")
    # Python's own time zones, as where a commit is stamped alone: polars brings others.
    untold = rows.filter(offset.is_null())["authored_at"].unique()
    clocks = {each: stamps.calendar.clock(each, None) for each in untold}
    other = at.replace_strict(clocks, default=None, return_dtype=pl.Datetime("ms"))
    clock = pl.coalesce(told, other) if clocks else told
    return rows.select(stamps.calendar.time_of_week_of(clock)).to_series()


def _with_co_authors(rows: pl.DataFrame, stamps: Stamps) -> pl.DataFrame:
    """With `co_author_ids`; few commits have any."""
    pair = ("author_id", "co_author_emails")
    asked = rows.select(pair).filter(pl.col("co_author_emails").list.len() > 0).unique()
    found = [stamps.co_authors(emails, UUID(author_id)) for author_id, emails in asked.iter_rows()]
    told = asked.with_columns(co_author_ids=pl.Series(found, dtype=DTYPES["texts"]))
    everybody = rows.drop("co_author_ids").join(told, on=pair, how="left")
    return everybody.with_columns(pl.col("co_author_ids").fill_null(pl.lit([], DTYPES["texts"])))


def of_blame(rows: pl.DataFrame, stamps: Stamps) -> pl.DataFrame:
    """In no order."""
    return with_people(rows, BLAME, stamps.people)


def of_deployments(rows: pl.DataFrame, stamps: Stamps) -> pl.DataFrame:
    """Which of them are of the kind that the organisation chose for their repository."""
    kind = stamps.deployment_kind(stamps.full_name)
    return rows.with_columns(is_counted=pl.col("kind") == kind)


OF_COMMITS = Stamped(
    parts=(
        Part(
            Commit,
            by="hash",
            asks=(
                *COMMITS.asks, "authored_at", "author_utc_offset_minutes", "co_author_emails",
            ),
            gives=(
                "author_id", "actor_kind", "team_id", "author_team_id", "time_of_week",
                "co_author_ids",
            ),
        ),
    ),
    found=alone(Commit, of_commits),
    at="committed_at",
    followers=(Follower(CommitFile, by="commit_hash", gives=("author_id", "actor_kind")),),
)  # fmt: skip

OF_BLAME = Stamped(
    parts=(Part(BlameFile, by="path", asks=BLAME.asks, gives=("author_id", "actor_kind")),),
    found=alone(BlameFile, of_blame),
)

OF_PULL_REQUESTS = Stamped(
    parts=(
        Part(
            PullRequest,
            by="number",
            asks=(
                *PULL_REQUESTS.asks, "ready_at", "merged_at", "closed_at", "first_commit_at",
                "title", "labels", "item_theme", "item_subcategory", "item_rule",
            ),
            gives=(
                "author_id", "actor_kind", "team_id", "author_team_id", "first_response_at",
                "first_review_at", "approved_at", "reviews_count", "changes_requested_count",
                "draft_hours", "pickup_hours", "review_hours", "cycle_hours", "coding_hours",
                "work_theme", "work_subcategory", "category_rule",
            ),
        ),
        Part(
            Review,
            by="number",
            asks=(*REVIEWS.asks, "state"),
            gives=(
                "reviewer_id", "author_id", "actor_kind", "author_kind", "team_id",
                "reviewer_team_id", "is_own", "is_first_of_reviewer",
            ),
        ),
        Part(
            Comment,
            by="number",
            asks=COMMENTS.asks,
            gives=("author_id", "actor_kind", "author_team_id"),
        ),
    ),
    found=derived,
    at="created_at",
)  # fmt: skip

OF_DEPLOYMENTS = Stamped(
    parts=(Part(Deployment, by="deployment_id", asks=("kind",), gives=("is_counted",)),),
    found=alone(Deployment, of_deployments),
    at="created_at",
)

OF_WORK_ITEMS = Stamped(
    parts=(
        Part(
            WorkItem,
            by="work_item_id",
            asks=(*REPORTERS.asks, "title", "labels", "item_type", "assignee_logins"),
            gives=(
                "reporter_id", "actor_kind", "assignee_ids", "team_id", "status", "started_at",
                "completed_at", "canceled_at", "cycle_hours", "lead_hours", "active_hours",
                "waiting_hours", "blocked_hours", "work_theme", "work_subcategory",
                "category_rule",
            ),
        ),
        Part(
            WorkItemChange,
            by="work_item_id",
            asks=(
                *MOVERS.asks, *HOLDERS.asks, "place", "until", "provider", "scope_key",
                "status_raw", "status_category", "labels", "is_flagged", "is_assigned",
            ),
            gives=(
                "actor_id", "actor_kind", "holder_id", "team_id", "status", "wip_since",
                "is_start", "is_completion", "is_cancellation", "is_reopening", "cycle_hours",
                "lead_hours", "flow_efficiency", "work_theme", "work_subcategory",
            ),
            is_across=True,
        ),
    ),
    found=work_items.derived,
    at="created_at",
    of=WorkScope,
)  # fmt: skip

STAMPED: tuple[Stamped, ...] = (
    OF_COMMITS,
    OF_BLAME,
    OF_WORK_ITEMS,
    OF_PULL_REQUESTS,
    OF_DEPLOYMENTS,
)
