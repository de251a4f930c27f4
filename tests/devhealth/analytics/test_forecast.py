"""When it will be done, and how much will be: drawn from what was done a day."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devhealth.analytics.forecast import LONGEST, Throughput, items_open, throughput
from devhealth.analytics.questions import Unanswerable
from tests.devhealth.analytics.items import DESK, SHOP, item, put
from tests.devhealth.metrics.worlds import at
from tests.devhealth.stores import Organisation

TODAY = date(2026, 2, 1)
counts = st.lists(st.integers(0, 6), min_size=14, max_size=90).filter(lambda each: sum(each) >= 5)
fewer = settings(max_examples=8)


def days(history, items):
    return [each.days for each in Throughput(history, TODAY).when(items)]


def amounts(history, ahead):
    found = Throughput(history, TODAY).how_many(TODAY + timedelta(days=ahead))
    return [each.items for each in found]


def later(each):
    return LONGEST + 1 if each is None else each


def test_what_is_done_evenly_ends_on_a_certain_day():
    found = Throughput([2] * 30, TODAY).when(9)
    assert [(each.level, each.days, each.day) for each in found] == [
        (level, 5, date(2026, 2, 6)) for level in (0.5, 0.85, 0.95)
    ]


def test_what_is_done_evenly_is_so_much_by_a_day():
    assert amounts([2] * 30, 10) == [20, 20, 20]


def test_nothing_is_done_at_once():
    assert days([2] * 30, 0) == [0, 0, 0]


def test_a_coin_a_day_is_won_within_days_as_chances_are():
    """One item on half of the days: 1 − ½ᵈ reaches 50 % with d = 1, 85 % with 3, 95 % with 5."""
    assert days([0, 1] * 20, 1) in ([1, 3, 5], [2, 3, 5])


def test_what_takes_more_than_three_years_is_not_told():
    assert days([0] * 85 + [1] * 5, 10_000) == [None, None, None]


@given(counts, st.integers(0, 60), st.integers(0, 60))
@fewer
def test_more_items_are_never_done_earlier(history, items, more):
    few, many = days(history, items), days(history, items + more)
    assert all(later(one) <= later(other) for one, other in zip(few, many, strict=True))
    assert few == sorted(few, key=later)


@given(counts, st.data())
@fewer
def test_the_order_of_days_changes_nothing(history, data):
    shuffled = data.draw(st.permutations(history))
    assert days(shuffled, 20) == days(history, 20)
    assert amounts(shuffled, 20) == amounts(history, 20)


@given(counts, st.integers(1, 100))
@fewer
def test_more_certainty_is_fewer_items_and_more_days_are_more(history, ahead):
    found = amounts(history, ahead)
    assert found == sorted(found, reverse=True)
    assert all(one <= two for one, two in zip(found, amounts(history, ahead + 7), strict=True))


@given(counts, st.integers(1, 30))
@fewer
def test_what_is_sure_by_a_day_is_done_within_it(history, ahead):
    for level, items in enumerate(amounts(history, ahead)):
        assert later(days(history, items)[level]) <= ahead


@given(counts)
@fewer
def test_twice_as_many_of_twice_as_much_take_as_long_about(history):
    """The draws are others, the chances the same: ten thousand runs tell them to a day or few."""
    twice = [2 * each for each in history]
    for one, other in zip(days(history, 20), days(twice, 40), strict=True):
        assert later(other) == pytest.approx(later(one), rel=0.1, abs=2)


@pytest.mark.parametrize(
    ("history", "reason"),
    [([1] * 13, "14 closed days"), ([0] * 86 + [1] * 4, "5 items"), ([], "14 closed days")],
)
def test_a_short_history_is_refused(history, reason):
    with pytest.raises(Unanswerable, match=reason) as refused:
        Throughput(history, TODAY).when(1)
    assert refused.value.code == "too_little_history"


@pytest.mark.parametrize("ahead", [0, -1, LONGEST + 1])
def test_a_day_that_no_run_reaches_is_refused(ahead):
    with pytest.raises(Unanswerable, match="between tomorrow"):
        amounts([1] * 30, ahead)


# --- from a store ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def stored(store):
    """SHOP: filed on 1 January, one done on each of ten days from the 10th on, two still open."""
    organisation = Organisation(store)
    done = [item(n, "2026-01-01 00:00", (at(f"2026-01-{10 + n} 12:00"), "done")) for n in range(10)]
    still = [item(20, "2026-01-20 00:00"), item(21, "2026-01-20 00:00", scope=DESK)]
    put(
        organisation.sink(),
        [*done, *still, item(22, "2026-01-21 00:00", ("2026-01-22 00:00", "blocked"))],
    )
    return organisation.sink()


def of(scope):
    return {"work_scope_id": [str(scope.work_scope_id)]}


def test_another_organisation_has_no_throughput(stored, store):
    assert throughput(Organisation(store).sink(), {}, today=TODAY).counts == ()
    assert items_open(Organisation(store).sink(), {}) == 0


def test_days_count_from_the_first_that_is_known(stored):
    found = throughput(stored, of(SHOP), today=TODAY)
    assert (len(found.counts), found.completed) == (31, 10)
    assert found.counts[9:20] == (1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0)
    assert len(throughput(stored, {}, today=TODAY, history_days=20).counts) == 20


def test_what_is_open_is_backlog_and_work_in_progress(stored):
    assert [items_open(stored, of(scope)) for scope in (SHOP, DESK)] == [2, 1]


def test_a_young_scope_says_why_nothing_is_told(stored):
    found = throughput(stored, of(DESK), today=date(2026, 1, 25))
    assert found.reason == "Fewer than 14 closed days of these items are known."


def test_today_counts_for_nothing(stored):
    assert throughput(stored, of(SHOP), today=date(2026, 1, 19)).completed == 9
    now = datetime(2026, 1, 19, 23, tzinfo=UTC)
    assert throughput(stored, of(SHOP), today=now.date()).today == date(2026, 1, 19)
