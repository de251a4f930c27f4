"""An organisation with a few commits and their metrics."""

from datetime import UTC, date, datetime

import pytest

from apps.metrics.store import store
from devhealth.due import everything
from devhealth.models.records import Identity, Repository
from devhealth.recompute import recompute
from tests.apps.metrics.people import EVERYBODY
from tests.devhealth.metrics.worlds import ADA, API, GRACE, JOAN, ROBOT, WEB, work

WORKS = [
    work("2026-01-05 10:00", {"a": (10, 0)}, name="a1"),
    work("2026-01-05 23:30", {"a": (30, 0)}, by=GRACE, name="a2"),
    work("2026-01-12 10:00", {"b": (400, 0)}, by=JOAN, repo=WEB, name="a3"),
    work("2026-01-14 10:00", {"lock": (1000, 0)}, by=ROBOT, name="a4"),
    work("2025-12-30 10:00", {"a": (5, 0)}, name="a5"),
]


@pytest.fixture
def computed(acme):
    """acme with five commits and their metrics."""
    for rows in (
        [repository(API, "acme/api"), repository(WEB, "acme/web")],
        [Identity(author_id=ADA, name="Ada", email="ada@example.com", actor_kind="human")],
        [commit for commit, _ in WORKS],
        [change for _, changes in WORKS for change in changes],
    ):
        acme.write(rows)
    sink = store().for_org(acme.organization.id, version=datetime.now(UTC))
    recompute(sink, everything(sink), today=date(2026, 2, 1))
    return acme


def repository(repo_id, name):
    return Repository(
        repo_id=repo_id,
        source_id="github.com",
        provider="local",
        full_name=name,
        url=f"https://github.com/{name}",
    )


@pytest.fixture
def people(acme):
    """acme with all identities of `people`."""
    acme.write(EVERYBODY)
    return acme
