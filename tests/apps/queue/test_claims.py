import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Lock
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction

from apps.queue import clock, services
from apps.queue.actors import drain
from apps.queue.claims import claim
from apps.queue.models import MOST_RUNNING, PUBLIC, QueueShare, Slot, WorkUnit
from devhealth.models.states import State
from tests import work
from tests.tenants import in_threads

A, B = uuid4(), uuid4()

pytestmark = pytest.mark.usefixtures("committed")


def add(organization=A, actor="pipeline.sync", **more):
    return services.add(actor, organization, **more)


def claimed(queue="sync"):
    """Every unit that can be claimed now, by whom it is for."""
    found = []
    while unit := claim(queue):
        found.append(unit)
    return found


def test_nothing_is_due_where_nothing_was_added():
    assert claim("sync") is None


def test_a_unit_is_claimed_once():
    unit = add()
    assert [each.id for each in claimed()] == [unit]


def test_a_claim_carries_what_was_asked_for():
    add(ids={"unit": 7})
    assert claim("sync").ids == {"unit": 7}


def test_a_unit_of_another_queue_is_not_claimed():
    add()
    assert claim("backfill") is None


def test_a_unit_is_not_claimed_before_its_time():
    add(not_before=services.now() + timedelta(hours=1))
    assert claim("sync") is None


def test_an_organisation_has_no_more_running_than_its_limit():
    for _ in range(5):
        add()
    assert len(claimed()) == 2


def test_a_raised_limit_holds_from_the_next_claim_on():
    for _ in range(5):
        add()
    services.set_limits(A, "team", {"sync": 4})
    assert len(claimed()) == 4


def test_whoever_has_fewest_running_comes_first():
    for _ in range(3):
        add(A)
    add(B)
    assert [unit.organization_id for unit in claimed()] == [A, B, A]


def test_the_oldest_unit_of_an_organisation_comes_first():
    units = [add(), add()]
    assert [unit.id for unit in claimed()] == units


def test_of_one_key_at_most_one_is_pending():
    assert add(dedupe_key="k") == add(dedupe_key="k")


def test_what_arrives_while_its_key_runs_makes_the_next_unit():
    first = add(dedupe_key="k")
    claim("sync")
    assert add(dedupe_key="k") != first


def test_the_same_key_of_two_organisations_is_two_units():
    assert add(A, dedupe_key="k") != add(B, dedupe_key="k")


def test_the_earlier_of_two_times_counts_for_one_key():
    add(dedupe_key="k", not_before=services.now() + timedelta(hours=1))
    add(dedupe_key="k")
    assert len(claimed()) == 1


def test_a_taken_slot_lets_others_pass():
    first = add(slots={"s": 1})
    add(slots={"s": 1})
    third = add()
    assert [unit.id for unit in claimed()] == [first, third]


def test_a_slot_that_is_left_goes_to_the_one_that_waited_longest(acme_id):
    with work.actor("tests.nothing", lambda _: None):
        for _ in range(4):
            add(acme_id, "tests.nothing", slots={"s": 1})
        assert drain("sync") == 4


def test_a_slot_is_the_organisations_own():
    add(A, slots={"s": 1})
    add(B, slots={"s": 1})
    assert len(claimed()) == 2


def test_two_queues_claim_for_one_slot_at_the_same_moment_and_one_gets_it():
    add(slots={"s": 1})
    add(actor="pipeline.backfill", slots={"s": 1})

    def other(_):
        return claimed("backfill")

    with ThreadPoolExecutor() as pool:
        with transaction.atomic():
            claim("sync")
            later = pool.submit(in_threads, other, 1)
            time.sleep(0.3)  # the other one stands before the slot by now
        assert later.result() == []
    assert Slot.objects.get().running == 1


def test_two_slots_are_both_needed():
    add(slots={"s": 1, "t": 2})
    add(slots={"t": 2})
    services.set_limits(A, "enterprise", {"sync": 8})
    add(slots={"s": 1, "t": 2})
    add(slots={"t": 2})
    assert len(claimed()) == 2
    assert {slot.name: slot.running for slot in Slot.objects.all()} == {"s": 1, "t": 2}


def test_versions_of_an_organisations_queue_always_rise():
    for _ in range(2):
        add()
    first, second = claimed()
    assert first.claimed_at < second.claimed_at


def test_a_version_has_no_more_than_milliseconds():
    add()
    assert claim("sync").claimed_at.microsecond % 1000 == 0


def test_eight_threads_never_pass_a_limit_and_lose_nothing(acme_id, globex_id):
    most, now, lock = {}, {}, Lock()

    def body(each):
        organization = each.organization_id
        with lock:
            now[organization] = now.get(organization, 0) + 1
            most[organization] = max(most.get(organization, 0), now[organization])
        with lock:
            now[organization] -= 1

    with work.actor("tests.count", body):
        for organization in (acme_id, globex_id):
            services.set_limits(organization, "team", {"sync": 3})
            for _ in range(60):
                add(organization, "tests.count", slots={"s": 2})
        in_threads(lambda _: [drain("sync") for _ in range(10)])
        clock.tick()
        drain("sync")
    assert work.states() == [State.COMPLETED] * 120
    assert max(most.values()) <= 2
    assert {share.running for share in QueueShare.objects.all()} == {0}
    assert {slot.running for slot in Slot.objects.all()} == {0}


def test_work_of_nobody_runs_on_the_public_schema():
    seen = []
    with work.actor("tests.public", lambda each: seen.append(each.organization_id), public=True):
        add(PUBLIC, "tests.public")
        drain("sync")
    assert seen == [UUID(int=0)]


def test_a_share_whose_unit_is_gone_keeps_nobody_elses_waiting():
    gone = add(A)
    add(B)
    WorkUnit.objects.filter(id=gone).delete()
    assert claim("sync").organization_id == B


def test_a_unit_that_somebody_holds_is_not_waited_for():
    unit = add(A)

    def claimed_meanwhile(_):
        return [claim("sync")]

    with transaction.atomic():
        WorkUnit.objects.select_for_update().get(id=unit)
        assert in_threads(claimed_meanwhile, threads=1) == [None]


def test_a_claim_says_whether_it_left_something_due():
    add(A)
    add(B)
    first, second = claimed()
    assert (first.is_more_due, second.is_more_due) == (True, False)


def test_what_is_left_above_the_limit_is_not_due():
    for _ in range(3):
        add(A)
    assert [each.is_more_due for each in claimed()] == [True, False]


def test_no_limit_is_beyond_what_claims_look_at():
    with pytest.raises(IntegrityError, match="within_reach"), transaction.atomic():
        services.set_limits(A, "team", {"sync": MOST_RUNNING + 1})
