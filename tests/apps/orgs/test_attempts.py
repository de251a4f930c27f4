"""How often a password may be tried."""

from uuid import uuid4

import pytest
from django.test import RequestFactory

from apps.errors import TooManyRequests, Unauthorized, Unavailable
from apps.orgs import attempts, passwords
from apps.orgs.addresses import network_of
from config.services import networks
from tests.apps.orgs.people import PASSWORD, join
from tests.tenants import in_threads

pytestmark = pytest.mark.usefixtures("unhurried")


def is_let(address, email):
    try:
        attempts.begin(address, email)
    except TooManyRequests:
        return False
    return True


def somebody():
    return f"{uuid4().hex}@a.example"


def test_an_account_is_tried_ten_times_from_wherever():
    email = somebody()
    assert [is_let(f"192.0.2.{n}", email) for n in range(12)] == [True] * 10 + [False] * 2


def test_an_address_tries_ten_times_whomever():
    assert [is_let("192.0.2.1", somebody()) for _ in range(12)] == [True] * 10 + [False] * 2


def test_case_makes_no_other_account():
    email = somebody()
    assert sum(is_let(f"192.0.2.{n}", email.upper() if n % 2 else email) for n in range(12)) == 10


def test_what_is_refused_is_not_counted():
    busy, email = somebody(), somebody()
    for n in range(10):
        is_let(f"192.0.2.{n}", busy)
    assert not any(is_let("192.0.2.99", busy) for _ in range(20))
    assert is_let("192.0.2.99", email)


def test_exactly_ten_of_thirty_two_threads_are_let(django_db_blocker):
    email = somebody()
    let = in_threads(lambda n: [is_let(f"192.0.2.{n}", email)], threads=32)
    assert sum(let) == 10


def test_a_right_password_takes_its_attempt_back(acme):
    ada = join(acme)
    for _ in range(15):
        passwords.verify(ada.user.email, PASSWORD, address="192.0.2.1")


def test_a_right_password_does_not_pay_for_others_of_its_address(acme):
    ada = join(acme)
    for _ in range(10):
        with pytest.raises((Unauthorized, TooManyRequests)):
            passwords.verify(somebody(), "wrong", address="192.0.2.1")
    with pytest.raises(TooManyRequests):
        passwords.verify(ada.user.email, PASSWORD, address="192.0.2.1")


def test_after_a_quarter_of_an_hour_it_begins_anew(unhurried):
    email = somebody()
    assert sum(is_let("192.0.2.1", email) for _ in range(11)) == 10
    for key in unhurried.keys("attempts:*"):
        for attempt, at in unhurried.zrange(key, 0, -1, withscores=True):
            unhurried.zadd(key, {attempt: at - attempts.WINDOW * 1000})
    assert is_let("192.0.2.1", email)


def test_redis_is_told_no_address_and_no_account(unhurried):
    is_let("192.0.2.1", "ada@a.example")
    assert not any(b"192" in key or b"ada" in key for key in unhurried.keys("attempts:*"))


def test_while_nobody_can_count_nobody_tries(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    with pytest.raises(Unavailable):
        attempts.begin("192.0.2.1", somebody())


# --- whose address -------------------------------------------------------------------------------


def asked_by(peer, forwarded=""):
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    return network_of(RequestFactory().get("/", REMOTE_ADDR=peer, headers=headers))


def test_nobody_names_another_address_without_a_trusted_proxy():
    assert asked_by("192.0.2.1", "198.51.100.7") == "192.0.2.1"


@pytest.mark.parametrize(
    ("forwarded", "found"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("203.0.113.9, 198.51.100.7", "198.51.100.7"),
        ("198.51.100.7, 10.1.1.1", "198.51.100.7"),
        ("nonsense", "10.0.0.1"),
        ("", "10.0.0.1"),
    ],
)
def test_a_trusted_proxy_is_believed_and_nobody_before_it(settings, monkeypatch, forwarded, found):
    monkeypatch.setenv("PROXIES", "10.0.0.0/8")
    settings.TRUSTED_PROXIES = networks("PROXIES")
    assert asked_by("10.0.0.1", forwarded) == found


def test_of_ipv6_the_network_counts():
    assert asked_by("2001:db8::1") == asked_by("2001:db8::ffff") == "2001:db8::/64"
    assert asked_by("::ffff:192.0.2.1") == "192.0.2.1"
