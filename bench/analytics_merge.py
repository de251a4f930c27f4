"""What merging two identities costs in PostgreSQL: `python -m bench.analytics_merge`.

100,000 commits of three files each (BENCH_COMMITS for fewer) by two addresses that turn out to be
one person's, so that half of the commits change hands; or by ten, of which two are. Restamp, and
the recompute of the days that it touched, beside what a restamp costs that finds nothing. CPU is
user + system of this process and of the server, the median of three merges, each after the two were
split again. One JSON line a figure.
"""

import asyncio
import json
import os
import random
import statistics
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from uuid import UUID

import psycopg

from bench.git_into import Spent
from config import embedded
from devhealth.due import everything
from devhealth.models.directory import Directory
from devhealth.models.records import Commit, CommitFile, Repository
from devhealth.processors.local import size_bucket
from devhealth.processors.stamps import Stamps
from devhealth.recompute import recompute
from devhealth.restamp import restamp
from devhealth.sinks import BATCH_SIZE, Store, open_store

COMMITS = int(os.environ.get("BENCH_COMMITS", "100000"))
FILES = 3
PATHS = 2_000  # of a repository
TODAY = date(2026, 11, 1)
MERGES = 3
SEED = 20_261_126
MERGED = Directory(aliases={"person-1@example.com": "person-0@example.com"})


@dataclass(frozen=True)
class Past:
    """Who made the commits, in how many repositories, over how many days."""

    people: int
    repositories: int
    days: int


# name → the past and the most that a merge may take, s of CPU.
CASES = {
    "merge_of_all_commits_in_one_repository_of_ten_years": (Past(2, 1, 3650), 10),
    "merge_of_all_commits_in_twenty_repositories_of_two_years": (Past(2, 20, 730), 10),
    "merge_of_a_fifth_in_twenty_repositories_of_two_years": (Past(10, 20, 730), 10),
}


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="devhealth-bench-") as folder:
        with embedded.services(Path(folder) / "services") as services:
            store = open_store(services.database_uri)
            store.migrate()
            for place, (name, (past, most)) in enumerate(CASES.items(), start=1):
                org = UUID(int=place)
                fill(store, org, past)
                recompute(store.for_org(org), everything(store.for_org(org)), today=TODAY)
                settle(services.database_uri)
                measure(store, org, name, most)
                store.for_org(org).erase()
            store.close()
        embedded.remove(Path(folder) / "services")


def settle(uri: str) -> None:
    """What autovacuum would have done by the time that somebody edits the Directory."""
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute("vacuum analyze")


def measure(store: Store, org: UUID, name: str, most: float) -> None:
    """Merges, and after each what a restamp costs that finds all as it should be."""
    merging, nothing = [], []
    for _ in range(MERGES):
        merging.append(change(store, org, MERGED))
        nothing.append(change(store, org, MERGED)[0])
        change(store, org, Directory())
    print(f"{name}: restamp and recompute {merging}, nothing to do {nothing}", file=sys.stderr)
    tell(name, statistics.median(map(sum, merging)), most)
    tell(f"{name}_done_before", statistics.median(nothing), 2)


def change(store: Store, org: UUID, directory: Directory) -> tuple[float, float]:
    """Seconds of CPU of a restamp, and of computing the days that it touched."""
    began = Spent.now()
    sink = store.for_org(org, version=datetime.now(UTC))
    done = asyncio.run(restamp(sink, directory))
    stamped = Spent.now()
    recompute(store.for_org(org), done.touches, today=TODAY)
    return stamped.since(began)["total"], Spent.now().since(stamped)["total"]


def tell(name: str, value: float, most: float) -> None:
    line = {"name": name, "value": round(value, 2), "unit": "s of CPU", "target": most}
    print(json.dumps(line | {"ok": value <= most}), flush=True)


def fill(store: Store, org: UUID, past: Past) -> None:
    """As a sync without a Directory leaves it."""
    sink = store.for_org(org, version=datetime.now(UTC))
    rng = random.Random(SEED)
    repositories = [
        Repository(
            repo_id=UUID(int=rng.getrandbits(128), version=4),
            source_id="example.com",
            provider="local",
            full_name=f"acme/{place}",
            url=f"https://example.com/acme/{place}",
            default_branch="main",
            root_hash="0" * 40,
            head_hash="1" * 40,
        )
        for place in range(past.repositories)
    ]
    sink.write(repositories)
    stamps = Stamps(Directory(), "")
    commits: list[Commit] = []
    files: list[CommitFile] = []
    for place in range(COMMITS):
        repository = repositories[place % past.repositories]
        commit, changes = work(rng, repository.repo_id, past, stamps)
        commits.append(commit)
        files += changes
        if len(commits) == BATCH_SIZE // FILES or place == COMMITS - 1:
            sink.write(commits)
            sink.write(files)
            commits, files = [], []


def work(
    rng: random.Random, repo_id: UUID, past: Past, stamps: Stamps
) -> tuple[Commit, list[CommitFile]]:
    author = rng.randrange(past.people)
    at = datetime.combine(TODAY, time(), UTC) - timedelta(seconds=rng.randrange(past.days * 86_400))
    name, email = f"Person {author}", f"person-{author}@example.com"
    stamp = stamps.of_commit((name, email), at, 60, at, [])
    commit_hash = f"{rng.getrandbits(160):040x}"
    files = [
        CommitFile(
            repo_id=repo_id,
            commit_hash=commit_hash,
            path=path,
            committed_at=at,
            loc_added=rng.randrange(60),
            loc_deleted=rng.randrange(20),
            is_binary=False,
            author_id=stamp.author_id,
            actor_kind=stamp.actor_kind,
        )
        for path in paths(rng)
    ]
    added, deleted = sum(file.loc_added for file in files), sum(file.loc_deleted for file in files)
    commit = Commit(
        repo_id=repo_id,
        hash=commit_hash,
        author_name=name,
        author_email=email,
        authored_at=at,
        author_utc_offset_minutes=60,
        committer_email=email,
        committed_at=at,
        parent_count=1,
        subject=f"Change {rng.randrange(10**6)} of the ledger and of what depends on it",
        co_author_emails=[],
        co_author_ids=[],
        loc_added=added,
        loc_deleted=deleted,
        loc_changed=added + deleted,
        files_changed=FILES,
        size_bucket=size_bucket(added + deleted),
        is_revert=False,
        ai_assistance="none",
        author_id=stamp.author_id,
        actor_kind=stamp.actor_kind,
        team_id=stamp.team_id,
        author_team_id=stamp.author_team_id,
        time_of_week=stamp.time_of_week,
    )
    return commit, files


def paths(rng: random.Random) -> Iterator[str]:
    for place in rng.sample(range(PATHS), FILES):
        yield f"src/{place % 40}/ledger/module_{place}.py"


if __name__ == "__main__":
    main()
