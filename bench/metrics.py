"""What a year of metrics costs: `python -m bench.metrics`, one JSON line a figure.

1 M file changes of 395 days, so that every day of the year has its whole window: 60 repositories
of unequal size, 15 authors each, 12 teams of five repositories, four files a commit, some files far
more often than others, 4 % of the commits by bots, which keep to a few files, every tenth with a
co-author. CPU is user and system of all threads, the median of five runs after one to warm up.
"""

import json
import random
import statistics
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

import polars as pl

from devhealth.metrics import metrics, prepared
from devhealth.models.fields import DTYPES
from devhealth.models.records import Commit, CommitFile, Record, Repository
from devhealth.processors.local import size_bucket
from devhealth.sinks.tables import table_of

Records = Mapping[type[Record], pl.DataFrame]

SEED = 20_261_122
FIRST = datetime(2025, 1, 1, tzinfo=UTC)
DAYS = 395
CHANGES = 1_000_000
REPOSITORIES = 60
AUTHORS = 15
BOTS = 0.04
TEAMS = 12
CO_AUTHORED = 0.1
MANIFESTS = 40  # files that bots keep to, people touch them too
MINUTES = DAYS * 24 * 60
RUNS = 5

COMMIT = {
    "repo_id": pl.String(), "hash": pl.String(), "author_id": pl.String(),
    "co_author_ids": pl.List(pl.String()), "actor_kind": pl.String(), "team_id": pl.String(),
    "author_team_id": pl.String(), "committed_at": DTYPES["instant"], "time_of_week": pl.String(),
    "parent_count": pl.Int64(), "loc_added": pl.Int64(), "loc_deleted": pl.Int64(),
    "loc_changed": pl.Int64(), "size_bucket": pl.String(), "is_revert": pl.Boolean(),
}  # fmt: skip
FILE = {
    "repo_id": pl.String(), "path": pl.String(), "author_id": pl.String(),
    "actor_kind": pl.String(), "committed_at": DTYPES["instant"],
    "loc_added": pl.Int64(), "loc_deleted": pl.Int64(),
}  # fmt: skip


def world(changes: int = CHANGES, seed: int = SEED) -> Records:
    """Commits and their files as a store would give them."""
    rng = random.Random(seed)
    sizes = [1 / place for place in range(1, REPOSITORIES + 1)]
    repositories = [_id(rng) for _ in sizes]
    people = [[_id(rng) for _ in range(AUTHORS)] for _ in sizes]
    paths = [[_path(rng) for _ in range(int(12_000 * size) + 200)] for size in sizes]
    manifests = [rng.sample(known, MANIFESTS) for known in paths]
    commits: list[tuple[object, ...]] = []
    files: list[tuple[object, ...]] = []
    while len(files) < changes:
        place = rng.choices(range(REPOSITORIES), sizes)[0]
        author = min(int(rng.expovariate(1 / 3)), AUTHORS - 1)
        author_id, actor = people[place][author], "human"
        if rng.random() < BOTS:
            author_id, actor = people[place][-1], "bot"
        at = FIRST + timedelta(minutes=rng.randrange(MINUTES))
        known = manifests[place] if actor == "bot" else paths[place]
        touched = {known[_rank(rng, len(known))] for _ in range(_count(rng))}
        lines = [(int(rng.expovariate(1 / 20)), int(rng.expovariate(1 / 12))) for _ in touched]
        added, deleted = map(sum, zip(*lines, strict=True))
        repo_id = repositories[place]
        files += [
            (repo_id, path, author_id, actor, at, *pair)
            for path, pair in zip(touched, lines, strict=True)
        ]
        other = [people[place][author - 1]] if author and rng.random() < CO_AUTHORED else []
        commits.append((
            repo_id, f"{rng.getrandbits(160):040x}", author_id, other, actor,
            f"team-{place % TEAMS}", f"team-{author % TEAMS}", at,
            rng.choice(("working_hours", "after_hours", "weekend")),
            2 if rng.random() < 0.02 else 1, added, deleted, added + deleted,
            size_bucket(added + deleted), rng.random() < 0.01,
        ))  # fmt: skip
    return {
        Repository: pl.DataFrame({"repo_id": repositories, "is_fork": False}),
        Commit: pl.DataFrame(commits, schema=COMMIT, orient="row"),
        CommitFile: pl.DataFrame(files, schema=FILE, orient="row"),
    }


def _id(rng: random.Random) -> str:
    return str(UUID(int=rng.getrandbits(128), version=4))


def _path(rng: random.Random) -> str:
    folders = rng.choices(("src", "core", "billing", "accounts", "reports", "tests"), k=3)
    return f"{'/'.join(folders)}/module_{rng.randrange(10**6)}.py"


def _rank(rng: random.Random, count: int) -> int:
    """Zipf and Mandelbrot: the n-th file has a share of about 1 / (n + 8)."""
    return int(8 * ((count / 8 + 1) ** rng.random() - 1))


def _count(rng: random.Random) -> int:
    """Files of a commit: mostly few, four in the mean."""
    return 1 + int(rng.expovariate(1 / 3.8))


def month(frames: Records) -> Records:
    """What the last day needs: 30 days of files, its own commits."""
    last = FIRST + timedelta(days=DAYS - 1)
    since = {Commit: last, CommitFile: last - timedelta(days=29)}
    recent = {cls: frames[cls].filter(pl.col("committed_at") >= day) for cls, day in since.items()}
    return {**frames, **recent}


def cpu_seconds(work: Callable[[], object]) -> float:
    """User and system of all threads: the median of five runs, after one to warm up."""
    work()
    spent = []
    for _ in range(RUNS):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return statistics.median(spent)


def compute(frames: Records, days: int) -> list[pl.DataFrame]:
    """The last so many days, as `recompute` does between its reads and its comparison."""
    sources = [source for metric in metrics() for source in metric.sources]
    ready = {each.key: prepared(frames.get(each.cls, _none_of(each.cls))) for each in sources}
    last = FIRST.date() + timedelta(days=DAYS - 1)
    span = (last - timedelta(days=days - 1), last)
    return [metric.compute(ready, span=span) for metric in metrics()]


def _none_of(cls: type[Record]) -> pl.DataFrame:
    return pl.DataFrame(schema=table_of(cls).schema)


def main() -> None:
    frames = world()
    for name, given, days, target in (
        ("metrics_year_of_1m_file_changes", frames, DAYS, 2.0),
        ("metrics_one_day_30_days_loaded", month(frames), 1, 0.15),
    ):
        value = round(cpu_seconds(partial(compute, given, days)), 3)
        ok = value <= target
        figure = {"name": name, "value": value, "unit": "CPU s", "target": target, "ok": ok}
        print(json.dumps(figure), flush=True)


if __name__ == "__main__":
    main()
