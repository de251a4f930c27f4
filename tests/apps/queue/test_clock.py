from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection, transaction

from apps.queue import bells, claims, clock, services
from apps.queue.models import QueueShare, Slot
from tests import work
from tests.tenants import in_threads

pytestmark = pytest.mark.usefixtures("committed")


def bells_of(queue):
    return bells.broker(settings.REDIS_URL).client.llen(f"dramatiq:{queue}")


def silence():
    bells.broker(settings.REDIS_URL).client.flushdb()


def expire():
    with connection.cursor() as cursor:
        cursor.execute(
            "update queue_workunit set lease_until = now() - interval '1 s' where state = 'running'"
        )


def statements(act):
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        act()
    return len(captured)


def test_adding_rings_once_however_much_is_added():
    for _ in range(5):
        services.add("pipeline.sync", uuid4())
    assert bells_of("sync") == 1


def test_nothing_rings_before_the_commit():
    with transaction.atomic():
        services.add("pipeline.sync", uuid4())
        assert bells_of("sync") == 0


def test_what_is_due_later_rings_later():
    services.add("pipeline.sync", uuid4(), not_before=services.now() + timedelta(hours=1))
    assert bells_of("sync") == 0


def test_a_lost_bell_is_rung_again():
    services.add("pipeline.sync", uuid4())
    silence()
    clock.tick()
    assert bells_of("sync") == 1


def test_a_process_that_died_between_commit_and_bell_loses_nothing():
    unit = services.add("pipeline.sync", uuid4())
    QueueShare.objects.update(next_at=None)
    clock.tick()
    assert claims.claim("sync").id == unit


def test_redis_out_of_reach_is_no_error(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    services.add("pipeline.sync", uuid4())
    clock.tick()
    assert claims.claim("sync") is not None


def test_an_expired_lease_gives_back_the_unit_its_share_and_its_slots():
    services.add("pipeline.sync", uuid4(), slots={"s": 1})
    claims.claim("sync")
    expire()
    clock.tick()
    share, slot = QueueShare.objects.get(), Slot.objects.get()
    assert (work.states(), share.running, slot.running, share.expiries) == (["pending"], 0, 0, 1)


def test_of_one_key_only_one_comes_back():
    """Two were running, the second of them while a third arrived."""
    acme = uuid4()
    for _ in range(2):
        services.add("pipeline.sync", acme, dedupe_key="k")
        claims.claim("sync")
    expire()
    clock.tick()
    assert work.states() == ["canceled", "pending"]


def test_what_comes_back_leaves_the_field_to_one_that_waits():
    acme = uuid4()
    services.add("pipeline.sync", acme, dedupe_key="k")
    claims.claim("sync")
    services.add("pipeline.sync", acme, dedupe_key="k")
    expire()
    clock.tick()
    assert work.states() == ["canceled", "pending"]


def test_a_redelivery_is_counted():
    services.add("pipeline.sync", uuid4())
    claims.claim("sync")
    expire()
    clock.tick()
    claims.claim("sync")
    assert QueueShare.objects.get().redeliveries == 1


def test_a_lease_that_holds_is_left_alone():
    services.add("pipeline.sync", uuid4())
    claims.claim("sync")
    clock.tick()
    assert work.states() == ["running"]


def test_whoever_was_forgotten_at_a_free_slot_goes_on():
    services.add("pipeline.sync", uuid4(), slots={"s": 1})
    with connection.cursor() as cursor:
        cursor.execute("update queue_workunit set waits_for = 's'")
    clock.tick()
    assert claims.claim("sync") is not None


def test_several_clocks_take_back_once(acme_id):
    for _ in range(4):
        services.add("pipeline.sync", uuid4())
        claims.claim("sync")
    expire()
    in_threads(lambda _: [clock.tick()])
    assert sum(share.expiries for share in QueueShare.objects.all()) == 4


def test_a_tick_costs_as_many_statements_for_fifty_organisations_as_for_one():
    def lose():
        for _ in range(50):
            claims.claim("sync")
        expire()

    services.add("pipeline.sync", uuid4(), slots={"s": 1})
    lose()
    one = statements(clock.tick)
    for _ in range(50):
        services.add("pipeline.sync", uuid4(), slots={"s": 1})
    lose()
    assert statements(clock.tick) == one


def test_units_that_are_over_are_forgotten_after_a_week_and_failures_later(acme_id):
    with work.actor("tests.done", lambda _: None):
        for _ in range(3):
            services.add("tests.done", acme_id)
        work.run_all("sync")
    with connection.cursor() as cursor:
        cursor.execute(
            "update queue_workunit set finished_at = now() - interval '8 days' "
            "where id <> (select max(id) from queue_workunit)"
        )
    assert (clock.purge(), len(work.units())) == (2, 1)
