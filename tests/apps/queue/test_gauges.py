from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families

from apps.queue import claims, clock, services
from apps.queue.gauges import exposition
from tests import work

pytestmark = pytest.mark.usefixtures("committed")

A, B = uuid4(), uuid4()


def samples():
    """name → (queue, tier) → value, as Prometheus reads it."""
    found = {}
    for family in text_string_to_metric_families(exposition().decode()):
        for each in family.samples:
            assert set(each.labels) == {"queue", "tier"}
            labels = (each.labels["queue"], each.labels["tier"])
            found.setdefault(each.name.removeprefix("devhealth_"), {})[labels] = each.value
    return found


def add(organization=A, **more):
    return services.add("pipeline.sync", organization, **more)


def aged(unit, seconds):
    """As if it had been due for so long."""
    with connection.cursor() as cursor:
        cursor.execute(
            "with unit as (update queue_workunit "
            "set not_before = now() - make_interval(secs => %s) where id = %s returning *) "
            "update queue_queueshare s set next_at = not_before from unit "
            "where s.organization_id = unit.organization_id",
            [seconds, unit],
        )


def test_an_empty_queue_shows_nothing():
    assert samples() == {}


def test_what_is_due_waits_and_what_is_planned_does_not():
    add()
    add(B)
    add(not_before=services.now().replace(year=2999))
    assert samples()["units_waiting"] == {("sync", "community"): 2}


def test_what_waits_for_a_slot_waits_too():
    for _ in range(3):
        add(slots={"s": 1})
    while claims.claim("sync"):
        pass
    assert samples()["units_waiting"] == {("sync", "community"): 2}


def test_the_oldest_of_all_organisations_counts():
    aged(add(), 60)
    aged(add(B), 30)
    assert 60 <= samples()["oldest_due_seconds"]["sync", "community"] < 70


def test_tiers_are_told_apart():
    add()
    services.set_limits(B, "team", {"sync": 4})
    add(B)
    add(B)
    found = samples()
    assert found["units_waiting"] == {("sync", "community"): 1, ("sync", "team"): 2}
    assert found["units_limit"] == {("sync", "community"): 2, ("sync", "team"): 4}


def test_what_runs_is_running():
    add()
    claims.claim("sync")
    found = samples()
    assert (found["units_running"], found["units_waiting"]) == (
        {("sync", "community"): 1},
        {("sync", "community"): 0},
    )


def test_what_failed_and_what_is_quarantined_is_counted(acme_id):
    unit = services.add("pipeline.sync", acme_id, ids={"unit": 0})
    with connection.cursor() as cursor:
        cursor.execute("update queue_workunit set state = 'running', lease_until = now()")
        cursor.execute(
            "update queue_workunit set state = 'quarantined', lease_until = null where id = %s",
            [unit],
        )
    found = samples()
    assert found["units_quarantined"] == {("sync", "community"): 1}
    assert found["units_failed"] == {("sync", "community"): 0}


def test_a_lost_lease_and_its_second_claim_are_counted():
    add()
    claims.claim("sync")
    with connection.cursor() as cursor:
        cursor.execute("update queue_workunit set lease_until = now() - interval '1 s'")
    clock.tick()
    claims.claim("sync")
    found = samples()
    assert found["lease_expiries_total"] == {("sync", "community"): 1}
    assert found["redeliveries_total"] == {("sync", "community"): 1}


def test_a_scrape_costs_as_many_statements_for_fifty_organisations_as_for_one():
    def statements():
        with CaptureQueriesContext(connection) as captured:
            exposition()
        return len(captured)

    add()
    one = statements()
    for _ in range(50):
        add(uuid4())
    assert statements() == one


def test_a_scrape_reads_nothing_of_what_is_over(acme_id):
    with work.actor("tests.done", lambda _: None):
        services.add("tests.done", acme_id)
        work.run_all("sync")
    assert samples()["units_waiting"] == {("sync", "community"): 0}


def test_what_waits_for_a_slot_ages_too():
    for _ in range(2):
        add(slots={"s": 1})
    while claims.claim("sync"):
        pass
    with connection.cursor() as cursor:
        cursor.execute(
            "update queue_workunit set not_before = now() - interval '1 hour' "
            "where waits_for is not null"
        )
    assert samples()["oldest_due_seconds"]["sync", "community"] >= 3600
