"""What a receiver is told, by whom it can see that it comes, and what becomes of a refusal."""

import re
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction

from apps.notify import services as notify
from apps.notify.delivering import PAUSES
from apps.notify.models import Delivery, Event, Message
from apps.orgs.models import AuditEntry
from apps.queue.models import WorkUnit
from tests import work
from tests.apps.notify.receiver import receiving
from tests.apps.notify.registered import age, deliver, deliver_all, delivery, register


def logged():
    return [(each["status"], bool(each["error"])) for each in delivery().log]


# --- whom it is told, and when -------------------------------------------------------------------


def test_globex_is_told_nothing_of_acmes(endpoint, tenants, receiver):
    notify.tell(tenants["globex"].organization.id, Event.METRICS_UPDATED, {"rows_written": 1})
    deliver()
    assert (receiver.told, Message.objects.count()) == ([], 0)


def test_what_is_rolled_back_is_told_to_nobody(endpoint, receiver):
    with transaction.atomic():
        endpoint.tell()
        transaction.set_rollback(True)
    deliver()
    assert (receiver.told, Message.objects.count()) == ([], 0)


def test_an_event_that_nobody_takes_is_no_message(endpoint, receiver):
    endpoint.send("PATCH", "", {"events": ["sync.failed"]})
    endpoint.tell(Event.METRICS_UPDATED)
    assert Message.objects.count() == 0


def test_who_is_switched_off_is_told_nothing(endpoint, receiver):
    endpoint.send("PATCH", "", {"is_active": False})
    endpoint.tell()
    assert Message.objects.count() == 0


def test_it_is_told_in_the_words_of_standard_webhooks(endpoint, receiver):
    endpoint.tell(Event.METRICS_UPDATED, rows_written=7)
    deliver()
    (told,) = receiver.told
    organization = endpoint.tenant.organization
    assert told.json.keys() == {"type", "timestamp", "data"}
    assert (told.json["type"], told.headers["content-type"]) == (
        "metrics.updated",
        "application/json",
    )
    assert told.json["data"] == {
        "organization": {"id": str(organization.id), "slug": "acme"},
        "rows_written": 7,
        "links": {},
    }
    assert abs(int(told.headers["webhook-timestamp"]) - time.time()) < 60
    assert delivery().state == "delivered"


def test_a_link_leads_to_the_organisations_own_address(endpoint, receiver):
    links = {"run": "/api/v1/runs/7"}
    notify.tell(endpoint.tenant.organization.id, Event.SYNC_FAILED, {}, links)
    deliver()
    assert receiver.told[0].json["data"]["links"] == {
        "run": "http://acme.localhost:8000/api/v1/runs/7"
    }


def test_a_refusal_of_one_endpoint_is_nothing_to_another(endpoint, tenants, receiver):
    receiver.status = 500
    with receiving() as other:
        register(tenants["acme"], other.url)
        endpoint.tell()
        deliver()
    assert len(other.told) == 1
    assert sorted(Delivery.objects.values_list("state", flat=True)) == ["delivered", "pending"]


# --- signatures ----------------------------------------------------------------------------------


def test_it_is_signed_by_the_secret_that_was_shown_and_no_other(endpoint, tenants, receiver):
    stranger = register(tenants["globex"], receiver.url)
    endpoint.tell()
    deliver()
    (told,) = receiver.told
    assert (told.is_signed_by(endpoint.secret), told.is_signed_by(stranger.secret)) == (True, False)


def test_the_secret_before_signs_too_until_its_time_is_over(endpoint, receiver):
    new = endpoint.rotate(overlap_hours=2)
    for _ in range(2):
        endpoint.tell()
        deliver()
        age(hours=3)
    signed = [
        [each.is_signed_by(text) for text in (new, endpoint.secret)] for each in receiver.told
    ]
    assert signed == [[True, True], [True, False]]


def test_a_secret_that_was_told_to_somebody_signs_no_more_at_once(endpoint, receiver):
    new = endpoint.rotate(overlap_hours=0)
    endpoint.tell()
    deliver()
    (told,) = receiver.told
    assert (told.is_signed_by(new), told.is_signed_by(endpoint.secret)) == (True, False)


# --- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 400, 404, 429, 500])
def test_what_is_not_taken_is_tried_again_under_the_same_id(endpoint, receiver, status):
    receiver.answers = [status]
    receiver.headers = {"Location": receiver.url}
    endpoint.tell()
    deliver()
    assert (delivery().state, delivery().last_status) == ("pending", status)
    deliver_all()
    assert (delivery().state, delivery().attempts) == ("delivered", 2)
    assert len({each.id for each in receiver.told}) == 1
    assert logged() == [(status, True), (204, False)]


def test_it_is_not_tried_again_before_its_time(endpoint, receiver):
    receiver.status = 500
    endpoint.tell()
    deliver()
    deliver()
    assert len(receiver.told) == 1
    (unit,) = WorkUnit.objects.filter(actor="notify.deliver", state="pending")
    assert unit.not_before == delivery().next_at


def test_pauses_grow_over_two_days(endpoint):
    assert list(PAUSES) == sorted(set(PAUSES))
    assert timedelta(days=1.9) < sum(PAUSES, timedelta()) < timedelta(days=2)


@pytest.mark.parametrize(("asked", "least", "most"), [("1800", 1800, 1801), ("99999", 3600, 3601)])
def test_a_pause_that_is_asked_for_is_kept_within_reason(endpoint, receiver, asked, least, most):
    receiver.status, receiver.headers = 503, {"Retry-After": asked}
    endpoint.tell()
    deliver()
    pause = delivery().next_at - delivery().created_at
    assert least <= pause.total_seconds() <= most + 60


def test_after_the_last_attempt_it_is_given_up(endpoint, receiver):
    receiver.status = 500
    endpoint.tell()
    deliver()
    deliver_all(len(PAUSES) + 2)
    assert len(receiver.told) == len(PAUSES) + 1
    assert (delivery().state, delivery().next_at) == ("failed", None)
    assert endpoint.row().is_active


def test_nobody_at_the_address_is_told_as_such(endpoint, receiver):
    endpoint.send("PATCH", "", {"url": "http://127.0.0.1:1/"})
    endpoint.tell()
    deliver()
    found = delivery()
    assert (found.state, found.last_status) == ("pending", None)
    assert found.error == "127.0.0.1 cannot be reached, or broke the connection off."


def test_who_does_not_answer_is_not_waited_for(endpoint, receiver, monkeypatch):
    monkeypatch.setitem(told_defaults(), "patience", 0.2)
    receiver.pause = 1
    endpoint.tell()
    deliver()
    assert delivery().error == "127.0.0.1 did not answer within 0.2 s."


def told_defaults():
    from devhealth.http.telling import told

    return told.__kwdefaults__


def test_an_answer_of_any_size_is_not_read(endpoint, receiver):
    receiver.status, receiver.body = 200, b"x" * 10_000_000
    endpoint.tell()
    deliver()
    assert delivery().state == "delivered"


# --- switching off -------------------------------------------------------------------------------


def test_who_is_gone_is_told_nothing_more_at_once(endpoint, receiver):
    receiver.status = 410
    endpoint.tell()
    deliver()
    row = endpoint.row()
    assert (delivery().state, row.is_active) == ("failed", False)
    assert "410" in row.off_reason
    entry = AuditEntry.objects.get(target=f"webhook_endpoint:{row.pk}", action="webhooks.update")
    assert (entry.user_id, entry.after["is_active"]) == (None, False)


def test_who_takes_nothing_for_days_is_switched_off_and_says_why(endpoint, receiver):
    receiver.status = 500
    endpoint.tell()
    deliver()
    age(days=3)
    deliver_all(len(PAUSES))
    answer = endpoint.send("GET", "").json()
    assert (answer["is_active"], "three days" in answer["off_reason"]) == (False, True)


def test_who_takes_something_in_between_is_not(endpoint, receiver):
    receiver.answers = [500, 204, *[500] * 20]
    for _ in range(2):
        endpoint.tell()
        deliver()
        age(days=3)
    deliver_all(len(PAUSES) + 1)
    assert endpoint.row().is_active


def test_what_waits_for_one_that_was_switched_off_is_given_up(endpoint, receiver):
    receiver.status = 500
    endpoint.tell()
    deliver()
    endpoint.send("PATCH", "", {"is_active": False})
    deliver_all()
    assert (delivery().state, delivery().attempts) == ("failed", 1)
    assert len(receiver.told) == 1


def test_switched_on_it_begins_anew(endpoint, receiver):
    receiver.answers = [410]
    endpoint.tell()
    deliver()
    answer = endpoint.send("PATCH", "", {"is_active": True}).json()
    assert (answer["off_reason"], answer["failing_since"]) == ("", None)
    endpoint.tell()
    deliver()
    assert len(receiver.told) == 2


# --- nothing is lost -----------------------------------------------------------------------------


def test_an_attempt_that_was_cut_short_is_made_again(endpoint, receiver):
    endpoint.tell()
    (unit,) = WorkUnit.objects.filter(actor="notify.deliver")
    with work.held(unit.id):
        """Its worker dies."""
    deliver()
    assert (len(receiver.told), delivery().state) == (1, "delivered")


def test_a_unit_that_an_operator_cancels_leaves_nothing_on_its_way(endpoint, receiver):
    from apps.queue import services as queue

    endpoint.tell()
    (unit,) = WorkUnit.objects.filter(actor="notify.deliver")
    queue.cancel(unit.id)
    deliver()
    assert (receiver.told, delivery().state, delivery().error) == ([], "failed", "Canceled.")


def test_of_an_endpoint_that_was_deleted_nothing_is_left(endpoint, receiver):
    endpoint.tell()
    assert endpoint.send("DELETE", "").status_code == 204
    deliver()
    assert (receiver.told, Delivery.objects.count()) == ([], 0)
    assert set(work.states(actor="notify.deliver")) == {"completed"}


# --- where it goes -------------------------------------------------------------------------------


def test_a_host_that_the_operator_allows_no_more_is_told_nothing(endpoint, receiver, settings):
    settings.WEBHOOK_HOSTS = []
    endpoint.tell()
    deliver()
    found = delivery()
    assert (receiver.told, found.state, found.last_status) == ([], "pending", None)
    assert "https only" in found.error


def test_the_documents_own_example_verifies_what_is_told(endpoint, receiver):
    text = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text()
    (example,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    exec(example, names := {})
    endpoint.tell()
    deliver()
    (told,) = receiver.told
    verified = [names["verify"](told.headers, body, endpoint.secret) for body in (told.body, b"{}")]
    assert verified == [True, False]


def test_no_line_of_the_log_has_an_address_or_a_secret(endpoint, receiver, caplog):
    caplog.set_level("DEBUG")
    endpoint.tell()
    deliver()
    lines = "\n".join(each.getMessage() for each in caplog.records)
    assert "notify.deliver completed" in lines
    assert not [each for each in ("of-a-customer", endpoint.secret, "whsec_") if each in lines]
