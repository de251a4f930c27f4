"""Sessions of the public front end over REST."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.utils import timezone

from apps.errors import Unauthorized
from apps.orgs import operations, passwords, sessions
from apps.orgs.models import ApiToken, Membership, RefreshToken, Session, User
from tests.apps.orgs.people import PASSWORD, join, told
from tests.tenants import client, in_threads, send

pytestmark = pytest.mark.usefixtures("unhurried")


@pytest.fixture
def ada(acme):
    return join(acme)


def log_in(who, password=PASSWORD, **more):
    return send(client(), "POST", "auth/login", {"email": who, "password": password} | more)


def refresh(text):
    return send(client(), "POST", "auth/refresh", {"refresh_token": text})


def by(opened, method, path, body=None):
    text = opened["access_token"]
    return send(client(Authorization=f"Bearer {text}"), method, path, body)


@pytest.fixture
def opened(ada):
    return log_in(ada.user.email).json()


# --- logging in ----------------------------------------------------------------------------------


def test_logging_in_says_what_the_client_reads(acme, ada):
    answer = log_in(ada.user.email.upper())
    opened = answer.json()
    assert answer["Cache-Control"] == "no-store"
    assert opened | {"access_token": "", "refresh_token": ""} == {
        "access_token": "",
        "refresh_token": "",
        "token_type": "bearer",
        "expires_in": 900,
        "needs_onboarding": False,
        "user": {
            "id": str(ada.user.pk),
            "email": ada.user.email,
            "username": ada.user.email,
            "full_name": "Ada",
            "org_id": str(acme.organization.pk),
            "role": "member",
            "is_superuser": False,
        },
    }


def test_an_access_token_has_all_scopes_of_the_role(opened):
    scopes = by(opened, "GET", "me").json()["token"]["scopes"]
    assert scopes == sorted(operations.scopes_of("member"))
    assert "audit:read" not in scopes


def test_an_access_token_ends_after_a_quarter_of_an_hour(opened):
    left = ApiToken.objects.exclude(session=None).get().expires_at - timezone.now()
    assert timedelta(minutes=14) < left < timedelta(minutes=15)


def test_no_text_of_a_session_is_kept(opened):
    kept = [*ApiToken.objects.values(), *RefreshToken.objects.values(), *Session.objects.values()]
    for name in ("access_token", "refresh_token"):
        assert opened[name][12:] not in str(kept)


def test_sessions_are_in_no_list_of_tokens(ada, opened):
    listed = by(opened, "GET", "tokens").json()["items"]
    assert [each["name"] for each in listed] == ["first"]
    access = ApiToken.objects.exclude(session=None).get()
    assert by(opened, "DELETE", f"tokens/{access.pk}").status_code == 404


def test_a_wrong_password_and_an_unknown_address_are_answered_the_same(ada):
    answers = [log_in(ada.user.email, "x" * 10), log_in(f"{uuid4().hex}@acme.example")]
    bodies = [answer.json() | {"request_id": ""} for answer in answers]
    assert bodies[0] == bodies[1]
    assert [told(answer) for answer in answers] == [(401, "wrong_credentials")] * 2


class Counted(MD5PasswordHasher):
    hashed = 0

    def encode(self, password, salt):
        Counted.hashed += 1
        return super().encode(password, salt)


def known():
    return User.objects.create_user("on@acme.example", PASSWORD)


def switched_off():
    return User.objects.create_user("off@acme.example", PASSWORD, is_active=False)


def without_password():
    return User.objects.create_user("none@acme.example")


def unknown():
    return User(email="nobody@acme.example")


@pytest.mark.parametrize("whoever", [known, switched_off, without_password, unknown])
def test_one_hash_is_made_whoever_tries(acme, settings, whoever):
    settings.PASSWORD_HASHERS = [f"{__name__}.Counted"]
    email, Counted.hashed = whoever().email, 0
    with pytest.raises(Unauthorized):
        passwords.verify(email, "wrong", address="192.0.2.1")
    assert Counted.hashed == 1


def test_whoever_is_switched_off_does_not_log_in(ada):
    User.objects.filter(id=ada.user.pk).update(is_active=False)
    assert told(log_in(ada.user.email)) == (401, "wrong_credentials")


def test_whoever_is_a_member_nowhere_is_told_so(ada):
    ada.membership.delete()
    assert told(log_in(ada.user.email)) == (403, "no_organization")


def test_the_organisation_can_be_chosen(ada, globex):
    Membership.objects.create(organization=globex.organization, user=ada.user, role="viewer")
    user = log_in(ada.user.email, org_id=str(globex.organization.pk)).json()["user"]
    assert (user["org_id"], user["role"]) == (str(globex.organization.pk), "viewer")


def test_anothers_organisation_is_nothing_and_only_after_the_password(ada, globex):
    theirs = str(globex.organization.pk)
    assert told(log_in(ada.user.email, org_id=theirs)) == (404, "unknown_organization")
    assert told(log_in(ada.user.email, "wrong", org_id=theirs)) == (401, "wrong_credentials")


# --- too often -----------------------------------------------------------------------------------


def test_the_eleventh_attempt_waits_as_the_client_reads_it(ada):
    codes = [log_in(ada.user.email, "wrong").status_code for _ in range(10)]
    answer = log_in(ada.user.email)
    wait = answer.json()["detail"]["retry_after_seconds"]
    assert (set(codes), answer.status_code) == ({401}, 429)
    assert 880 < wait <= 900
    assert answer["Retry-After"] == str(wait)


# --- refreshing ----------------------------------------------------------------------------------


def test_a_refresh_token_gets_the_next_pair(opened):
    again = refresh(opened["refresh_token"]).json()
    assert by(again, "GET", "me").status_code == 200
    assert {again[name] == opened[name] for name in ("access_token", "refresh_token")} == {False}


def test_one_that_comes_again_ends_the_session(opened):
    again = refresh(opened["refresh_token"]).json()
    assert told(refresh(opened["refresh_token"])) == (401, "invalid_refresh_token")
    assert refresh(again["refresh_token"]).status_code == 401
    assert [by(each, "GET", "me").status_code for each in (opened, again)] == [401, 401]


def test_of_sixteen_that_refresh_at_once_one_gets_a_pair_and_the_session_ends(initech, unhurried):
    ada = join(initech)
    opened = sessions.log_in(ada.user.email, PASSWORD, None, address="192.0.2.1")

    def again(_):
        try:
            return [sessions.refresh(opened.refresh)]
        except Unauthorized:
            return []

    (got,) = in_threads(again, threads=16)
    assert sessions.whose(got.access) is None


@pytest.mark.parametrize("text", ["", "x", "dhr_" + "a" * 36])
def test_what_is_no_refresh_token_is_refused(acme, text):
    assert told(refresh(text)) == (401, "invalid_refresh_token")


def test_each_token_opens_its_own_door_only(opened):
    assert refresh(opened["access_token"]).status_code == 401
    assert by({"access_token": opened["refresh_token"]}, "GET", "me").status_code == 401


def test_a_session_ends_after_thirty_days_however_often_it_is_refreshed(opened):
    Session.objects.update(expires_at=timezone.now())
    assert refresh(opened["refresh_token"]).status_code == 401


def test_whoever_was_removed_refreshes_nothing_not_even_once_back(acme, ada, opened):
    acme.send("DELETE", ada.path)
    assert by(opened, "GET", "me").status_code == 401
    Membership.objects.create(organization=acme.organization, user=ada.user, role="member")
    assert refresh(opened["refresh_token"]).status_code == 401


def test_a_new_role_counts_from_the_next_pair_on(acme, ada, opened):
    acme.send("PATCH", ada.path, {"role": "admin"})
    again = refresh(opened["refresh_token"]).json()
    assert by(again, "GET", "audit-log").status_code == 200


def test_access_tokens_that_ended_do_not_pile_up(opened):
    ApiToken.objects.exclude(session=None).update(expires_at=timezone.now())
    refresh(opened["refresh_token"])
    assert ApiToken.objects.exclude(session=None).count() == 1


# --- the rest ------------------------------------------------------------------------------------


def validate(text):
    return send(client(), "POST", "auth/validate", {"token": text}).json()


def test_what_is_valid_says_for_whom(ada, opened):
    assert validate(opened["access_token"]) == {"valid": True, "user": opened["user"]}


@pytest.mark.parametrize("text", ["", "x", "dh_" + "a" * 36])
def test_what_opens_nothing_is_not_valid(acme, text):
    assert validate(text) == {"valid": False, "user": None}


def test_who_is_logged_in(opened):
    assert by(opened, "GET", "auth/me").json() == opened["user"]


def test_after_logging_out_nothing_opens(opened):
    assert by(opened, "POST", "auth/logout").status_code == 204
    assert by(opened, "GET", "me").status_code == 401
    assert refresh(opened["refresh_token"]).status_code == 401


def test_mine_are_all_that_i_am_a_member_of(ada, globex, opened):
    Membership.objects.create(organization=globex.organization, user=ada.user, role="viewer")
    mine = by(opened, "GET", "auth/me/organizations").json()
    assert [(each["slug"], each["role"]) for each in mine] == [
        ("globex", "viewer"),
        ("acme", "member"),
    ]
    paged = by(opened, "GET", "organizations").json()["items"]
    assert [each["id"] for each in paged] == [each["id"] for each in mine]


def switch(opened, organization):
    return by(opened, "POST", "auth/switch-org", {"org_id": str(organization.pk)})


def test_switching_ends_the_old_session(ada, globex, opened):
    Membership.objects.create(organization=globex.organization, user=ada.user, role="viewer")
    there = switch(opened, globex.organization).json()
    assert by(there, "GET", "me").json()["organization"]["slug"] == "globex"
    assert by(opened, "GET", "me").status_code == 401
    assert refresh(opened["refresh_token"]).status_code == 401


def test_nobody_switches_to_where_they_are_no_member(globex, opened):
    assert told(switch(opened, globex.organization)) == (404, "unknown_organization")
    assert by(opened, "GET", "me").status_code == 200


@pytest.mark.parametrize("path", ["auth/switch-org", "auth/logout"])
def test_an_api_token_has_no_session(ada, globex, path):
    Membership.objects.create(organization=globex.organization, user=ada.user, role="viewer")
    answer = ada.send("POST", path, {"org_id": str(globex.organization.pk)})
    assert told(answer) == (403, "no_session")
