"""Runs, deployments, changes and incidents where a number is opened."""

import asyncio
from datetime import UTC, date, datetime

import pytest

from apps.metrics.store import store
from devhealth.due import everything
from devhealth.models.directory import Directory
from devhealth.processors.stamps import Stamps
from devhealth.recompute import recompute
from devhealth.resolving import resolve
from tests.devhealth.delivery.things import ACME_API, deployed, incident, landed, pull, ran

MONDAY = {"day": "2026-01-05"}
SITE = "https://github.com/acme/api"


@pytest.fixture
def delivered(acme):
    """acme with two deployments, by the second of which #1 and a commit of its own arrived."""
    for rows in (
        [ACME_API],
        [landed("c0", "2026-01-05 08:00"), landed("c1", "2026-01-05 10:00"),
         landed("mine", "2026-01-05 10:30")],
        [pull(1, "2026-01-05 10:00", "c1", title="Faster")],
        [deployed("d0", "2026-01-05 09:00", "c0"), deployed("d1", "2026-01-05 12:00", "mine"),
         deployed("s", "2026-01-05 12:00", "mine", environment="staging")],
        [incident("i", "2026-01-05 13:00", "2026-01-05 14:00", url=f"{SITE}/issues/4")],
        [ran("1", "2026-01-05 10:20")],
    ):  # fmt: skip
        acme.write(rows)
    sink = store().for_org(acme.organization.id, version=datetime.now(UTC))
    asyncio.run(resolve(sink, ACME_API, Stamps(Directory(), "acme/api")))
    later = store().for_org(acme.organization.id, version=datetime.now(UTC))
    recompute(later, everything(later), today=date(2026, 2, 1))
    return acme


def opened(acme, measure, **more):
    found = acme.get("evidence", measure=measure, **MONDAY, **more).json()
    names = ("kind", "record_id", "environment", "title", "number", "hash", "url")
    return [tuple(each[name] for name in names) for each in found["items"]]


def test_nothing_of_another_organisation_is_opened(delivered, globex):
    assert opened(globex, "deployments_count") == []


def test_deployments_are_opened_at_their_address(delivered):
    address = f"{SITE}/deployments"
    assert opened(delivered, "deployments_count", environment="production") == [
        ("deployment", "d1", "production", "production", None, None, f"{address}/d1"),
        ("deployment", "d0", "production", "production", None, None, f"{address}/d0"),
    ]


def test_changes_are_opened_as_the_pull_request_or_commit_that_they_are(delivered):
    assert opened(delivered, "change_lead_hours_p50") == [
        ("change", None, "production", "Faster", 1, None, f"{SITE}/pull/1"),
        ("change", None, "production", "", None, "mine", f"{SITE}/commit/mine"),
    ]


def test_runs_and_incidents_are_opened_at_their_address(delivered):
    assert opened(delivered, "runs_count") == [
        ("pipeline run", "1", None, "test", None, None, f"{SITE}/actions/runs/1")
    ]
    assert opened(delivered, "incidents_resolved") == [
        ("incident", "i", None, "Down", None, None, f"{SITE}/issues/4")
    ]


def test_environments_are_told_apart_by_graphql(delivered):
    query = """
    query ($batch: AnalyticsRequestInput!) {
      analytics(batch: $batch) { breakdowns { items { key label value } } }
    }
    """
    range_ = {"startDate": "2026-01-01", "endDate": "2026-01-31"}
    asked = {"measure": "DEPLOYMENTS_COUNT", "dimension": "ENVIRONMENT", "dateRange": range_}
    found = delivered.graphql(query, batch={"breakdowns": [asked]})
    (breakdown,) = found["data"]["analytics"]["breakdowns"]
    assert breakdown["items"] == [
        {"key": "production", "label": "production", "value": 2},
        {"key": "staging", "label": "staging", "value": 1},
    ]
