"""Somebody is removed while they are busy: nothing that they got meanwhile outlives it."""

import pytest

from apps.errors import AppError
from apps.orgs import keys, memberships, sessions
from apps.orgs.models import ApiToken, Membership, RefreshToken, Session
from tests.apps.orgs.people import PASSWORD, acting, join
from tests.tenants import in_threads

pytestmark = pytest.mark.usefixtures("unhurried")


def logging_in(ada, number):
    sessions.log_in(ada.user.email, PASSWORD, None, address=f"192.0.2.{number}")


def refreshing(ada, number):
    opened = sessions.log_in(ada.user.email, PASSWORD, None, address=f"192.0.2.{number}")
    for _ in range(5):
        opened = sessions.refresh(opened.refresh)


def making_tokens(ada, number):
    by = ada.member
    for each in range(5):
        keys.create(f"{number} {each}", ["metrics:read"], keys.usual_expiry(), by=by)


@pytest.mark.parametrize("busy", [logging_in, refreshing, making_tokens])
def test_nothing_is_in_force_not_even_for_who_comes_back(initech, busy):
    ada = join(initech)
    olga = acting(initech, initech.owner)

    def act(number):
        try:
            if number == 4:
                memberships.remove(ada.membership.pk, by=olga)
            else:
                busy(ada, number)
        except AppError as error:
            return [error.code]
        return []

    in_threads(act, threads=9)
    assert not Membership.objects.filter(id=ada.membership.pk).exists()
    assert not ApiToken.objects.filter(created_by=ada.user, revoked_at=None).exists()
    assert not Session.objects.filter(user=ada.user, revoked_at=None).exists()
    assert not RefreshToken.objects.filter(session__user=ada.user, session__revoked_at=None)
