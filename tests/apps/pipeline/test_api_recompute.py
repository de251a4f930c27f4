"""Recomputing over REST."""

import pytest

from tests import work
from tests.apps.pipeline.worlds import ago


def test_a_recompute_is_accepted_at_its_location(acme):
    answer = acme.send("POST", "metrics/recompute", {"since": "2026-01-01"})
    assert (answer.status_code, answer["Retry-After"]) == (202, "2")
    assert acme.client().get(answer["Location"]).json() == answer.json()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"since": "2026-01-02", "before": "2026-01-01"}, 400, "invalid_range"),
        ({"until": "2026-01-02"}, 422, "invalid_body"),
        ([], 422, "invalid_body"),
    ],
)
def test_what_cannot_be_computed_is_named(acme, body, status, code):
    answer = acme.send("POST", "metrics/recompute", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_what_comes_out_as_it_was_is_not_written(world):
    world.sync(world.config())
    work.run_all()
    asked = world.tenant.send("POST", "metrics/recompute", {"since": str(ago(10))})
    work.run_all()
    done = world.tenant.client().get(asked["Location"])
    assert (done.json()["state"], done.json()["rows_written"]) == ("completed", 0)
    assert not done.has_header("Retry-After")
