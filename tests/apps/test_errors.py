"""Every failure has one shape, on every host."""

import json

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404
from django.test import RequestFactory

from apps.errors import (
    AppError,
    Conflict,
    PaymentRequired,
    Unauthorized,
    from_exception,
    problem,
)
from devhealth.errors import Permanent, TooSlow, Transient, Unusable

MEMBERS = {"type", "title", "status", "code", "detail", "errors", "request_id"}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Conflict(), 409),
        (Transient("busy"), 503),
        (Permanent("no such column"), 422),
        (OperationalError("gone"), 503),
        (Http404("secret path"), 404),
        (PermissionDenied(), 403),
        (SuspiciousOperation("what it was"), 400),
    ],
)
def test_known_exceptions_have_a_status(error, status):
    assert from_exception(error).status == status


def test_a_read_that_was_ended_says_how_to_ask_for_less():
    known = from_exception(TooSlow(30))
    sentence = "This takes longer than 30 s: ask for fewer days, or group by less."
    assert (known.status, known.code, known.detail) == (422, "too_slow", sentence)


def test_what_nobody_foresaw_is_no_answer():
    assert from_exception(ZeroDivisionError()) is None


def test_a_problem_has_every_member():
    body = json.loads(problem(RequestFactory().get("/"), Conflict()).content)
    assert set(body) == MEMBERS


def test_members_of_its_own_stand_beside_the_others():
    error = PaymentRequired(members={"limit": 30})
    body = json.loads(problem(RequestFactory().get("/"), error).content)
    assert (set(body), body["limit"]) == (MEMBERS | {"limit"}, 30)


def test_members_of_its_own_hide_none():
    error = PaymentRequired(members={"code": "mine", "status": 200})
    body = json.loads(problem(RequestFactory().get("/"), error).content)
    assert (body["code"], body["status"]) == ("payment_required", 402)


def test_graphql_shows_the_same_members():
    error = PaymentRequired(members={"limit": 30, "code": "mine"})
    assert error.extensions == {"code": "payment_required", "limit": 30}


def test_a_transient_error_says_when_to_come_back():
    assert from_exception(Transient("busy", retry_after=7.2)).headers["Retry-After"] == "8"


def test_the_texts_of_others_stay_inside():
    assert "secret" not in from_exception(Http404("secret path")).detail


def test_unauthorized_names_the_scheme():
    assert Unauthorized().headers["WWW-Authenticate"].startswith("Bearer")


def test_every_child_has_its_own_code():
    codes = [child.code for child in AppError.__subclasses__()]
    assert len(codes) == len(set(codes))


def test_a_store_that_cannot_be_used_is_no_answer_to_a_client():
    assert from_exception(Unusable("The store at 10.0.0.7:5432 does not let us in.")) is None
