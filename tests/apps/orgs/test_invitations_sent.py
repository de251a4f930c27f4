"""The e-mail with the secret link, sent by a unit of work."""

import smtplib
from uuid import uuid4

import pytest
from django.core import mail

from apps.orgs.models import Invitation
from tests import work
from tests.apps.orgs.people import invite, told

NEW = "new@initech.example"


@pytest.fixture(autouse=True)
def nothing_sent_yet():
    mail.outbox = []


def sent():
    """The secret of the newest e-mail, once what is due was done."""
    work.run_all("webhooks")
    return mail.outbox[-1].body.partition("#")[2].split()[0]


def test_the_link_is_sent_after_the_request_and_to_the_address(initech):
    made = invite(initech, NEW).json()
    assert (mail.outbox, made["sent_at"]) == ([], None)
    assert sent().startswith("dhi_")
    assert (mail.outbox[0].to, "Initech" in mail.outbox[0].subject) == ([NEW], True)
    assert initech.get(f"invitations/{made['id']}").json()["sent_at"] is not None


def test_of_the_secret_a_digest_is_kept(initech):
    invite(initech, NEW)
    assert sent()[12:] not in str(list(Invitation.objects.values()))


def test_a_key_sends_one(initech):
    key = uuid4().hex
    asked = [invite(initech, NEW, Idempotency_Key=key) for _ in range(2)]
    assert asked[0].json() == asked[1].json()
    work.run_all("webhooks")
    assert len(mail.outbox) == 1


def test_sent_again_the_newest_link_counts(initech):
    path = f"invitations/{invite(initech, NEW).json()['id']}"
    first = sent()
    again = initech.send("POST", f"{path}/resend")
    assert (again.status_code, again.json()["sent_at"]) == (202, None)
    second = sent()
    assert first != second
    assert Invitation.objects.get().sent_at is not None


def test_what_was_revoked_is_gone_and_not_sent(initech):
    path = f"invitations/{invite(initech, NEW).json()['id']}"
    assert initech.send("DELETE", path).status_code == 204
    work.run_all("webhooks")
    assert (mail.outbox, initech.get(path).status_code) == ([], 404)
    assert told(initech.send("POST", f"{path}/resend")) == (404, "not_found")
    assert invite(initech, NEW).status_code == 201


# --- a mail server that fails --------------------------------------------------------------------


class Failing:
    """A backend of Django's that meets what `error` says."""

    error: Exception

    def __init__(self, *_, **__):
        pass

    def send_messages(self, _):
        raise Failing.error


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (ConnectionRefusedError(), "pending"),
        (smtplib.SMTPAuthenticationError(535, b"no"), "pending"),
        (smtplib.SMTPRecipientsRefused({NEW: (450, b"later")}), "pending"),
        (smtplib.SMTPRecipientsRefused({NEW: (550, b"no such")}), "failed"),
    ],
)
def test_a_mail_server_that_fails_is_told_of(initech, settings, error, state):
    settings.EMAIL_BACKEND, Failing.error = f"{__name__}.Failing", error
    made = invite(initech, NEW).json()
    work.run_all("webhooks")
    assert work.states(actor="orgs.send_invitation") == [state]
    assert "mail server" in initech.get(f"invitations/{made['id']}").json()["send_error"]
