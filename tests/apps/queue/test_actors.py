import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Timer
from uuid import uuid4

import pytest
from django.db import connection, transaction

from apps.errors import Conflict
from apps.queue import claims, clock, services
from apps.queue.actors import MOST_STARTS, drain, run
from apps.queue.bridge import inside
from apps.queue.company import company
from apps.queue.leases import leases
from apps.queue.models import PUBLIC
from apps.queue.work import Canceled, HandedBack, LeaseLost
from config import worker
from devhealth.errors import Permanent, Transient
from devhealth.models.states import State
from tests import work

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def ended():
    """What an actor's `ended` was told."""
    return []


@pytest.fixture
def attempt(acme_id, ended):
    """Run a body as acme's unit until nothing is due; the unit as it is then."""

    def attempted(body, **more):
        def told(each, state, error):
            ended.append((state, error))

        with work.actor("tests.body", body, ended=told):
            unit = services.add("tests.body", acme_id, **more)
            drain("sync")
        return work.units(id=unit)[0]

    return attempted


def raising(error):
    def body(_):
        raise error

    return body


def sleep_until(holds):
    deadline = time.monotonic() + 5
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.01)


# --- how a unit ends -----------------------------------------------------------------------------


def test_a_body_that_returns_is_completed(attempt):
    unit = attempt(lambda _: None)
    assert (unit.state, unit.lease_until, bool(unit.finished_at)) == ("completed", None, True)


def test_a_body_runs_in_its_organisations_schema(attempt, tenants):
    seen = []
    attempt(lambda _: seen.append(connection.schema_name))
    assert seen == [tenants["acme"].organization.schema_name]


def test_the_thread_is_back_on_the_public_schema(attempt):
    attempt(lambda _: None)
    assert connection.schema_name == "public"


def test_the_thread_is_back_even_after_an_error_nobody_foresaw(attempt):
    attempt(raising(RuntimeError("?")))
    assert connection.schema_name == "public"


def test_what_is_permanent_fails_with_its_sentence(attempt, ended):
    unit = attempt(raising(Permanent("The repository is gone.")))
    assert (unit.state, unit.error) == ("failed", "The repository is gone.")
    assert ended == [(State.FAILED, "The repository is gone.")]


def test_an_answer_that_is_no_result_fails_with_its_sentence(attempt):
    assert attempt(raising(Conflict("Not now."))).error == "Not now."


def test_what_is_transient_waits_as_long_as_it_was_told(attempt):
    unit = attempt(raising(Transient("429", retry_after=600)))
    assert (unit.state, unit.starts) == ("pending", 0)
    assert 590 < (unit.not_before - services.now()).total_seconds() <= 600


def test_what_stays_transient_waits_longer_each_time_and_is_never_quarantined(acme_id):
    with work.actor("tests.down", raising(Transient("down"))):
        unit = services.add("tests.down", acme_id)
        for _ in range(6):
            drain("sync")
            work.make_due()
    (found,) = work.units(id=unit)
    assert (found.state, found.delays) == ("pending", 6)


def test_an_absurd_retry_after_is_an_hour(attempt):
    unit = attempt(raising(Transient("429", retry_after=10**9)))
    assert (unit.not_before - services.now()).total_seconds() <= 3600


def test_what_nobody_foresaw_is_tried_three_times_then_quarantined(acme_id):
    with work.actor("tests.bug", raising(ZeroDivisionError())):
        unit = services.add("tests.bug", acme_id)
        for _ in range(MOST_STARTS + 2):
            drain("sync")
            work.make_due()
    (found,) = work.units(id=unit)
    assert (found.state, found.starts) == ("quarantined", MOST_STARTS)


def test_a_unit_that_never_came_back_three_times_is_not_begun_again(acme_id, ended):
    began = []
    with work.actor("tests.poison", began.append, ended=lambda _, *told: ended.append(told)):
        unit = services.add("tests.poison", acme_id)
        for _ in range(MOST_STARTS):
            assert claims.claim("sync")
            work.expire()
            clock.tick()
        drain("sync")
    (found,) = work.units(id=unit)
    assert (found.state, began, ended[0][0]) == ("quarantined", [], State.QUARANTINED)


def test_the_third_start_is_made_alone(acme_id):
    """Two neighbours of a poison that killed their process twice."""
    with work.actor("tests.suspect", lambda each: began.append(each.claim.id)):
        began = []
        unit = services.add("tests.suspect", acme_id)
        for _ in range(MOST_STARTS - 1):
            claims.claim("sync")
            work.expire()
            clock.tick()
        with company.alone(lambda: None):
            run(claims.claim("sync"), time.monotonic())
        (crowded,) = work.units(id=unit)
        work.make_due()
        drain("sync")
    assert (crowded.state, crowded.starts) == ("pending", MOST_STARTS - 1)
    assert (began, work.states()) == ([unit], ["completed"])


def test_whoever_is_to_be_alone_waits_for_the_others():
    leave, seen = Event(), []

    def neighbour(_):
        with company.joined():
            leave.wait(5)
            seen.append("neighbour")

    with ThreadPoolExecutor() as pool:
        pool.submit(neighbour, 0)
        sleep_until(lambda: company._present == 1)
        with company.joined():
            Timer(0.1, leave.set).start()
            with company.alone(lambda: None) as is_alone:
                seen.append(is_alone)
    assert seen == ["neighbour", True]


def test_an_unknown_actor_fails_with_a_sentence(acme_id):
    with work.actor("tests.renamed", lambda _: None):
        services.add("tests.renamed", acme_id)
        unit = claims.claim("sync")
    run(unit, time.monotonic())
    assert "renamed" in work.units(id=unit.id)[0].error


@pytest.mark.parametrize("organization", [uuid4(), PUBLIC])
def test_a_tenants_actor_runs_nowhere_else(organization):
    ran = []
    with work.actor("tests.tenant", ran.append):
        unit = services.add("tests.tenant", organization)
        drain("sync")
    assert (work.units(id=unit)[0].state, ran) == ("failed", [])


# --- checkpoints ---------------------------------------------------------------------------------


@pytest.fixture
def held(acme_id):
    """A unit of acme in our hands."""
    with work.actor("tests.held", lambda _: None):
        services.add("tests.held", acme_id)
        with leases.holding(claims.claim("sync"), time.monotonic()) as each:
            yield each


def test_a_checkpoint_lets_pass_who_may_go_on(held):
    assert held.checkpoint() is None


def test_a_checkpoint_stops_who_was_frozen_past_his_lease(held):
    held.deadline = time.monotonic()
    with pytest.raises(LeaseLost):
        held.checkpoint()


def test_the_next_heartbeat_tells_of_a_lost_lease(held):
    work.expire()
    clock.tick()
    leases.beat()
    with pytest.raises(LeaseLost):
        held.checkpoint()


def test_the_next_heartbeat_tells_that_a_stop_was_asked_for(held):
    services.request_stop(held.organization_id, [held.claim.id])
    leases.beat()
    with pytest.raises(Canceled):
        held.checkpoint()


def test_a_heartbeat_renews_the_lease(held):
    work.expire()
    leases.beat()
    assert clock.tick()
    assert work.states() == ["running"]


def test_a_process_that_ends_hands_back(held):
    with work.being_stopped(), pytest.raises(HandedBack):
        held.checkpoint()


def test_a_stop_wins_over_an_end_that_comes_later(acme_id, ended):
    def body(each):
        services.request_stop(acme_id, [each.claim.id])

    with work.actor("tests.body", body, ended=lambda _, *told: ended.append(told)):
        services.add("tests.body", acme_id)
        drain("sync")
    assert (work.states(), ended) == (["canceled"], [(State.CANCELED, "")])


def test_what_is_pending_is_stopped_at_once(acme_id):
    unit = services.add("pipeline.sync", acme_id)
    with transaction.atomic():
        services.request_stop(acme_id, [unit])
    assert (work.states(), claims.claim("sync")) == (["canceled"], None)


def test_nobody_stops_the_unit_of_another_organisation(acme_id, globex_id):
    unit = services.add("pipeline.sync", acme_id)
    services.request_stop(globex_id, [unit])
    assert work.states() == ["pending"]


def test_a_stop_whose_worker_died_is_told_by_the_next_one(acme_id, ended):
    with work.actor("tests.body", lambda _: None, ended=lambda _, *told: ended.append(told)):
        unit = services.add("tests.body", acme_id)
        claims.claim("sync")
        services.request_stop(acme_id, [unit])
        work.expire()
        clock.tick()
        drain("sync")
    assert (work.states(), ended) == (["canceled"], [(State.CANCELED, "")])


def test_what_is_put_off_leaves_the_field_to_the_next_one_of_its_key(acme_id):
    def body(_):
        if len(work.units()) == 1:
            services.add("tests.body", acme_id, dedupe_key="k")
            raise Transient("later")

    with work.actor("tests.body", body):
        services.add("tests.body", acme_id, dedupe_key="k")
        drain("sync")
    assert work.states() == ["canceled", "completed"]


# --- the bridge ----------------------------------------------------------------------------------


def test_a_service_called_from_the_library_runs_in_the_tenant(attempt, tenants):
    import asyncio

    seen = []

    def service():
        with connection.cursor() as cursor:
            cursor.execute("select current_schema()")
            seen.extend(cursor.fetchone())

    attempt(lambda each: asyncio.run(inside(each, service)))
    assert seen == [tenants["acme"].organization.schema_name]


def test_a_service_is_not_called_for_work_that_is_no_longer_ours(held):
    import asyncio

    held.is_lost = True
    with pytest.raises(LeaseLost):
        asyncio.run(inside(held, pytest.fail, "it was called"))


# --- bells ---------------------------------------------------------------------------------------


def test_a_bell_is_answered_with_work_and_nothing_else(acme_id):
    """Dramatiq warns of each answer that nobody reads."""
    with work.actor("tests.body", lambda _: None):
        services.add("tests.body", acme_id)
        assert worker.broker.actors["work_sync"].fn() is None
    assert work.states() == ["completed"]


# --- requeue -------------------------------------------------------------------------------------


def test_what_failed_is_done_again_when_an_operator_says_so(attempt):
    unit = attempt(raising(Permanent("no")))
    services.requeue(unit.id)
    assert claims.claim("sync").id == unit.id


def test_what_another_one_of_its_key_does_is_not_done_again(attempt, acme_id):
    unit = attempt(raising(Permanent("no")), dedupe_key="k")
    services.add("pipeline.sync", acme_id, dedupe_key="k")
    with pytest.raises(Conflict, match="`k`"):
        services.requeue(unit.id)


def test_what_is_done_is_not_done_again(attempt):
    unit = attempt(lambda _: None)
    with pytest.raises(Conflict):
        services.requeue(unit.id)
