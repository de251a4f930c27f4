"""Ageing work in progress, by hand."""

from datetime import timedelta

import pytest

from devhealth.analytics.flow import flow, in_status_hours
from tests.devhealth.analytics.items import DESK, SHOP, item, put
from tests.devhealth.metrics.worlds import at
from tests.devhealth.stores import Organisation

NOW = at("2026-02-01 12:00")
ITEMS = [
    # Done within 10, 20 and 30 hours; one long ago, one that was never begun, one of today.
    *(
        item(
            n, "2026-01-01 00:00", ("2026-01-05 00:00", "in_progress"),
            (at("2026-01-05 00:00") + timedelta(hours=10 * n), "done"),
        )
        for n in (1, 2, 3)
    ),
    item(
        4, "2025-09-01 00:00", ("2025-09-01 00:00", "in_progress"), ("2025-09-20 00:00", "done")
    ),
    item(5, "2026-01-01 00:00", ("2026-01-06 00:00", "done")),
    item(6, "2026-01-01 00:00", ("2026-01-02 00:00", "in_progress"), ("2026-02-01 06:00", "done")),
    # In progress for 12 hours by Ada; in review for 24 of 28, flagged; blocked in DESK for 48.
    item(
        7, "2026-01-01 00:00", ("2026-02-01 00:00", "in_progress"),
        ("2026-02-01 00:00", "jira:ada"),
    ),
    item(
        8, "2026-01-01 00:00", ("2026-01-31 08:00", "in_progress"),
        ("2026-01-31 12:00", "in_review"), ("2026-02-01 11:00", "flagged"),
    ),
    item(9, "2026-01-01 00:00", ("2026-01-30 12:00", "blocked"), scope=DESK),
    item(10, "2026-01-01 00:00"),
]  # fmt: skip
NUMBERS = {str(each.told.item.work_item_id): int(each.told.item.native_id) for each in ITEMS}


@pytest.fixture(scope="module")
def sink(store):
    organisation = Organisation(store)
    put(organisation.sink(), ITEMS)
    return organisation.sink()


def told(found, *names):
    return [
        (NUMBERS[row["work_item_id"]], *(row[name] for name in names))
        for row in found.items.to_dicts()
    ]


def test_another_organisation_has_nothing_in_progress(sink, store):
    found = flow(Organisation(store).sink(), {}, now=NOW)
    assert (found.items.height, found.whole.n, found.whole.p85) == (0, 0, None)


def test_what_is_in_progress_comes_the_oldest_first(sink):
    found = flow(sink, {}, now=NOW)
    assert told(found, "age_hours", "status", "is_blocked", "is_assigned") == [
        (9, 48, "blocked", True, False),
        (8, 28, "in_review", True, False),
        (7, 12, "in_progress", False, True),
    ]


def test_it_is_measured_against_what_its_scope_has_done(sink):
    """Of 10, 20 and 30 the median is 20, the 85th percentile 27; of DESK nothing was done."""
    found = flow(sink, {}, now=NOW)
    shop, desk = (found.usual(str(scope.work_scope_id)) for scope in (SHOP, DESK))
    assert (shop.p50, shop.p85, shop.n, shop.is_low_sample) == (20, 27, 3, True)
    assert (desk.p50, desk.p85, desk.n) == (None, None, 0)
    over = [found.is_over_p85(row) for row in found.items.to_dicts()]
    assert (over, found.over_p85) == ([None, True, False], 1)


def test_a_team_is_measured_against_the_whole_scope(sink):
    found = flow(sink, {"team_id": ["platform"]}, now=NOW)
    assert (found.items.height, found.whole.n) == (0, 0)
    web = flow(sink, {"team_id": ["web"]}, now=NOW)
    assert (told(web), web.usual(str(SHOP.work_scope_id)).n) == ([(8,), (7,)], 3)


def test_time_in_a_status_goes_on_when_something_else_changes(sink):
    """#8 has been in review since noon of the day before; its flag is no status."""
    found = flow(sink, {}, now=NOW)
    spent = in_status_hours(sink, found.items["work_item_id"].to_list(), NOW)
    assert {NUMBERS[key]: value for key, value in spent.items()} == {9: 48, 8: 24, 7: 12}
