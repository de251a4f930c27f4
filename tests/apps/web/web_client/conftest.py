"""acme in January: commits, pull requests, deployments, an incident, work items, five people."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from apps.metrics.store import store
from devhealth.due import everything
from devhealth.models.records import DeploymentChange, Identity, Review
from devhealth.recompute import recompute
from tests.apps.metrics.conftest import repository
from tests.devhealth.analytics.items import item, put
from tests.devhealth.delivery.things import deployed, incident, pull
from tests.devhealth.metrics.worlds import ADA, API, GRACE, JOAN, WEB, at, work


def pytest_collection_modifyitems(items):
    """A suite of its own: `make client`."""
    for each in items:
        if each.path.parent == Path(__file__).parent:
            each.add_marker("client")


JANUARY = {"time": {"start_date": "2026-01-01", "end_date": "2026-01-31"}}

WORKS = [
    work("2026-01-05 10:00", {"a.py": (10, 0)}, name="a1"),
    work("2026-01-06 10:00", {"a.py": (30, 5)}, by=GRACE, name="a2"),
    work("2026-01-12 10:00", {"b.py": (400, 0)}, by=JOAN, repo=WEB, name="a3"),
]
ITEMS = [
    item(
        1, "2026-01-05 08:00", ("2026-01-05 10:00", "in_progress"),
        ("2026-01-05 22:00", "blocked"), ("2026-01-06 04:00", "in_progress"),
        ("2026-01-06 10:00", "done"),
    ),
    item(
        2, "2026-01-05 08:00", ("2026-01-05 12:00", "in_progress"), ("2026-01-07 12:00", "done"),
        item_type="bug",
    ),
]  # fmt: skip
PULLS = [
    pull(
        1, "2026-01-10 20:00", created="2026-01-09 08:00", begun="2026-01-08 08:00",
        ready_at=at("2026-01-09 10:00"), first_response_at=at("2026-01-09 14:00"),
        draft_hours=2.0, pickup_hours=4.0, review_hours=30.0, cycle_hours=36.0, title="One",
        author_id=ADA, loc_changed=45, work_theme="quality", work_subcategory="bugfix",
    ),
    pull(
        2, "2026-01-12 20:00", created="2026-01-12 08:00", repo_id=WEB, title="Two",
        author_id=JOAN, cycle_hours=12.0, loc_changed=400,
    ),
]  # fmt: skip
NAMES = {ADA: "Ada", GRACE: "Grace", JOAN: "Joan"}


def asked_for_changes(when):
    return Review(
        repo_id=API, number=1, review_id="r1", state="changes_requested", submitted_at=at(when),
        reviewer_login="github:grace", author_login="github:ada", reviewer_id=GRACE, author_id=ADA,
        is_first_of_reviewer=True,
    )  # fmt: skip


@pytest.fixture
def acmes(acme):
    put(store().for_org(acme.organization.id, version=datetime.now(UTC)), ITEMS)
    for rows in (
        [repository(API, "acme/api"), repository(WEB, "acme/web")],
        [
            Identity(author_id=id, name=name, email=f"{name}@example.com", actor_kind="human")
            for id, name in NAMES.items()
        ],
        [commit for commit, _ in WORKS],
        [change for _, changes in WORKS for change in changes],
        PULLS,
        [asked_for_changes("2026-01-10 08:00")],
        [
            deployed(
                "d1",
                "2026-01-11 12:00",
                started_at=at("2026-01-11 11:00"),
                created="2026-01-11 10:00",
            ),
            deployed("d2", "2026-01-13 12:00", failure_basis="native"),
        ],
        [
            DeploymentChange(
                repo_id=API,
                environment="production",
                change_id="#1",
                deployment_id="d1",
                deployed_at=at("2026-01-11 12:00"),
                merged_at=at("2026-01-10 20:00"),
                is_production=True,
                basis="native",
            )
        ],
        [incident("i1", "2026-01-13 14:00", "2026-01-13 18:00", deployment_id="d2")],
    ):
        acme.write(rows)  # fmt: skip
    return computed(acme)


def computed(acme):
    sink = store().for_org(acme.organization.id, version=datetime.now(UTC))
    recompute(sink, everything(sink), today=date(2026, 2, 1))
    return acme


@pytest.fixture
def post(acmes):
    """What acme is answered to a body."""

    def posted(path, filters=None, **more):
        return acmes.send("POST", path, {"filters": JANUARY | (filters or {}), **more}).json()

    return posted


def hours(start, end):
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)) / timedelta(hours=1)
