from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.orgs import suspension
from apps.orgs.models import AuditEntry, Membership
from apps.queue import clock
from apps.queue import services as queue
from apps.queue.claims import claim
from tests.apps.orgs.people import PASSWORD, join, told
from tests.tenants import ask, client, send

SUSPENDED = (403, "organization_suspended")

pytestmark = pytest.mark.usefixtures("unhurried")


@pytest.fixture
def ada(acme):
    return join(acme, "owner")


@pytest.fixture
def suspended(acme):
    return suspension.suspend(acme.organization, "an invoice is open")


def log_in(person, **more):
    return send(
        client(), "POST", "auth/login", {"email": person.user.email, "password": PASSWORD} | more
    )


def newest():
    return AuditEntry.objects.order_by("-at").first()


def test_a_stranger_is_told_no_more_than_before(acme, suspended):
    assert told(client(acme.host).get("/api/v1/me")) == (401, "unauthorized")


def test_nobody_elses_token_hears_of_it(acme, globex, suspended):
    assert globex.client(acme.host).get("/api/v1/me").status_code == 401


def test_others_are_open(globex, suspended):
    assert globex.get("me").status_code == 200


@pytest.mark.parametrize("host", ["localhost", "acme.localhost"])
@pytest.mark.parametrize("path", ["/api/v1/me", "/api/v1/organization", "/api/v1/nothing"])
def test_its_tokens_open_nothing(acme, suspended, host, path):
    assert told(acme.client(host).get(path)) == SUSPENDED


def test_its_tokens_open_nothing_by_graphql(acme, suspended):
    assert told(ask(acme.client(), "{ __typename }")) == SUSPENDED


def test_who_asks_is_told_whom_to_ask_and_not_why(acme, suspended, settings):
    settings.SUPPORT_CONTACT = "help@example.com"
    detail = acme.get("me").json()["detail"]
    assert "help@example.com" in detail
    assert "invoice" not in detail


def test_nobody_logs_in_to_it(acme, ada, suspended):
    assert told(log_in(ada)) == SUSPENDED


def test_who_is_elsewhere_too_gets_in_there(globex, ada, suspended):
    Membership.objects.create(organization=globex.organization, user=ada.user, role="viewer")
    opened = log_in(ada).json()
    me = client(Authorization=f"Bearer {opened['access_token']}").get("/api/v1/me").json()
    assert me["organization"]["slug"] == "globex"


def test_a_session_is_not_gone_on_with_until_it_is_open_again(acme, ada):
    opened = log_in(ada).json()
    body = {"refresh_token": opened["refresh_token"]}
    suspension.suspend(acme.organization, "why not")
    assert told(send(client(), "POST", "auth/refresh", body)) == SUSPENDED
    assert (
        told(client(Authorization=f"Bearer {opened['access_token']}").get("/api/v1/me"))
        == SUSPENDED
    )
    suspension.resume(acme.organization)
    assert send(client(), "POST", "auth/refresh", body).status_code == 200


def test_once_open_again_its_tokens_open_what_they_did(acme, suspended):
    suspension.resume(acme.organization)
    assert acme.get("me").status_code == 200


def test_its_work_waits_and_goes_on(acme, suspended):
    unit = queue.add("pipeline.sync", acme.organization.id)
    clock.tick()  # as its bell would have told
    assert claim("sync") is None
    suspension.resume(acme.organization)
    assert claim("sync").id == unit


def test_both_are_in_the_audit_log_with_their_reasons(acme, suspended):
    entry = newest()
    assert (entry.action, entry.organization_id) == ("organization.suspend", acme.organization.id)
    assert (entry.before["suspended_at"], entry.after["reason"]) == (None, "an invoice is open")
    suspension.resume(acme.organization, "it was paid", by=acme.owner)
    entry = newest()
    assert (entry.action, entry.user_id) == ("organization.resume", acme.owner.id)
    assert (entry.before["reason"], entry.after["reason"]) == ("an invoice is open", "it was paid")


def run(*arguments):
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue().strip()


def test_staff_suspend_and_resume_by_command(acme):
    assert run("suspend_organization", "acme", "--reason", "abuse") == "acme is suspended."
    assert told(acme.get("me")) == SUSPENDED
    assert run("resume_organization", "acme") == "acme is open."
    assert acme.get("me").status_code == 200


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("suspend_organization", "nobody", "--reason", "x"), "no organisation `nobody`"),
        (("suspend_organization", "acme", "--reason", " "), "Say why"),
        (("resume_organization", "acme"), "is not suspended"),
    ],
)
def test_a_command_that_cannot_be_done_says_why(acme, arguments, sentence):
    with pytest.raises(CommandError, match=sentence):
        run(*arguments)


def test_it_is_suspended_once(acme, suspended):
    with pytest.raises(CommandError, match="already"):
        run("suspend_organization", "acme", "--reason", "again")
    assert newest().after["reason"] == "an invoice is open"
