"""Deleting an organisation: who may, and that what was killed on the way is gone on with."""

import logging

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django_tenants.utils import schema_exists

from apps.billing.models import StripeCustomer, Subscription
from apps.metrics.store import store
from apps.orgs import deletion, suspension
from apps.orgs.models import AuditEntry, Membership, Organization, User
from apps.queue import bells
from apps.queue import services as queue
from apps.queue.models import WorkUnit
from devhealth.errors import Transient
from tests import work
from tests.apps.orgs.people import join, told
from tests.isolation.stored_rows import rows_of
from tests.tenants import send

GONE = (403, "organization_deleted")


@pytest.fixture
def ada(acme):
    return join(acme, "owner")


@pytest.fixture
def asked(initech):
    """It has rows in its store, and is to be deleted."""
    initech.write(rows_of("initech")[0])
    deletion.ask(initech.organization, "initech")
    return initech.organization


def is_there(organization):
    return Organization.objects.filter(id=organization.id).exists()


def delete(who, slug="acme"):
    return who.send("DELETE", "organization", {"slug": slug})


# --- who may -------------------------------------------------------------------------------------


def test_a_stranger_deletes_nothing(acme, stranger):
    answer = send(stranger, "DELETE", "organization", {"slug": "acme"})
    assert (answer.status_code, work.states()) == (401, [])


@pytest.mark.parametrize("role", ["viewer", "member", "admin"])
def test_who_is_no_owner_deletes_nothing(acme, role):
    assert told(delete(join(acme, role))) == (403, "missing_role")


@pytest.mark.parametrize("slug", ["globex", "Acme", "acme ", "x"])
def test_another_slug_confirms_nothing(acme, globex, ada, slug):
    assert told(delete(ada, slug)) == (422, "not_confirmed")
    assert not Organization.objects.exclude(deletion_asked_at=None).exists()


def test_nobody_is_to_pay_for_what_is_gone(acme, ada):
    customer = StripeCustomer.objects.create(organization=acme.organization, customer_id="cus_1")
    more = {"tier": "team", "created_at": queue.now(), "is_ending": False}
    paid = Subscription.objects.create(id="sub_1", customer=customer, status="past_due", **more)
    assert told(delete(ada)) == (409, "subscription_goes_on")
    paid.is_ending = True
    paid.save()
    assert delete(ada).status_code == 202


def test_it_opens_no_more_from_then_on(acme, ada):
    answer = delete(ada)
    assert (answer.status_code, answer.json()["slug"]) == (202, "acme")
    assert told(acme.get("me")) == GONE


def test_there_is_no_way_back(acme, ada):
    suspension.suspend(acme.organization, "first")
    deletion.ask(acme.organization, "acme")
    with pytest.raises(CommandError, match="no way back"):
        call_command("resume_organization", "acme")


def test_who_asked_is_in_its_log_until_that_is_gone_too(acme, ada):
    delete(ada)
    entry = AuditEntry.objects.get(action="organization.delete")
    assert (entry.organization_id, entry.user_id) == (acme.organization.id, ada.user.id)


def test_staff_ask_by_command(initech):
    with pytest.raises(CommandError, match="Confirm"):
        call_command("delete_organization", "initech", "--confirm", "acme")
    call_command("delete_organization", "initech", "--confirm", "initech", verbosity=0)
    work.run_all("sync")
    assert not is_there(initech.organization)


# --- how it goes on ------------------------------------------------------------------------------


def test_nothing_is_deleted_while_its_work_is_under_way(initech):
    unit = queue.add("pipeline.daily", initech.organization.id)
    with work.held(unit):
        deletion.ask(initech.organization, "initech")
        work.run_all("sync")
        assert is_there(initech.organization)
    work.make_due()
    work.run_all("sync")
    assert not is_there(initech.organization)


def test_one_that_is_busy_keeps_no_other(initech, tenants):
    busy = tenants["acme"].organization
    Organization.objects.filter(id=busy.id).update(deletion_asked_at=queue.now())
    try:
        with work.held(queue.add("pipeline.daily", busy.id)):
            deletion.ask(initech.organization, "initech")
            work.run_all("sync")
            assert [is_there(busy), is_there(initech.organization)] == [True, False]
    finally:
        Organization.objects.filter(id=busy.id).update(deletion_asked_at=None)


STEPS = ("store", "_forget_keys", "_drop_schema", "_delete_rows")


@pytest.mark.parametrize("after", STEPS)
def test_who_is_killed_after_a_step_is_gone_on_for(asked, after, monkeypatch):
    def killed(step):
        def run(*given):
            step(*given)
            monkeypatch.undo()
            raise Transient("killed")

        return run

    if after == "store":
        monkeypatch.setattr(
            "apps.metrics.store.forget", killed(lambda id: store().for_org(id).erase())
        )
    else:
        monkeypatch.setattr(deletion, after, killed(getattr(deletion, after)))
    work.run_all("sync")
    assert work.states(actor=deletion.ACTOR) == ["pending"]
    work.make_due()
    work.run_all("sync")
    assert work.states(actor=deletion.ACTOR) == ["completed"]
    assert not is_there(asked)
    assert not schema_exists(asked.schema_name)
    assert asked.id not in store().orgs()


def test_rows_go_together_or_not_at_all(asked, monkeypatch):
    queue.add("pipeline.daily", asked.id)
    monkeypatch.setattr(Organization, "delete", lambda self: 1 / 0)
    work.run_all("sync")
    assert WorkUnit.objects.filter(organization_id=asked.id).exists()
    assert is_there(asked)


def test_its_keys_in_redis_go_and_nobody_elses(asked, tenants):
    redis = bells.broker(settings.REDIS_URL).client
    theirs = f"bucket:{tenants['globex'].organization.id}:rest"
    redis.mset({f"bucket:{asked.id}:rest": "1", f"{asked.id.hex}": "1", theirs: "1"})
    work.run_all("sync")
    assert [key for key in redis.scan_iter() if b"dramatiq" not in key] == [theirs.encode()]


def test_who_is_a_member_elsewhere_stays_and_who_is_not_goes(asked, tenants):
    both = User.objects.create_user("both@initech.example")
    for each in (asked, tenants["globex"].organization):
        Membership.objects.create(organization=each, user=both, role="viewer")
    work.run_all("sync")
    found = User.objects.filter(email__endswith="@initech.example")
    assert list(found) == [both]


def test_one_line_is_left_and_names_nobody(asked, caplog):
    caplog.set_level(logging.INFO, "devhealth.orgs")
    work.run_all("sync")
    (line,) = [each.getMessage() for each in caplog.records if each.name == "devhealth.orgs"]
    assert "An organisation was deleted" in line
    assert not [each for each in ("initech", "Initech", str(asked.id)) if each in line]
