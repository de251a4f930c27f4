from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings

from apps.queue import bells, claims, clock, gauges, holding, services
from apps.queue.actors import drain
from apps.queue.leases import leases
from apps.queue.models import QueueShare
from tests import work

A, B = uuid4(), uuid4()

pytestmark = pytest.mark.usefixtures("committed")


def add(organization=A, actor="pipeline.sync", **more):
    return services.add(actor, organization, **more)


def calls(queue="sync"):
    return bells.broker(settings.REDIS_URL).client.llen(f"dramatiq:{queue}")


def test_others_are_served_as_before():
    units = {each: add(each) for each in (A, B)}
    holding.hold(A)
    assert claims.claim("sync").id == units[B]


def test_what_waits_is_not_claimed_and_not_rung_for():
    add()
    holding.hold(A)
    bells.broker(settings.REDIS_URL).client.flushdb()
    clock.tick()
    assert (claims.claim("sync"), calls()) == (None, 0)


@pytest.mark.parametrize("actor", ["pipeline.sync", "pipeline.compute", "billing.refresh"])
def test_what_is_added_later_is_not_claimed_either(actor):
    holding.hold(A)
    add(actor=actor)
    assert claims.claim(settings.ACTORS[actor]) is None


def test_a_queue_that_a_later_release_brings_is_held_like_the_others():
    holding.hold(A)
    QueueShare.objects.filter(organization_id=A, queue="sync").delete()
    add()
    assert claims.claim("sync") is None


def test_a_tier_that_changes_meanwhile_lets_nothing_go():
    add()
    holding.hold(A)
    services.set_limits(A, "team", {"sync": 4})
    assert claims.claim("sync") is None


def test_it_goes_on_in_order_and_within_its_limit():
    units = [add() for _ in range(3)]
    services.set_limits(A, "team", {"sync": 2})
    holding.hold(A)
    holding.release(A)
    assert [claims.claim("sync").id for _ in range(2)] == units[:2]
    assert claims.claim("sync") is None


def test_a_release_rings():
    add()
    holding.hold(A)
    bells.broker(settings.REDIS_URL).client.flushdb()
    holding.release(A)
    assert calls() == 1


def test_what_runs_is_handed_back_at_its_next_checkpoint_and_done_later(acme_id):
    begun = []

    def body(each):
        begun.append(each.claim.starts)
        if len(begun) == 1:
            holding.hold(acme_id)
            leases.beat()
        each.checkpoint()

    with work.actor("tests.body", body):
        add(acme_id, "tests.body")
        drain("sync")
        assert (work.states(), begun) == (["pending"], [1])
        holding.release(acme_id)
        drain("sync")
    assert (work.states(), begun) == (["completed"], [1, 1])  # no start was spent


def test_what_ends_before_it_is_told_has_ended(acme_id):
    with work.actor("tests.body", lambda _: holding.hold(acme_id)):
        add(acme_id, "tests.body")
        drain("sync")
    assert work.states() == ["completed"]


def test_nobody_is_told_to_hurry_for_what_is_held():
    add(not_before=services.now() - timedelta(hours=1))
    add(slots={"s": 1})
    holding.hold(A)
    told = gauges.exposition().decode()
    assert 'devhealth_units_waiting{queue="sync",tier="community"} 0.0' in told
    assert 'devhealth_oldest_due_seconds{queue="sync",tier="community"} 0.0' in told
