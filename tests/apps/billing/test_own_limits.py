"""Limits that staff set for one organisation."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from apps.billing import own_limits, services
from apps.billing.models import OwnLimit
from apps.billing.tiers import COMMUNITY, TEAM
from apps.orgs.models import AuditEntry
from apps.queue.models import WorkUnit


def run(*arguments, reason="they asked"):
    out = StringIO()
    call_command("entitlement", *arguments, "--reason", reason, stdout=out)
    return dict(line.split() for line in out.getvalue().splitlines())


def test_globex_has_none_of_acmes(acme, globex):
    run("acme", "repositories", "50")
    assert services.tier_of(globex.organization.id) is COMMUNITY


def test_an_organisation_that_is_none_is_said_to_be(db):
    with pytest.raises(CommandError, match="no organisation `initech`"):
        run("initech")


def test_it_is_shown_without_being_set(acme):
    assert run("acme")["members"] == "5"
    assert not OwnLimit.objects.exists()


@pytest.mark.parametrize(
    ("limit", "value", "sentence"),
    [
        ("colours", "3", "invalid choice"),
        ("members", "many", "A value is a number"),
        ("members", "-1", "A value is a number"),
        ("members", str(2**31), "is 0 at least"),
        ("sync_interval_seconds", "none", "is a number"),
        ("sync_interval_seconds", "59", "is 60 at least"),
    ],
)
def test_what_is_no_limit_is_refused(acme, limit, value, sentence):
    with pytest.raises(CommandError, match=sentence):
        run("acme", limit, value)


@pytest.mark.parametrize("value", ["3", "tier"])
def test_nothing_is_set_without_a_reason(acme, value):
    with pytest.raises(CommandError, match="Say why"):
        run("acme", "members", value, reason=" ")


def test_the_database_knows_the_limits(acme):
    with pytest.raises(IntegrityError), transaction.atomic():
        OwnLimit.objects.create(organization=acme.organization, limit="x", reason="", set_by="")


@pytest.mark.parametrize(("value", "most"), [("50", 50), ("0", 0), ("none", None)])
def test_it_counts_in_place_of_the_tiers(acme, value, most):
    run("acme", "repositories", value)
    assert services.tier_of(acme.organization.id).repositories == most


def test_an_interval_is_one_of_seconds(acme):
    run("acme", "sync_interval_seconds", "3600")
    assert services.tier_of(acme.organization.id).sync_interval == timedelta(hours=1)


def test_it_stays_when_the_tier_changes(acme):
    run("acme", "repositories", "50")
    services.set_tier(acme.organization, TEAM, by="staff")
    tier = services.tier_of(acme.organization.id)
    assert (tier.key, tier.repositories, tier.members) == ("team", 50, 20)


def test_the_tiers_own_comes_back(acme):
    run("acme", "repositories", "50")
    run("acme", "repositories", "tier")
    assert services.tier_of(acme.organization.id) is COMMUNITY


def test_what_runs_follows(acme):
    run("acme", "backfill_days", "400")
    assert WorkUnit.objects.filter(actor="pipeline.apply_tier").count() == 1


def test_the_log_says_from_what_to_what_and_why(acme):
    own_limits.set_limit(acme.organization, "members", 9, reason="pilot", by="vera")
    own_limits.remove_limit(acme.organization, "members", reason="over", by="vera")
    first, second = AuditEntry.objects.filter(action="billing.set_limit").order_by("-at", "id")[:2]
    set_to = {"limit": "members", "value": 9, "reason": "pilot", "set_by": "vera"}
    removed = {"limit": "members", "reason": "over", "set_by": "vera"}
    entries = [(first.before, first.after), (second.before, second.after)]
    assert (None, set_to) in entries
    assert (set_to, removed) in entries
