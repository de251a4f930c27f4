"""`Idempotency-Key`: a POST that is sent twice does its work once."""

from threading import Event, Thread
from uuid import uuid4

import pytest
from django.db import connections
from django.test import RequestFactory

from apps.orgs.services import issue_token
from apps.pipeline.models import BackfillJob, Recompute
from apps.queue.idempotency import once
from apps.queue.models import Answer
from tests.apps.pipeline.rows import backfill_job, sync_config
from tests.apps.pipeline.worlds import ago
from tests.tenants import client, send

PATH = "metrics/recompute"
BODY = {"since": "2026-01-01"}


@pytest.fixture
def key():
    return uuid4().hex


def ask(tenant, key, body=BODY, path=PATH):
    return tenant.send("POST", path, body, Idempotency_Key=key)


def count(tenant, model=Recompute):
    with tenant.entered():
        return model.objects.count()


def test_globexs_key_is_not_acmes(acme, globex, key):
    mine = ask(acme, key)
    theirs = ask(globex, key)
    assert (theirs.status_code, theirs.has_header("Idempotent-Replayed")) == (202, False)
    assert theirs.json()["id"] != mine.json()["id"]


def test_a_stranger_gets_no_answer_again(acme, stranger, key):
    ask(acme, key)
    assert send(stranger, "POST", PATH, BODY, **{"Idempotency-Key": key}).status_code == 401


def test_whoever_may_not_ask_gets_no_answer_again(acme, key):
    """The same key, path and body, by a token that only reads metrics."""
    ask(acme, key)
    _, text = issue_token(acme.organization, by=acme.owner, name="reader")
    reader = client(Authorization=f"Bearer {text}")
    assert send(reader, "POST", PATH, BODY, **{"Idempotency-Key": key}).status_code == 403


def test_the_second_answer_is_the_first_byte_for_byte(acme, key):
    first, second = ask(acme, key), ask(acme, key)
    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert second["Idempotent-Replayed"] == "true"
    same = ("Location", "Retry-After", "Content-Type")
    assert [second[name] for name in same] == [first[name] for name in same]
    assert count(acme) == 1


def test_without_a_key_it_is_done_twice(acme):
    for _ in range(2):
        acme.send("POST", PATH, BODY)
    assert count(acme) == 2


@pytest.mark.parametrize(("body", "path"), [({}, PATH), (BODY, f"{PATH}?x=1"), (BODY, "backfills")])
def test_the_key_of_another_request_is_refused(acme, key, body, path):
    ask(acme, key)
    answer = ask(acme, key, body, path)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize("key", ["", "x" * 201, "a\tb"])
def test_what_is_no_key_is_refused(acme, key):
    answer = ask(acme, key)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_idempotency_key")


def test_what_was_refused_is_not_kept(acme, key):
    ask(acme, key, {"since": "2026-01-02", "before": "2026-01-01"})
    assert ask(acme, key).status_code == 202


def test_steering_twice_is_no_conflict(acme, key):
    job = backfill_job(acme, sync_config(acme), "running")
    first, second = (ask(acme, key, {}, f"backfills/{job.pk}/pause") for _ in range(2))
    assert (first.status_code, second.content) == (202, first.content)


def test_a_failure_takes_back_what_was_made_before_it(acme, key, monkeypatch):
    def fail(job_id):
        raise ZeroDivisionError

    config = sync_config(acme)
    monkeypatch.setattr("apps.pipeline.services.lists.job_shown", fail)
    body = {"config_id": str(config.pk), "since": str(ago(10))}
    assert ask(acme, key, body, "backfills").status_code == 500
    assert count(acme, BackfillJob) == 0
    assert not Answer.objects.filter(key=key).exists()


def test_while_the_first_is_under_way_the_second_is_told_to_wait(acme, key, django_db_blocker):
    """The first is held in the middle, on a connection of its own, and then takes itself back."""
    begun, go_on = Event(), Event()

    def act():
        begun.set()
        go_on.wait(30)
        raise ZeroDivisionError

    def first():
        request = RequestFactory().post("/", headers={"Idempotency-Key": key})
        try:
            with pytest.raises(ZeroDivisionError):
                once(request, acme.organization.id, acme.token.id, act)
        finally:
            connections.close_all()

    with django_db_blocker.unblock():
        thread = Thread(target=first)
        thread.start()
        begun.wait(30)
        answer = ask(acme, key)
        go_on.set()
        thread.join()
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_in_flight")
    assert ask(acme, key).status_code == 202
