"""Records that name people: who these are, and in which team they were, for many at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from uuid import UUID

import polars as pl

from devhealth.models.directory import UNASSIGNED
from devhealth.models.records import (
    BlameFile,
    Comment,
    Commit,
    PullRequest,
    Record,
    Review,
    WorkItem,
    WorkItemChange,
)
from devhealth.processors.identity import NEVER, Identities
from devhealth.processors.teams import Teams

Frames = Mapping[type[Record], pl.DataFrame]

# Finer than what stores keep: a membership may begin between two of their milliseconds.
MOMENT = pl.Datetime("us", "UTC")


@dataclass(frozen=True, slots=True)
class Naming:
    """A class of records that names somebody.

    who      how the columns begin that say who it is
    address  the column of an e-mail address or `provider:login`; '' names nobody
    at       the column of the instant as of which they were named so
    """

    cls: type[Record]
    who: str
    address: str
    at: str

    @property
    def name(self) -> str:
        return f"{self.who}_name"

    @property
    def id(self) -> str:
        return f"{self.who}_id"

    @property
    def team_id(self) -> str:
        return f"{self.who}_team_id"

    @property
    def asks(self) -> tuple[str, ...]:
        """The columns that say who it is; of tombstones nobody is met."""
        return (self.name, self.address, self.at, "deleted_at")


COMMITS = Naming(Commit, "author", "author_email", "committed_at")
BLAME = Naming(BlameFile, "author", "author_email", "newest_at")
PULL_REQUESTS = Naming(PullRequest, "author", "author_login", "created_at")
REVIEWS = Naming(Review, "reviewer", "reviewer_login", "submitted_at")
COMMENTS = Naming(Comment, "author", "author_login", "created_at")
REPORTERS = Naming(WorkItem, "reporter", "reporter_login", "created_at")
MOVERS = Naming(WorkItemChange, "actor", "actor_login", "at")
HOLDERS = Naming(WorkItemChange, "holder", "holder_login", "at")

NAMING: tuple[Naming, ...] = (
    COMMITS, BLAME, PULL_REQUESTS, REVIEWS, COMMENTS, REPORTERS, MOVERS, HOLDERS,
)  # fmt: skip


def with_people(rows: pl.DataFrame, naming: Naming, people: Identities) -> pl.DataFrame:
    """With the ids of those who are named, and their `actor_kind`; the people have met them.

    In no order.
    """
    return rows.drop(naming.id, "actor_kind", strict=False).join(
        named(rows, naming, people), on=(naming.name, naming.address)
    )


def named(rows: pl.DataFrame, naming: Naming, people: Identities) -> pl.DataFrame:
    """Who it is that is named, each name and address once."""
    alive = pl.col(naming.at).filter(pl.col("deleted_at").is_null())
    pairs = rows.group_by(naming.name, naming.address).agg(at=alive.max())
    found = []
    for name, address, at in pairs.iter_rows():
        identity = people.meet(name, address, at or NEVER)
        found.append((name, address, str(identity.author_id), identity.actor_kind))
    columns = (naming.name, naming.address, naming.id, "actor_kind")
    return pl.DataFrame(found, schema=dict.fromkeys(columns, pl.String), orient="row")


def with_teams(rows: pl.DataFrame, naming: Naming, teams: Teams) -> pl.DataFrame:
    """With everybody's own team: of each person the turn that was on at the instant.

    In no order.
    """
    turns = [
        (person, began.astimezone(UTC), team_id)
        for person in rows[naming.id].unique()
        for began, team_id in teams.turns(UUID(person))
    ]
    if not turns:
        return rows.with_columns(pl.lit(UNASSIGNED).alias(naming.team_id))
    schema = {naming.id: pl.String(), "moment": MOMENT, naming.team_id: pl.String()}
    began = pl.DataFrame(turns, schema=schema, orient="row").sort("moment")
    return (
        rows.drop(naming.team_id, strict=False)
        .with_columns(moment=pl.col(naming.at).cast(MOMENT))
        .sort("moment")
        .join_asof(began, on="moment", by=naming.id, check_sortedness=False)
        .with_columns(pl.col(naming.team_id).fill_null(UNASSIGNED))
        .drop("moment")
    )
