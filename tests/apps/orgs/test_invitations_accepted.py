"""Taking an invitation up."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from apps.errors import AppError
from apps.orgs import invitations, tokens
from apps.orgs.models import AuditEntry, Invitation, Membership, User
from tests.apps.orgs.people import PASSWORD, join, told
from tests.tenants import client, in_threads, send

NEW = "new@acme.example"

pytestmark = pytest.mark.usefixtures("unhurried")


def invitation(tenant, email=NEW, role="member"):
    """Its secret, as if the e-mail had just arrived."""
    secret = tokens.new_text(tokens.INVITATION)
    Invitation.objects.create(
        organization=tenant.organization,
        email=email,
        role=role,
        digest=tokens.digest(secret),
        expires_at=timezone.now() + timedelta(days=7),
    )
    return secret


def accept(secret, password=PASSWORD, who=None, **more):
    body = {"secret": secret} | ({"password": password} if password else {}) | more
    if who:
        return who.send("POST", "invitations/accept", body)
    return send(client(), "POST", "invitations/accept", body)


def role_of(tenant, email=NEW):
    return Membership.objects.get(organization=tenant.organization, user__email=email).role


def test_somebody_new_becomes_a_person_and_a_member(acme):
    answer = accept(invitation(acme), name="Grace")
    assert (answer.status_code, answer.json()["slug"]) == (201, "acme")
    person = User.objects.get(email=NEW)
    assert (person.name, person.check_password(PASSWORD)) == ("Grace", True)
    assert role_of(acme) == "member"


@pytest.mark.parametrize("password", ["short", "password1234", NEW])
def test_a_new_password_must_be_good(acme, password):
    answer = accept(invitation(acme), password)
    assert told(answer) == (422, "invalid_password")
    assert answer.json()["errors"][0]["pointer"] == "/body/password"
    assert not User.objects.filter(email=NEW).exists()


def test_a_link_works_once(acme):
    secret = invitation(acme)
    accept(secret)
    assert told(accept(secret)) == (404, "unknown_invitation")


@pytest.mark.parametrize(
    "change",
    [
        {"revoked_at": timezone.now()},
        {"accepted_at": timezone.now()},
        {"expires_at": timezone.now() - timedelta(seconds=1)},
        {"digest": "another"},
    ],
)
def test_a_link_that_was_used_revoked_replaced_or_expired_opens_nothing(acme, change):
    secret = invitation(acme)
    Invitation.objects.update(**change)
    assert told(accept(secret)) == (404, "unknown_invitation")


@pytest.mark.parametrize("secret", ["", "x", "dhi_" + "a" * 36, "dh_" + "a" * 36])
def test_what_is_no_secret_opens_nothing(acme, secret):
    assert told(accept(secret)) == (404, "unknown_invitation")


def test_a_known_person_proves_it_by_their_password_and_keeps_it(acme, globex):
    ada = join(globex)
    secret = invitation(acme, ada.user.email, "viewer")
    assert told(accept(secret, "another good one")) == (401, "wrong_credentials")
    assert accept(secret).status_code == 201
    assert role_of(acme, ada.user.email) == "viewer"
    assert User.objects.get(id=ada.user.pk).check_password(PASSWORD)


def test_a_known_person_proves_it_by_their_token(acme, globex):
    ada = join(globex)
    answer = accept(invitation(acme, ada.user.email), None, ada)
    assert (answer.status_code, role_of(acme, ada.user.email)) == (201, "member")


def test_anothers_token_proves_nothing(acme, globex):
    assert told(accept(invitation(acme), None, join(globex))) == (403, "other_address")


@pytest.mark.parametrize("is_known", [True, False])
def test_without_a_proof_nobody_learns_whether_there_is_an_account(acme, globex, is_known):
    email = join(globex).user.email if is_known else NEW
    assert told(accept(invitation(acme, email), None)) == (401, "password_required")


def test_passwords_are_not_guessed_by_an_invitation(acme, globex):
    secret = invitation(acme, join(globex).user.email)
    codes = [accept(secret, f"wrong {number}").status_code for number in range(11)]
    assert codes == [401] * 10 + [429]


def test_whoever_is_a_member_meanwhile_stays_what_they_are(acme):
    ada = join(acme, "admin")
    accept(invitation(acme, ada.user.email, "viewer"))
    assert role_of(acme, ada.user.email) == "admin"


def full(organization):
    from apps.errors import PaymentRequired

    raise PaymentRequired(code="tier_limit")


def test_without_a_seat_nobody_gets_in(acme, settings):
    settings.SEAT_RULES = (f"{__name__}.full",)
    assert told(accept(invitation(acme))) == (402, "tier_limit")
    assert not User.objects.filter(email=NEW).exists()


def test_it_is_in_the_audit_log_of_the_organisation(acme):
    member = accept(invitation(acme)).json()["member_id"]
    entry = AuditEntry.objects.get(action="invitations.accept")
    assert (entry.organization_id, entry.after["member"]) == (acme.organization.pk, member)
    assert entry.user_id == User.objects.get(email=NEW).pk


def accepted(secret, email):
    try:
        invitations.accept(secret, by=None, name="", password=PASSWORD, address="192.0.2.1")
    except AppError as error:
        return error.code
    return ""


def test_of_sixteen_that_accept_at_once_one_gets_in(initech, unhurried):
    email = "grace@initech.example"
    secret = invitation(initech, email)
    told = in_threads(lambda _: [accepted(secret, email)], threads=16)
    assert told.count("") == 1
    assert User.objects.filter(email=email).count() == 1


def test_seats_that_are_counted_hold_among_threads(initech, settings):
    settings.SEAT_RULES = (f"{__name__}.five_at_most",)
    secrets = [invitation(initech, f"n{number}@initech.example") for number in range(16)]
    told = in_threads(lambda n: [accepted(secrets[n], "")], threads=16)
    assert told.count("") == 4
    assert initech.organization.memberships.count() == 5


def five_at_most(organization):
    from apps.errors import PaymentRequired

    if not transaction.get_connection().in_atomic_block:
        raise AssertionError("it is asked under the lock")
    if organization.memberships.count() >= 5:
        raise PaymentRequired(code="tier_limit")
