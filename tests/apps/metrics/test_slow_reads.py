"""A read that takes longer than a request may is ended by the store, and told as such."""

from contextlib import contextmanager
from datetime import UTC, datetime

import psycopg
import pytest
from django.conf import settings as django_settings

from apps.metrics.store import sink, sink_of_work
from tests.apps.metrics.rows import RANGE, WINDOW
from tests.apps.metrics.test_rows_by_graphql import REPOS
from tests.counted import SCHEME
from tests.tenants import ask

TABLE = "repo_metrics_daily"


@contextmanager
def locked():
    """Nobody else reads the table."""
    with psycopg.connect(django_settings.DATABASE_URI.removeprefix(SCHEME)) as connection:
        connection.execute(f"lock table devhealth.{TABLE} in access exclusive mode")
        yield
        connection.rollback()


@pytest.fixture
def hurried(settings):
    settings.READ_TIMEOUT = 0.05


def test_rest_says_what_to_do(acme, hurried):
    with locked():
        answer = acme.get(f"metrics/{TABLE}", **WINDOW)
    assert (answer.status_code, answer.json()["code"]) == (422, "too_slow")
    assert "ask for fewer days" in answer.json()["detail"]


def test_graphql_says_the_same(acme, hurried):
    with locked():
        answer = ask(acme.client(), REPOS, filter={"range": RANGE})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["extensions"] == {"code": "too_slow"}


def test_a_request_has_30_seconds_and_work_has_no_limit(acme):
    now = datetime.now(UTC)
    with acme.entered():
        sinks = sink(acme.organization), sink_of_work(acme.organization.id, now)
    assert [each.read_timeout for each in sinks] == [30, None]
