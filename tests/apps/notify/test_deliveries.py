"""The log of deliveries, a test message, and telling once more."""

import json

import pytest

from apps.notify.models import Delivery, Event, Message
from apps.orgs.models import AuditEntry, Organization, Scope
from apps.queue import clock
from tests import work
from tests.apps.notify.registered import age, deliver, deliver_all, delivery, register
from tests.apps.orgs.people import told
from tests.tenants import create_tenant, send


@pytest.fixture
def failed(endpoint, receiver):
    """A delivery that was given up; by now its receiver is well."""
    receiver.answers = [500] * 10
    endpoint.tell(rows_written=7)
    deliver()
    deliver_all(9)
    assert delivery().state == "failed"
    receiver.told.clear()
    return delivery()


def path(delivery, rest=""):
    return f"webhook-deliveries/{delivery.pk}{rest}"


# --- who may -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "rest"), [("GET", ""), ("POST", "/replay")])
def test_a_delivery_of_acmes_is_nothing_to_globex_and_to_strangers(
    failed, tenants, stranger, method, rest
):
    assert send(stranger, method, path(failed, rest)).status_code == 401
    assert told(tenants["globex"].send(method, path(failed, rest))) == (404, "not_found")
    assert tenants["globex"].get("webhook-deliveries").json()["items"] == []
    assert delivery().state == "failed"


@pytest.mark.parametrize("role", ["viewer", "member"])
def test_who_is_no_admin_reads_and_replays_nothing(failed, tenants, role):
    asker = tenants["acme"].asker(role, Scope)
    assert send(asker, "GET", path(failed)).status_code == 200
    assert told(send(asker, "POST", path(failed, "/replay"))) == (403, "missing_role")


# --- a test --------------------------------------------------------------------------------------


def test_a_test_goes_to_this_endpoint_alone_whatever_it_takes(endpoint, receiver, tenants):
    other = register(tenants["acme"], receiver.url, events=["sync.failed"])
    answer = other.send("POST", "/test")
    assert answer.status_code == 202
    deliver()
    (message,) = receiver.told
    assert (message.json["type"], message.is_signed_by(other.secret)) == ("test", True)
    found = tenants["acme"].client().get(answer["Location"]).json()
    assert (found["state"], found["last_status"]) == ("delivered", 204)
    assert (found["message_id"], json.loads(found["body"])) == (message.id, message.json)


def test_who_is_switched_off_is_not_tested(endpoint, receiver):
    endpoint.send("PATCH", "", {"is_active": False})
    assert told(endpoint.send("POST", "/test")) == (409, "inactive")


def test_the_same_test_is_sent_once(endpoint, receiver):
    for _ in range(2):
        endpoint.send("POST", "/test", Idempotency_Key="the same")
    deliver()
    assert len(receiver.told) == 1


# --- again ---------------------------------------------------------------------------------------


def test_what_was_given_up_is_told_again_under_the_same_id(failed, endpoint, receiver):
    answer = endpoint.tenant.send("POST", path(failed, "/replay"))
    assert (answer.status_code, answer.json()["state"]) == (202, "pending")
    deliver()
    (message,) = receiver.told
    assert (message.id, message.json["data"]["rows_written"]) == (str(failed.message_id), 7)
    assert delivery().state == "delivered"
    assert AuditEntry.objects.filter(target=f"webhook_delivery:{failed.pk}").count() == 1


def test_what_is_refused_again_is_tried_as_often_as_a_new_one(failed, endpoint, receiver):
    receiver.answers = [500]
    endpoint.tenant.send("POST", path(failed, "/replay"))
    deliver()
    assert (delivery().state, delivery().attempts) == ("pending", 1)


def test_what_waits_for_hours_is_told_at_once(endpoint, receiver):
    receiver.answers = [500] * 4
    endpoint.tell()
    deliver()
    deliver_all(3)
    endpoint.tenant.send("POST", path(delivery(), "/replay"))
    deliver()
    assert (delivery().state, len(receiver.told)) == ("delivered", 5)
    assert work.states(actor="notify.deliver", state="pending") == []


def test_what_was_delivered_is_told_again_too(endpoint, receiver):
    endpoint.tell()
    deliver()
    endpoint.tenant.send("POST", path(delivery(), "/replay"))
    deliver()
    first, second = receiver.told
    assert (first.id, first.body) == (second.id, second.body)


def test_to_who_is_switched_off_nothing_is_told_again(failed, endpoint):
    endpoint.send("PATCH", "", {"is_active": False})
    assert told(endpoint.tenant.send("POST", path(failed, "/replay"))) == (409, "inactive")


# --- the log -------------------------------------------------------------------------------------


def test_the_log_tells_every_attempt(failed, endpoint):
    found = endpoint.tenant.get(path(failed)).json()
    assert [each["status"] for each in found["log"]] == [500] * 10
    assert found["log"] == sorted(found["log"], key=lambda each: each["at"])


@pytest.mark.parametrize(
    ("asked", "count"),
    [({}, 2), ({"state": "failed"}, 1), ({"state": "pending"}, 1), ({"state": "delivered"}, 0)],
)
def test_deliveries_are_found_by_their_state(failed, endpoint, asked, count):
    endpoint.tell(Event.SYNC_FAILED)
    items = endpoint.tenant.get("webhook-deliveries", **asked).json()["items"]
    assert len(items) == count


def test_deliveries_are_found_by_their_endpoint(failed, endpoint, tenants, receiver):
    other = register(tenants["acme"], receiver.url)
    counts = [
        len(tenants["acme"].get("webhook-deliveries", endpoint_id=id).json()["items"])
        for id in (endpoint.id, other.id)
    ]
    assert counts == [1, 0]


# --- forgetting ----------------------------------------------------------------------------------


def test_what_is_a_month_old_is_forgotten_and_nothing_younger(endpoint, receiver):
    endpoint.tell()
    age(days=30)
    endpoint.tell()
    deliver()
    clock.begin_daily()
    deliver()
    assert (Message.objects.count(), Delivery.objects.count()) == (1, 1)
    assert work.states(actor="notify.forget") == ["completed", "pending"]


def test_a_secret_that_signs_no_more_is_forgotten(endpoint):
    endpoint.rotate(overlap_hours=1)
    clock.begin_daily()
    deliver()
    assert endpoint.row().old_sealed
    age(hours=2)
    deliver_all()
    assert (endpoint.row().old_sealed, endpoint.row().old_until) == ("", None)


def test_with_an_organisation_all_of_it_goes(committed, receiver):
    from apps.orgs import deletion

    initech = create_tenant("initech")
    register(initech, receiver.url).tell()
    deletion.ask(initech.organization, "initech")
    work.run_all("sync")
    assert not Organization.objects.filter(slug="initech").exists()
    assert (Message.objects.count(), Delivery.objects.count()) == (0, 0)
