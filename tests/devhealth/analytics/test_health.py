"""How far the data can be trusted, by hand."""

from datetime import timedelta

import polars as pl
import pytest

from devhealth.analytics.health import (
    COVERAGE,
    SOURCE,
    Unlinked,
    sources,
    unlinked_incidents,
    unlinked_pull_requests,
)
from tests.devhealth.metrics.worlds import at

NOON = at("2026-01-05 12:00")
API = ("github.com", "api", "prs")


def runs(*rows):
    """(hours before noon, reason) of runs of API's pull requests."""
    whole = [(*API, NOON - timedelta(hours=hours), reason) for hours, reason in rows]
    schema = dict.fromkeys(COVERAGE, pl.String) | {"finished_at": pl.Datetime("ms", "UTC")}
    return pl.DataFrame(whole, schema=schema, orient="row")


def aside(*rows):
    return pl.DataFrame(rows, schema=dict.fromkeys(SOURCE, pl.String), orient="row")


@pytest.mark.parametrize(
    ("told", "success", "lag", "reason"),
    [
        ([(3, None), (1.5, None)], 1.5, 1.5, None),
        ([(3, None), (1, "No permission.")], 3, 3.0, "No permission."),
        ([(3, "No permission."), (1, None)], 1, 1.0, None),
        ([(1, "No permission.")], None, None, "No permission."),
    ],
    ids=["seen twice", "not seen any more", "seen again", "never seen"],
)
def test_a_source_was_last_seen_by_the_newest_run_that_could(told, success, lag, reason):
    (found,) = sources(runs(*told), aside(), NOON)
    assert found.last_success_at == (success and NOON - timedelta(hours=success))
    assert (found.lag_hours, found.unreachable_reason) == (lag, reason)
    assert found.last_run_at == NOON - timedelta(hours=told[-1][0])


def test_what_was_put_aside_is_counted_for_its_own_source():
    other = ("github.com", "api", "cicd")
    (found,) = sources(runs((1, None)), aside(API, API, other), NOON)
    assert found.quarantined_count == 2


def test_no_run_is_no_source():
    assert sources(runs(), aside(API), NOON) == []


def test_an_incident_without_a_deployment_is_linked_to_nothing():
    frame = pl.DataFrame({"deployment_id": ["d1", None, None]})
    found = unlinked_incidents(frame)
    assert (found, found.share) == (Unlinked(3, 2), 0.666667)


def test_a_pull_request_is_linked_by_a_change_of_its_own_repository():
    merged = pl.DataFrame({"repo_id": ["a", "a", "b"], "number": [1, 2, 1]})
    changes = pl.DataFrame({"repo_id": ["a", "a", "b"], "change_id": ["#1", "abc", "#2"]})
    found = unlinked_pull_requests(merged, changes)
    assert (found, found.share) == (Unlinked(3, 2), 0.666667)


def test_of_nothing_there_is_no_share():
    assert Unlinked(0, 0).share is None
