"""What is written and asked: file changes by the batch, a dashboard's days by the version."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import cast
from uuid import UUID

import polars as pl

from devhealth.models.fields import DTYPES
from devhealth.models.records import CommitFile
from devhealth.models.rollups import RepoDay
from devhealth.sinks import BATCH_SIZE, Sink, Store
from devhealth.sinks.query import Query
from devhealth.sinks.tables import Row, table_of

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
FIRST = date(2025, 1, 1)
AUTHORS = 15
POPULATIONS = ("all", "people")
MEASURES = (
    "commits_count",
    "loc_added",
    "loc_deleted",
    "commit_size_n",
    "large_commits_count",
    "reverts_count",
)


def batches(count: int, seed: int) -> Iterator[list[CommitFile]]:
    """So many new file changes, made as they are asked for; a batch is of one repository."""
    rng = random.Random(seed)
    for start in range(0, count, BATCH_SIZE):
        repo_id = UUID(int=rng.getrandbits(128), version=4)
        yield list(islice(_changes(rng, repo_id), min(BATCH_SIZE, count - start)))


def _changes(rng: random.Random, repo_id: UUID) -> Iterator[CommitFile]:
    """A repository's commits, newest first, four files each in the mean."""
    people = [UUID(int=rng.getrandbits(128), version=4) for _ in range(AUTHORS)]
    paths = [_path(rng) for _ in range(2000)]
    at = NOW
    while True:
        commit_hash, author_id = f"{rng.getrandbits(160):040x}", rng.choice(people)
        actor_kind = "bot" if author_id is people[0] else "human"
        at -= timedelta(seconds=rng.randrange(7200))
        for path in rng.sample(paths, 1 + int(rng.expovariate(1 / 3.5))):
            is_binary = rng.random() < 0.02
            yield CommitFile(
                repo_id=repo_id,
                commit_hash=commit_hash,
                path=path,
                committed_at=at,
                loc_added=0 if is_binary else int(rng.expovariate(1 / 20)),
                loc_deleted=0 if is_binary else int(rng.expovariate(1 / 12)),
                is_binary=is_binary,
                previous_path=f"old/{path}" if rng.random() < 0.02 else None,
                author_id=author_id,
                actor_kind=actor_kind,
            )


def _path(rng: random.Random) -> str:
    folders = rng.choices(("src", "core", "billing", "accounts", "reports", "tests"), k=3)
    return f"{'/'.join(folders)}/module_{rng.randrange(10**6)}.py"


def fill(store: Store, org_id: UUID, repositories: int, days: int, versions: int) -> None:
    """Each repository, population and day so many times, as so many computes would leave them."""
    for version in range(versions):
        sink = store.for_org(org_id, version=NOW + timedelta(hours=version))
        for part in repo_days(repositories, days, version).iter_slices(BATCH_SIZE):
            sink.write(part, cast("type[Row]", RepoDay))


def repo_days(repositories: int, days: int, version: int) -> pl.DataFrame:
    """Every column of RepoDay, its numbers different in each version."""
    keys = (
        pl.DataFrame({"repo_id": repo_ids(repositories)})
        .join(pl.DataFrame({"population": POPULATIONS}), how="cross")
        .join(pl.DataFrame({"day": [FIRST + timedelta(n) for n in range(days)]}), how="cross")
    )
    numbers = [
        column
        for column in table_of(cast("type[Row]", RepoDay)).columns
        if column.kind in ("int", "float")
    ]
    return keys.with_columns(
        pl.lit(False).alias("is_empty"),
        *(
            (pl.int_range(pl.len()).hash(seed + 100 * version) % 1000)
            .cast(DTYPES[column.kind])
            .alias(column.name)
            for seed, column in enumerate(numbers)
        ),
    )


def repo_ids(count: int) -> list[str]:
    rng = random.Random(1)
    return [str(UUID(int=rng.getrandbits(128), version=4)) for _ in range(count)]


def ask(sink: Sink, repositories: int, days: int) -> pl.DataFrame:
    """What a dashboard asks: weekly sums of so many repositories over so many days."""
    return sink.aggregate(
        Query(
            rollup=RepoDay,
            measures=MEASURES,
            since=FIRST,
            until=FIRST + timedelta(days),
            bucket="week",
            where={"repo_id": repo_ids(repositories)},
        )
    )
