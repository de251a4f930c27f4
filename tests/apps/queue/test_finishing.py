"""What a unit has done, and its end, are kept by whoever holds its lease, and by nobody else."""

import time

import pytest

from apps.queue import claims, clock, services
from apps.queue.actors import drain, run
from devhealth.errors import Permanent
from tests import work

pytestmark = pytest.mark.usefixtures("committed")


def test_rows_and_the_units_end_are_one_transaction(acme_id):
    def body(each):
        with each.finishing():
            services.add("tests.next", acme_id)
            raise Permanent("no")

    with work.actor("tests.next", lambda _: None), work.actor("tests.body", body):
        services.add("tests.body", acme_id)
        drain("sync")
    assert work.states() == ["failed"]


def test_whoever_lost_his_lease_writes_nothing(acme_id):
    def body(each):
        work.expire()
        clock.tick()
        with each.finishing():
            services.add("tests.body", acme_id, ids={"from": "the late one"})

    with work.actor("tests.body", body):
        services.add("tests.body", acme_id)
        run(claims.claim("sync"), time.monotonic())
    assert [(unit.state, unit.ids) for unit in work.units()] == [("pending", {})]


def test_what_is_done_stands_although_the_unit_fails_later(acme_id):
    def body(each):
        with each.going_on():
            services.add("tests.next", acme_id)
        raise Permanent("no")

    with work.actor("tests.next", lambda _: None), work.actor("tests.body", body):
        services.add("tests.body", acme_id)
        drain("sync")
    assert work.states() == ["failed", "completed"]


def test_whoever_lost_his_lease_keeps_nothing_of_what_is_done(acme_id):
    def body(each):
        work.expire()
        clock.tick()
        with each.going_on():
            services.add("tests.body", acme_id, ids={"from": "the late one"})

    with work.actor("tests.body", body):
        services.add("tests.body", acme_id)
        run(claims.claim("sync"), time.monotonic())
    assert [(unit.state, unit.ids) for unit in work.units()] == [("pending", {})]


def test_a_late_worker_does_not_end_the_newer_claim(acme_id):
    with work.actor("tests.body", lambda _: None):
        services.add("tests.body", acme_id)
        late = claims.claim("sync")
        work.expire()
        clock.tick()
        newer = claims.claim("sync")
        run(late, time.monotonic())
    assert (newer.id, newer.fence, work.states()) == (late.id, late.fence + 1, ["running"])
