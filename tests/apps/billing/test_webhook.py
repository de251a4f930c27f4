"""What arrives at `/webhooks/stripe`, and what is believed of it."""

import json
import logging
import time
from datetime import timedelta

import pytest
from django.test import Client

from apps.inbound.models import InboundEvent
from apps.queue.models import WorkUnit
from tests import work
from tests.apps.billing.paying import outcomes, work_now
from tests.stripe_server import KEY, OTHER_SECRET, SECRET, deliver, signature

PATH = "/webhooks/stripe"
UNKNOWN = {"id": "evt_1", "type": "invoice.paid", "data": {"object": {"customer": "cus_none"}}}


def posted(body, **headers):
    return Client(SERVER_NAME="localhost").post(
        PATH, body, content_type="application/json", headers=headers
    )


def problem_of(answer):
    return answer.status_code, answer.json()["code"]


# --- who is not believed -------------------------------------------------------------------------


def test_what_nobody_signed_is_refused(db, stripe):
    assert problem_of(posted(json.dumps(UNKNOWN))) == (400, "invalid_signature")


def test_what_another_secret_signed_is_refused(db, stripe):
    answer = deliver(UNKNOWN, secret="whsec_of_somebody_else")
    assert problem_of(answer) == (400, "invalid_signature")
    assert not InboundEvent.objects.exists()


def test_another_body_under_a_right_signature_is_refused(db, stripe):
    answer = posted('{"id": "evt_2"}', **{"Stripe-Signature": signature(json.dumps(UNKNOWN))})
    assert problem_of(answer) == (400, "invalid_signature")


@pytest.mark.parametrize("age", [301, 86_400])
def test_an_old_signature_is_refused(db, stripe, age):
    assert problem_of(deliver(UNKNOWN, at=time.time() - age)) == (400, "invalid_signature")


@pytest.mark.parametrize("header", ["", "t=,v1=", "t=x,v1=y", "v1=abc", "t=1"])
def test_what_is_no_signature_is_refused(db, stripe, header):
    answer = posted(json.dumps(UNKNOWN), **{"Stripe-Signature": header})
    assert problem_of(answer) == (400, "invalid_signature")


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"id": "e", "type": "t", "data": {"object": 1}}']
)
def test_what_is_signed_and_no_event_is_refused(db, stripe, body):
    answer = posted(body, **{"Stripe-Signature": signature(body)})
    assert problem_of(answer) == (400, "invalid_event")


def test_bytes_that_are_no_text_are_refused(db, stripe):
    answer = posted(b"\xff", **{"Stripe-Signature": signature("x")})
    assert problem_of(answer) == (400, "invalid_signature")


def test_without_a_secret_stripe_is_told_to_come_again(db, stripe, settings):
    settings.STRIPE_WEBHOOK_SECRETS = []
    answer = deliver(UNKNOWN)
    assert problem_of(answer) == (503, "billing_not_configured")
    assert answer["Retry-After"] == "3600"


def test_it_is_not_on_an_organisations_own_host(acme, stripe):
    assert deliver(UNKNOWN, host=acme.host).status_code == 404


def test_it_cannot_be_read(db, stripe):
    assert Client(SERVER_NAME="localhost").get(PATH).status_code == 405


# --- who is --------------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", [SECRET, OTHER_SECRET])
def test_any_of_the_secrets_will_do(db, stripe, secret):
    assert deliver(UNKNOWN, secret=secret).json() == {"is_new": True}


def test_an_event_is_kept_once(db, stripe):
    answers = [deliver(UNKNOWN).json()["is_new"] for _ in range(3)]
    assert answers == [True, False, False]
    assert InboundEvent.objects.count() == 1


def test_an_unknown_customer_is_noted_and_makes_no_work(db, stripe):
    deliver(UNKNOWN)
    assert outcomes() == ["Ignored: no customer of ours."]
    assert not WorkUnit.objects.exists()


def test_an_unknown_type_is_noted_and_makes_no_work(payer):
    deliver(payer.stripe.tell("treasury.novelty", {"customer": payer.customer}))
    assert outcomes() == ["Ignored: it says nothing of a subscription."]


def test_it_is_answered_before_stripe_is_asked(payer):
    payer.subscribe()
    payer.stripe.asked.clear()
    assert deliver(payer.stripe.events[-1]).status_code == 200
    assert (payer.stripe.asked, payer.tier) == ([], "community")


def test_many_events_at_once_are_one_unit(payer):
    for _ in range(3):
        payer.subscribe()
    for event in payer.stripe.events:
        deliver(event)
    assert work.states(actor="billing.refresh") == ["pending"]


def test_the_inbox_says_what_became_of_it(payer):
    payer.subscribe()
    payer.hear()
    assert outcomes() == ["Stripe was asked: team."]


def test_what_was_handled_long_ago_is_forgotten(payer):
    deliver(UNKNOWN)
    InboundEvent.objects.update(handled_at=work_now() - timedelta(days=91))
    payer.subscribe()
    payer.hear()
    assert not InboundEvent.objects.filter(event_id="evt_1").exists()


# --- what goes wrong -----------------------------------------------------------------------------


def test_while_stripe_is_down_the_event_waits(payer):
    payer.subscribe()
    payer.stripe.is_down = True
    assert payer.hear() == "community"
    assert outcomes() == [""]
    [unit] = work.units(actor="billing.refresh")
    assert (unit.state, unit.error) == ("pending", "Stripe did not answer (APIError).")


def test_when_stripe_is_back_nothing_is_lost(payer):
    payer.subscribe()
    payer.stripe.is_down = True
    payer.hear()
    payer.stripe.is_down = False
    assert payer.an_hour_later() == "team"
    assert outcomes() == ["Stripe was asked: team."]


def test_where_nobody_listens_the_event_waits(payer, settings):
    payer.subscribe()
    settings.STRIPE_API_BASE = "http://127.0.0.1:1"
    payer.hear()
    assert work.states(actor="billing.refresh") == ["pending"]


def test_a_wrong_key_takes_no_tier_away_and_is_told_nowhere(payer, settings, caplog):
    payer.subscribe()
    payer.hear()
    payer.subscribe("enterprise_monthly")
    settings.STRIPE_SECRET_KEY = wrong = "sk_live_ThisKeyWasTakenBack"
    with caplog.at_level(logging.DEBUG):
        assert payer.hear() == "team"
    failed, planned = work.units(actor="billing.refresh")[-2:]
    assert (failed.state, planned.state) == ("failed", "pending")
    told = caplog.text + "".join(unit.error for unit in work.units())
    assert "AuthenticationError" in told
    assert wrong not in told


def test_no_secret_is_in_a_line_a_row_or_a_problem(payer, caplog):
    with caplog.at_level(logging.DEBUG):
        payer.subscribe()
        payer.stripe.is_down = True
        payer.hear()
        refused = payer.tenant.send("POST", "billing/portal").content.decode()
        refused += deliver(UNKNOWN, secret="whsec_wrong").content.decode()
    told = caplog.text + refused
    told += str(list(InboundEvent.objects.values())) + str(list(WorkUnit.objects.values()))
    assert not [each for each in (KEY, SECRET, OTHER_SECRET) if each in told]
