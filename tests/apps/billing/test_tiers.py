"""The table of limits; every day counted by hand."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.conf import settings

from apps.billing import tiers
from apps.billing.tiers import COMMUNITY, ENTERPRISE, TEAM, TIERS
from devhealth.errors import Permanent

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize("key", ["", "Team", "gold", "community ", "*"])
def test_an_unknown_tier_is_refused(key):
    with pytest.raises(Permanent, match="community, team, enterprise"):
        tiers.tier(key)


@pytest.mark.parametrize("tier", TIERS)
def test_a_tier_is_found_by_its_key(tier):
    assert tiers.tier(tier.key) is tier


@pytest.mark.parametrize(
    ("tier", "today", "earliest"),
    [
        (COMMUNITY, date(2026, 11, 23), date(2026, 10, 24)),  # 23 of November, 7 of October's 31
        (COMMUNITY, date(2027, 3, 15), date(2027, 2, 13)),  # 15, then 15 of February's 28
        (COMMUNITY, date(2028, 3, 15), date(2028, 2, 14)),  # a leap year: 15 of 29
        (COMMUNITY, date(2028, 2, 29), date(2028, 1, 30)),  # 29, then one of January's 31
        (COMMUNITY, date(2100, 3, 15), date(2100, 2, 13)),  # no leap year, though by 4
        (COMMUNITY, date(2026, 1, 1), date(2025, 12, 2)),
        (TEAM, date(2026, 11, 23), date(2026, 8, 25)),  # 23 + 31 + 30, then 6 of August's 31
        (TEAM, date(2028, 3, 31), date(2028, 1, 1)),  # 31 + 29 + 30
        (TEAM, date(2027, 3, 31), date(2026, 12, 31)),  # 31 + 28 + 31
        (ENTERPRISE, date(2026, 11, 23), None),
    ],
)
def test_the_earliest_day_of_a_tier(tier, today, earliest):
    assert tiers.floor(tier, today) == earliest


@pytest.mark.parametrize(
    ("since", "tier"),
    [
        (date(2027, 1, 1), COMMUNITY),
        (TODAY, COMMUNITY),
        (date(2026, 10, 24), COMMUNITY),
        (date(2026, 10, 23), TEAM),
        (date(2026, 8, 25), TEAM),
        (date(2026, 8, 24), ENTERPRISE),
        (date(1970, 1, 1), ENTERPRISE),
        (date.min, ENTERPRISE),
    ],
)
def test_the_lowest_tier_that_fetches_a_day(since, tier):
    assert tiers.lowest_allowing(since, TODAY) is tier


@pytest.mark.parametrize(
    ("minutes", "tier"),
    [(1440, COMMUNITY), (1439, TEAM), (360, TEAM), (359, ENTERPRISE), (15, ENTERPRISE), (14, None)],
)
def test_the_lowest_tier_that_syncs_so_often(minutes, tier):
    assert tiers.lowest_syncing_every(timedelta(minutes=minutes)) is tier


def test_no_tier_takes_away_what_the_one_before_gives():
    for lower, higher in pairwise(TIERS):
        assert (higher.backfill_days or 10**6) > lower.backfill_days
        assert higher.sync_interval < lower.sync_interval
        assert all(higher.running[queue] >= most for queue, most in lower.running.items())


def test_how_many_of_what():
    counted = ("repositories", "members", "requests_per_minute")
    table = {each.key: tuple(getattr(each, name) for name in counted) for each in TIERS}
    assert table == {
        "community": (3, 5, 60),
        "team": (10, 20, 300),
        "enterprise": (None, None, 3_000),
    }


@pytest.mark.parametrize(
    "limit", [each for each in tiers.LIMITS if each != "sync_interval_seconds"]
)
def test_a_higher_tier_has_more_of_everything(limit):
    for lower, higher in pairwise(TIERS):
        most = getattr(higher, limit)
        assert most is None or most > getattr(lower, limit)


def test_above_the_highest_there_is_none():
    assert [tiers.next_above(each) for each in TIERS] == [TEAM, ENTERPRISE, None]


def test_a_tier_cannot_be_changed():
    with pytest.raises(TypeError):
        COMMUNITY.running["sync"] = 100


def test_an_organisation_begins_with_the_limits_of_community():
    assert COMMUNITY.running == settings.QUEUES
