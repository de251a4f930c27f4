"""Inviting somebody over REST."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.orgs.models import AuditEntry, Invitation
from tests.apps.orgs.people import invite, join, told

NEW = "new@acme.example"


def test_an_invitation_is_where_it_says(acme):
    answer = invite(acme, " New@Acme.example ")
    assert (answer.status_code, answer.json()["email"]) == (201, NEW)
    assert acme.client().get(answer["Location"]).json() == answer.json()


def test_it_is_open_for_seven_days(acme):
    invite(acme)
    left = Invitation.objects.get().expires_at - timezone.now()
    assert timedelta(days=6) < left < timedelta(days=7)


def test_an_address_with_an_account_elsewhere_is_answered_as_any_other(acme, globex):
    answers = [invite(acme, each) for each in (join(globex).user.email, "nobody@globex.example")]
    unlike = {"id": "", "email": "", "created_at": "", "expires_at": ""}
    assert answers[0].status_code == answers[1].status_code == 201
    assert answers[0].json() | unlike == answers[1].json() | unlike


def test_a_member_is_not_invited_again(acme):
    assert told(invite(acme, join(acme).user.email)) == (409, "already_member")


def test_an_address_has_one_invitation(acme, globex):
    invite(acme)
    assert told(invite(acme, NEW.upper())) == (409, "already_invited")
    assert invite(globex).status_code == 201


@pytest.mark.parametrize(
    "email", ["", "x", "a@b", "a b@c.example", "a@b.example\nBcc: c@d.example"]
)
def test_what_is_no_address_is_refused(acme, email):
    assert told(invite(acme, email)) == (422, "invalid_body")


def test_only_an_owner_invites_an_owner(acme):
    assert told(invite(join(acme, "admin"), role="owner")) == (403, "owners_only")
    assert invite(acme, role="owner").status_code == 201


def test_an_expired_one_can_be_sent_again(acme):
    path = f"invitations/{invite(acme).json()['id']}"
    Invitation.objects.update(expires_at=timezone.now())
    acme.send("POST", f"{path}/resend")
    assert Invitation.objects.get().expires_at > timezone.now()


def test_an_admin_sends_no_owners_invitation_again(acme):
    path = f"invitations/{invite(acme, role='owner').json()['id']}"
    assert told(join(acme, "admin").send("POST", f"{path}/resend")) == (403, "owners_only")


def test_each_step_is_in_the_audit_log(acme):
    path = f"invitations/{invite(acme).json()['id']}"
    acme.send("POST", f"{path}/resend")
    acme.send("DELETE", path)
    actions = AuditEntry.objects.filter(target__startswith="invitation:").values_list("action")
    assert {action for (action,) in actions} == {
        "invitations.create",
        "invitations.resend",
        "invitations.revoke",
    }


def full(organization):
    from apps.errors import PaymentRequired

    raise PaymentRequired(code="tier_limit")


def test_without_a_seat_nobody_is_invited(acme, settings):
    settings.SEAT_RULES = (f"{__name__}.full",)
    assert told(invite(acme)) == (402, "tier_limit")
    assert not Invitation.objects.exists()
