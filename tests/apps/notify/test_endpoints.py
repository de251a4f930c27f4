"""Endpoints by REST: who may, what is refused, and that a secret is shown once."""

import json

import pytest
from django.core.management import call_command

from apps.notify.endpoints import MOST
from apps.notify.models import Endpoint, Event
from apps.notify.sealing import signing_secrets
from apps.orgs.models import AuditEntry, Scope
from apps.queue import services as queue
from apps.secret_keys import new_key
from tests.apps.orgs.people import told
from tests.tenants import send

URL = "https://hooks.example.com/T0/secret-path?key=secret-query"
BODY = {"url": URL, "description": "chat", "events": ["sync.failed"]}


@pytest.fixture
def made(acme):
    """An endpoint of acme's, as it was answered."""
    return acme.send("POST", "webhook-endpoints", BODY).json()


def path(made, rest=""):
    return f"webhook-endpoints/{made['id']}{rest}"


DOORS = [
    ("GET", "", None),
    ("PATCH", "", {"is_active": False}),
    ("DELETE", "", None),
    ("POST", "/rotate", {}),
    ("POST", "/test", None),
]


# --- who may -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "rest", "body"), DOORS)
def test_a_stranger_is_let_to_nothing(made, stranger, method, rest, body):
    assert send(stranger, method, path(made, rest), body).status_code == 401


@pytest.mark.parametrize(("method", "rest", "body"), DOORS)
def test_acmes_endpoint_is_nothing_to_globex(made, globex, method, rest, body):
    assert told(globex.send(method, path(made, rest), body)) == (404, "not_found")
    assert Endpoint.objects.get().is_active


@pytest.mark.parametrize("role", ["viewer", "member"])
@pytest.mark.parametrize(("method", "rest", "body"), DOORS[1:])
def test_who_is_no_admin_changes_nothing(made, asker, role, method, rest, body):
    answer = send(asker(role, Scope), method, path(made, rest), body)
    assert told(answer) == (403, "missing_role")


def test_a_viewer_sees_the_host_and_no_more_of_an_address(made, asker):
    answers = [
        send(asker("viewer", Scope), "GET", each) for each in (path(made), "webhook-endpoints")
    ]
    one, many = (each.json() for each in answers)
    assert one["url"] == many["items"][0]["url"] == "https://hooks.example.com/…"
    assert "secret" not in "".join(each.content.decode() for each in answers)


def test_an_admin_sees_the_whole_address(made, asker):
    assert send(asker("admin", Scope), "GET", path(made)).json()["url"] == URL


# --- the secret ----------------------------------------------------------------------------------


def test_a_secret_is_shown_by_the_answer_that_makes_it_and_no_other(acme, made):
    assert made["secret"].startswith("whsec_")
    seen = [acme.get(each) for each in (path(made), "webhook-endpoints", "audit-log")]
    seen.append(acme.send("PATCH", path(made), {"description": "x"}))
    assert [each.status_code for each in seen] == [200] * 4
    assert not any("whsec_" in each.content.decode() for each in seen)


def test_a_secret_is_kept_by_nobody_on_the_way(acme):
    answer = acme.send("POST", "webhook-endpoints", BODY, Idempotency_Key="once")
    assert answer["Cache-Control"] == "no-store"
    again = acme.send("POST", "webhook-endpoints", BODY, Idempotency_Key="once")
    assert again.json()["secret"] != answer.json()["secret"]


def test_a_secret_lies_sealed(made):
    row = Endpoint.objects.get()
    assert made["secret"] not in json.dumps(Endpoint.objects.values().get(), default=str)
    assert signing_secrets(row, queue.now()) == [made["secret"]]


def test_it_opens_in_no_other_row(made, globex):
    other = Endpoint.objects.get(id=globex.send("POST", "webhook-endpoints", BODY).json()["id"])
    other.sealed = Endpoint.objects.get(id=made["id"]).sealed
    with pytest.raises(Exception, match="cannot be opened"):
        signing_secrets(other, queue.now())


def test_rotating_keys_reaches_both_secrets(acme, settings):
    old, new = f"a:{new_key()}", f"b:{new_key()}"
    settings.ENCRYPTION_KEYS = (old,)
    first = acme.send("POST", "webhook-endpoints", BODY).json()
    second = acme.send("POST", path(first, "/rotate"), {"overlap_hours": 1}).json()
    settings.ENCRYPTION_KEYS = (new, old)
    call_command("rotate_keys", verbosity=0)
    settings.ENCRYPTION_KEYS = (new,)
    kept = signing_secrets(Endpoint.objects.get(), queue.now())
    assert kept == [second["secret"], first["secret"]]


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest",
        "https://[::1]/",
        "https://127.0.0.1:8000/",
        "https://user:password@hooks.example.com/",
        "ftp://hooks.example.com/",
        "file:///etc/passwd",
        "hooks.example.com",
        "https://",
        "https://exa mple.com:port/",
    ],
)
def test_an_address_that_must_not_be_spoken_to_is_refused(acme, made, url):
    answers = [
        acme.send("POST", "webhook-endpoints", {**BODY, "url": url}),
        acme.send("PATCH", path(made), {"url": url}),
    ]
    assert [told(each) for each in answers] == [(422, "invalid_endpoint")] * 2
    assert Endpoint.objects.get().url == URL


def test_a_host_that_may_be_a_provider_may_be_told_nothing(acme, settings):
    """To read what an internal host says is not to post there."""
    settings.PROVIDER_HOSTS = ["10.0.0.1"]
    answer = acme.send("POST", "webhook-endpoints", {**BODY, "url": "https://10.0.0.1/"})
    assert told(answer) == (422, "invalid_endpoint")


@pytest.mark.parametrize("events", [[], ["metrics.everything"], ["test"]])
def test_events_are_those_that_there_are(acme, events):
    answer = acme.send("POST", "webhook-endpoints", {**BODY, "events": events})
    assert told(answer) == (422, "invalid_body")


def test_an_organisation_has_ten_and_is_told_so(acme, globex):
    answers = [acme.send("POST", "webhook-endpoints", BODY) for _ in range(MOST + 1)]
    assert told(answers[-1]) == (409, "endpoint_limit")
    assert str(MOST) in answers[-1].json()["detail"]
    assert globex.send("POST", "webhook-endpoints", BODY).status_code == 201


def test_a_version_that_is_old_changes_nothing(acme, made):
    read = acme.get(path(made))["ETag"]
    acme.send("PATCH", path(made), {"description": "first"})
    answer = acme.send("PATCH", path(made), {"description": "second"}, If_Match=read)
    assert (answer.status_code, Endpoint.objects.get().description) == (412, "first")


# --- changes -------------------------------------------------------------------------------------


def test_what_is_not_named_stays(acme, made):
    answer = acme.send("PATCH", path(made), {"events": ["backfill.completed"]}).json()
    same = ("id", "url", "description", "is_active", "created_at")
    assert {name: answer[name] for name in same} == {name: made[name] for name in same}
    assert answer["events"] == ["backfill.completed"]


def test_every_change_is_in_the_audit_log_without_secrets(acme, made):
    acme.send("PATCH", path(made), {"is_active": True})
    acme.send("POST", path(made, "/rotate"), {})
    acme.send("POST", path(made, "/test"))
    acme.send("DELETE", path(made))
    entries = AuditEntry.objects.filter(target=f"webhook_endpoint:{made['id']}").order_by(
        "at", "id"
    )
    verbs = [each.action for each in entries]
    assert verbs == [
        f"webhooks.{verb}" for verb in ("create", "update", "rotate", "test", "delete")
    ]
    assert "whsec_" not in str([(each.before, each.after) for each in entries])


def test_lists_are_told_in_pages(acme):
    for _ in range(3):
        acme.send("POST", "webhook-endpoints", BODY)
    first = acme.get("webhook-endpoints", limit=2).json()
    rest = acme.get("webhook-endpoints", limit=2, cursor=first["next_cursor"]).json()
    assert (len(first["items"]), len(rest["items"]), rest["next_cursor"]) == (2, 1, None)


def test_all_events_can_be_asked_for(acme):
    answer = acme.send("POST", "webhook-endpoints", {**BODY, "events": list(Event)})
    assert answer.json()["events"] == list(Event)
