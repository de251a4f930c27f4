import json
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.test import RequestFactory
from django_tenants.utils import tenant_context

from apps.billing import services
from apps.billing.models import Entitlement
from apps.billing.services import TierLimit
from apps.billing.tiers import COMMUNITY, ENTERPRISE, TEAM, TIERS
from apps.errors import problem
from apps.queue.models import QueueShare, WorkUnit

TODAY = date(2026, 11, 23)


def limits(tenant):
    shares = QueueShare.objects.filter(organization_id=tenant.organization.id, tier="team")
    return {share.queue: share.limit for share in shares}


def units(tenant):
    return WorkUnit.objects.filter(
        organization_id=tenant.organization.id, actor="pipeline.apply_tier"
    )


def refusal(act, *asked):
    with pytest.raises(TierLimit) as refused:
        act(*asked)
    return refused.value


def test_globex_gets_nothing_of_what_acme_is_given(acme, globex):
    services.set_tier(acme.organization, TEAM, by="staff")
    assert services.tier_of(globex.organization.id) is COMMUNITY
    assert (limits(globex), units(globex).count()) == ({}, 0)


def test_nobody_has_more_than_community_without_a_row(acme):
    assert services.tier_of(acme.organization.id) is COMMUNITY


def test_an_organisation_that_is_none_has_no_more_than_community(db):
    assert services.tier_of(uuid4()) is COMMUNITY


def test_a_tier_that_is_none_cannot_be_stored(acme):
    with pytest.raises(IntegrityError), transaction.atomic():
        Entitlement.objects.create(organization=acme.organization, tier="gold", set_by="x")


def test_a_tier_is_set_with_who_set_it(acme):
    services.set_tier(acme.organization, ENTERPRISE, by="olga@acme.example")
    services.set_tier(acme.organization, TEAM, by="staff")
    assert services.tier_of(acme.organization.id) is TEAM
    assert Entitlement.objects.get().set_by == "staff"


def test_the_queues_follow(acme):
    services.set_tier(acme.organization, TEAM, by="staff")
    assert limits(acme) == {"sync": 4, "backfill": 2, "metrics": 1, "webhooks": 4, "billing": 1}


def test_what_is_under_way_is_looked_at_once(acme):
    services.set_tier(acme.organization, TEAM, by="staff")
    services.set_tier(acme.organization, COMMUNITY, by="staff")
    assert [unit.dedupe_key for unit in units(acme)] == ["apply_tier"]


def test_the_same_tier_again_moves_nothing(acme):
    services.set_tier(acme.organization, COMMUNITY, by="staff")
    assert Entitlement.objects.get().tier == "community"
    assert not units(acme).exists()


def test_all_is_set_or_nothing(acme, settings):
    settings.ACTORS = {}
    with pytest.raises(KeyError):
        services.set_tier(acme.organization, TEAM, by="staff")
    assert services.tier_of(acme.organization.id) is COMMUNITY
    assert limits(acme) == {}


def test_a_tier_is_the_same_seen_from_inside_the_organisation(acme):
    services.set_tier(acme.organization, TEAM, by="staff")
    with tenant_context(acme.organization):
        assert services.tier_of(acme.organization.id) is TEAM


# --- what a tier refuses -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tier", "since"),
    [
        (COMMUNITY, date(2026, 10, 23)),
        (COMMUNITY, date.min),
        (TEAM, date(2026, 8, 24)),
    ],
)
def test_a_day_before_the_earliest_is_refused(tier, since):
    assert refusal(services.require_depth, tier, since, TODAY).status == 402


@pytest.mark.parametrize(
    ("tier", "since"),
    [
        (COMMUNITY, date(2026, 10, 24)),
        (COMMUNITY, date(2027, 1, 1)),
        (TEAM, date(2026, 8, 25)),
        (ENTERPRISE, date.min),
    ],
)
def test_the_earliest_day_is_allowed(tier, since):
    services.require_depth(tier, since, TODAY)


@pytest.mark.parametrize("tier", TIERS)
def test_a_schedule_shorter_than_the_tiers_is_refused(tier):
    services.require_interval(tier, tier.sync_interval)
    shorter = tier.sync_interval - timedelta(seconds=1)
    assert refusal(services.require_interval, tier, shorter).code == "tier_limit"


def test_a_refused_day_says_the_limit_what_was_asked_and_who_allows_it():
    error = refusal(services.require_depth, COMMUNITY, date(2026, 10, 23), TODAY)
    body = json.loads(problem(RequestFactory().get("/"), error).content)
    assert body | error.members == body
    assert error.members == {
        "tier": "community",
        "limit": {"backfill_days": 30, "since": "2026-10-24"},
        "asked": {"backfill_days": 31, "since": "2026-10-23"},
        "allowed_by": "team",
    }


def test_a_refused_schedule_says_the_limit_what_was_asked_and_who_allows_it():
    error = refusal(services.require_interval, TEAM, timedelta(hours=1))
    assert error.extensions == {
        "code": "tier_limit",
        "tier": "team",
        "limit": {"sync_interval_seconds": 21_600},
        "asked": {"sync_interval_seconds": 3_600},
        "allowed_by": "enterprise",
    }


def test_what_no_tier_allows_is_allowed_by_none():
    error = refusal(services.require_interval, COMMUNITY, timedelta(minutes=5))
    assert error.members["allowed_by"] is None
    assert error.detail == (
        "The tier Community syncs every 24 hours at most, this would be every 5 minutes. "
        "Run it less often."
    )
