"""What questions about measures cost: `python -m bench.analytics`, one JSON line a figure.

An organisation of 200 repositories, 40 people and 50,000 commits of 90 days, on PostgreSQL. Whole
GraphQL requests through Django, the token looked up, the store asked, the answer written as JSON.
CPU is user + system of ours and of every server of our own: the mean of 20 requests, the median of
five such rounds, after one to warm up.

    BENCH_COMMITS=10000  fewer
"""

import json
import os
import random
import statistics
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from bench.git_into import Spent
from bench.jobs import house
from devhealth.models.records import Commit, Identity, Repository
from devhealth.processors.local import size_bucket

SEED = 20_261_126
REPOSITORIES, PEOPLE, DAYS = 200, 40, 90
COMMITS = int(os.environ.get("BENCH_COMMITS", "50000"))
ROUNDS, REQUESTS = 5, 20
FIRST = date(2026, 1, 1)
START = datetime(2026, 1, 1, tzinfo=UTC)
RANGE = {"startDate": str(FIRST), "endDate": str(FIRST + timedelta(days=DAYS - 1))}

QUERY = """
query($batch: AnalyticsRequestInput!) {
  analytics(batch: $batch) {
    timeseries { measure total prior buckets { date value sampleSize } }
    breakdowns { measure otherValue totalGroups items { key label value share sampleSize } }
    meta { degraded { code reason } }
  }
}"""


def series(measure: str, interval: str = "DAY") -> dict[str, Any]:
    return {"measure": measure, "interval": interval, "dateRange": RANGE}


def by_repository(measure: str) -> dict[str, Any]:
    return {"measure": measure, "dimension": "REPO", "dateRange": RANGE, "topN": 10}


ADDITIVE = {
    "timeseries": [series("COMMITS_COUNT"), series("LOC_ADDED"), series("REVERTS_COUNT", "WEEK")],
    "breakdowns": [by_repository("LOC_ADDED"), by_repository("LARGE_COMMITS_COUNT")],
}
WITH_PERCENTILES = {
    "timeseries": [*ADDITIVE["timeseries"], series("COMMIT_SIZE_LOC_P50", "WEEK")],
    "breakdowns": [*ADDITIVE["breakdowns"], by_repository("COMMIT_SIZE_LOC_P50")],
}


def main() -> None:
    os.environ["DEVHEALTH_ANSWERS_SECONDS"] = "0"  # each question is to be answered
    with house():
        client = client_of(organisation())
        for name, batch, target in (
            ("analytics_additive_200_repositories_90_days", ADDITIVE, 40),
            ("analytics_two_percentiles_over_50k_records", WITH_PERCENTILES, 400),
        ):
            tell(name, milliseconds(client, batch), target)


def client_of(text: str) -> Any:
    from django.test import Client

    return Client(SERVER_NAME="localhost", headers={"Authorization": f"Bearer {text}"})


def organisation(days: int = DAYS, commits: int = COMMITS) -> str:
    """Facts and metrics in the store; a token of the owner's."""
    from django.conf import settings

    from apps.billing.services import set_tier
    from apps.billing.tiers import ENTERPRISE
    from apps.metrics.store import store
    from apps.orgs import services
    from devhealth.due import everything
    from devhealth.recompute import recompute

    made = services.create_organization("Acme", "acme", owner_email="o@acme.example", password=None)
    set_tier(made, ENTERPRISE, by="bench")  # which may ask so often
    owner = made.memberships.get().user
    _, text = services.issue_token(made, by=owner, name="bench")
    store().migrate()
    sink = store().for_org(made.id, version=START)
    for rows in world(days, commits):
        sink.write(rows)
    later = store().for_org(made.id, version=START + timedelta(days=1))
    recompute(later, everything(later), today=FIRST + timedelta(days=days))
    with psycopg.connect(settings.DATABASE_URI, autocommit=True) as connection:
        connection.execute("vacuum analyze")  # as autovacuum would have by then
    return text


def world(days: int, commits: int) -> Iterator[list[Any]]:
    rng = random.Random(SEED)
    repositories = [UUID(int=rng.getrandbits(128), version=4) for _ in range(REPOSITORIES)]
    people = [UUID(int=rng.getrandbits(128), version=4) for _ in range(PEOPLE)]
    yield [
        Repository(
            repo_id=each, source_id="local", provider="local", full_name=f"acme/{place}", url=""
        )
        for place, each in enumerate(repositories)
    ]
    yield [
        Identity(author_id=each, name=str(each), email=None, handle=None, actor_kind="human")
        for each in people
    ]
    for _ in range(0, commits, 10_000):
        yield [commit(rng, repositories, people, days) for _ in range(min(commits, 10_000))]


def commit(rng: random.Random, repositories: list[UUID], people: list[UUID], days: int) -> Commit:
    at = START + timedelta(minutes=rng.randrange(days * 24 * 60))
    added, deleted = int(rng.expovariate(1 / 60)), int(rng.expovariate(1 / 30))
    return Commit(
        repo_id=rng.choice(repositories),
        hash=f"{rng.getrandbits(160):040x}",
        author_name="",
        author_email="",
        authored_at=at,
        committer_email="",
        committed_at=at,
        parent_count=1,
        subject="Change something that matters",
        co_author_emails=[],
        author_utc_offset_minutes=60,
        loc_added=added,
        loc_deleted=deleted,
        loc_changed=added + deleted,
        files_changed=3,
        size_bucket=size_bucket(added + deleted),
        is_revert=rng.random() < 0.01,
        ai_assistance="none",
        author_id=rng.choice(people),
        actor_kind="human" if rng.random() < 0.96 else "bot",
    )


def milliseconds(client: Any, batch: dict[str, Any]) -> float:
    """CPU a request."""
    body = json.dumps({"query": QUERY, "variables": {"batch": batch}})
    rounds = []
    for _ in range(ROUNDS + 1):
        before = Spent.now()
        for _ in range(REQUESTS):
            answer = client.post("/graphql", body, content_type="application/json")
        rounds.append(Spent.now().since(before)["total"] / REQUESTS * 1000)
    found = answer.json()["data"]["analytics"]
    if found["meta"]["degraded"] or not found["timeseries"][-1]["buckets"]:
        raise SystemExit(f"The batch was not answered: {found['meta']}")
    return statistics.median(rounds[1:])


def tell(name: str, value: float, target: float) -> None:
    ok = value <= target
    line = {"name": name, "value": round(value, 1), "unit": "ms of CPU", "target": target, "ok": ok}
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
