"""An organisation keeps an owner, whoever leaves or is demoted at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, connections, transaction

from apps.errors import AppError
from apps.orgs import memberships
from apps.orgs.models import Membership
from tests.apps.orgs.people import acting, join
from tests.tenants import in_threads

THREADS = 16


def remove(membership, by):
    memberships.remove(membership.pk, by=by)


def demote(membership, by):
    memberships.change_role(membership.pk, "viewer", by=by)


def refused(act, membership, by):
    """The code; '': it was done."""
    try:
        act(membership, by)
    except AppError as error:
        return error.code
    return ""


def owners(tenant):
    return Membership.objects.filter(organization=tenant.organization, role="owner")


@pytest.fixture
def sixteen(initech):
    """Owners, each with who they are when they act."""
    for _ in range(THREADS - 1):
        join(initech, "owner")
    return [(each, acting(initech, each.user)) for each in owners(initech).select_related("user")]


def all_at_once(act):
    """What act says of each number, from threads that begin together."""
    barrier = Barrier(THREADS)

    def begin(number):
        connection.ensure_connection()
        barrier.wait()
        return [act(number)]

    return in_threads(begin, threads=THREADS)


@pytest.mark.parametrize("act", [remove, demote])
def test_of_sixteen_who_go_at_once_one_stays(initech, sixteen, act):
    codes = all_at_once(lambda n: refused(act, *sixteen[n]))
    assert (sorted(codes), owners(initech).count()) == ([""] * 15 + ["last_owner"], 1)


@pytest.mark.parametrize("act", [remove, demote])
def test_of_sixteen_who_drive_each_other_out_at_once_one_stays(initech, sixteen, act):
    all_at_once(lambda n: refused(act, sixteen[(n + 1) % THREADS][0], sixteen[n][1]))
    assert owners(initech).count() >= 1


@pytest.mark.parametrize("act", [remove, demote])
def test_the_second_of_two_waits_for_the_first_to_commit(initech, act):
    join(initech, "owner")
    (first, by_first), (second, by_second) = [
        (each, acting(initech, each.user)) for each in owners(initech).select_related("user")
    ]

    def later():
        try:
            return refused(act, second, by_second)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            act(first, by_first)
            answer = pool.submit(later)
            with pytest.raises(TimeoutError):
                answer.result(timeout=0.5)
        assert answer.result(timeout=10) == "last_owner"


def test_whoever_was_demoted_meanwhile_changes_nothing(acme):
    ada, admin = join(acme), join(acme, "admin")
    before = admin.member
    acme.send("PATCH", admin.path, {"role": "viewer"})
    assert refused(demote, ada.membership, before) == "missing_role"
