"""Which records carry stamps, and how these are found for many of them at once.

`STAMPED` is the list: records whose stamps are found from their own columns, each with those that
share some of them. The words are those of `stamps`, said of frames.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from uuid import UUID

import polars as pl

from devhealth.models.directory import UNASSIGNED
from devhealth.models.fields import DTYPES
from devhealth.models.records import BlameFile, Commit, CommitFile, Record
from devhealth.processors.identity import NEVER, Identities
from devhealth.processors.stamps import Stamps

# Finer than what stores keep: a membership may begin between two of their milliseconds.
MOMENT = pl.Datetime("us", "UTC")


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
class Stamped:
    """Records whose stamps are found from their own columns.

    by     the column that tells them apart within a repository
    asks   the columns that the stamps are found from
    gives  the stamps
    found  records, with the columns of `asks` at least → the same with their stamps as they should
           be; whom it meets, the stamps' people have met
    """

    cls: type[Record]
    by: str
    asks: tuple[str, ...]
    gives: tuple[str, ...]
    found: Callable[[pl.DataFrame, Stamps], pl.DataFrame]
    followers: tuple[Follower, ...] = ()


def of_commits(rows: pl.DataFrame, stamps: Stamps) -> pl.DataFrame:
    """In no order."""
    people = authors(rows, stamps.people)
    named = rows.drop("author_id", "actor_kind").join(people, on=("author_name", "author_email"))
    own = _own_teams(named, stamps)
    owner = pl.lit(stamps.owner) if stamps.owner else pl.col("author_team_id")
    return _with_co_authors(
        own.with_columns(team_id=owner, time_of_week=_times(own, stamps)), stamps
    )


def authors(rows: pl.DataFrame, people: Identities) -> pl.DataFrame:
    """Who made these commits, each name and address once; the people have met them."""
    alive = pl.col("committed_at").filter(pl.col("deleted_at").is_null())
    pairs = rows.group_by("author_name", "author_email").agg(at=alive.max())
    found = []
    for name, email, at in pairs.iter_rows():
        identity = people.meet(name, email, at or NEVER)
        found.append((name, email, str(identity.author_id), identity.actor_kind))
    names = ("author_name", "author_email", "author_id", "actor_kind")
    return pl.DataFrame(found, schema=dict.fromkeys(names, pl.String), orient="row")


def _own_teams(rows: pl.DataFrame, stamps: Stamps) -> pl.DataFrame:
    """With `author_team_id`: of each author the turn that was on when it was committed."""
    turns = [
        (author_id, began.astimezone(UTC), team_id)
        for author_id in rows["author_id"].unique()
        for began, team_id in stamps.teams.turns(UUID(author_id))
    ]
    schema = {"author_id": pl.String(), "moment": MOMENT, "author_team_id": pl.String()}
    began = pl.DataFrame(turns, schema=schema, orient="row").sort("moment")
    return (
        rows.drop("author_team_id")
        .with_columns(moment=pl.col("committed_at").cast(MOMENT))
        .sort("moment")
        .join_asof(began, on="moment", by="author_id", check_sortedness=False)
        .with_columns(pl.col("author_team_id").fill_null(UNASSIGNED))
        .drop("moment")
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
    people = authors(rows.rename({"newest_at": "committed_at"}), stamps.people)
    return rows.drop("author_id", "actor_kind").join(people, on=("author_name", "author_email"))


OF_COMMITS = Stamped(
    Commit,
    by="hash",
    asks=(
        "author_name", "author_email", "authored_at", "author_utc_offset_minutes",
        "committed_at", "co_author_emails", "deleted_at",
    ),
    gives=(
        "author_id", "actor_kind", "team_id", "author_team_id", "time_of_week",
        "co_author_ids",
    ),
    found=of_commits,
    followers=(Follower(CommitFile, by="commit_hash", gives=("author_id", "actor_kind")),),
)  # fmt: skip

OF_BLAME = Stamped(
    BlameFile,
    by="path",
    asks=("author_name", "author_email", "newest_at", "deleted_at"),
    gives=("author_id", "actor_kind"),
    found=of_blame,
)

STAMPED: tuple[Stamped, ...] = (OF_COMMITS, OF_BLAME)
