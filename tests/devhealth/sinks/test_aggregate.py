"""Additive measures, added up in the store. Every number here was worked out by hand."""

import pytest

from devhealth.errors import Permanent
from devhealth.models.rollups import RepoDay
from devhealth.sinks.query import Query
from tests.devhealth.sinks.classes import GardenDay
from tests.devhealth.sinks.rows import HERBS, REPO, ROSES, at, day, garden

# Days 0–6 are a week, day 6 is the first of February.
ROWS = [
    garden(0, picked=4, ripe=2, picked_kg=1.0, plants=10, ill=1, water=5.0),
    garden(2, picked=6, ripe=3, plants=12, ill=3),
    garden(6, plants=8),
    garden(8, picked=10, ripe=10, picked_kg=2.5, plants=9, ill=2),
    garden(1, garden_id=HERBS, bed="south", picked=5, plants=20, ill=4),
    garden(0, population="all", picked=100, ripe=100, plants=100),
]
TWO_WEEKS = (0, 14)
FIRST, SECOND = day(0), day(7)
JANUARY, FEBRUARY = day(0).replace(day=1), day(6)


def query(*measures, days=TWO_WEEKS, closed=None, **asked):
    since, until = map(day, days)
    closed = None if closed is None else day(closed)
    usual = {"rollup": GardenDay, "since": since, "until": until, "closed": closed}
    return Query(measures=measures, **usual | asked)


@pytest.fixture
def gardener(acme):
    acme.write(ROWS)
    return acme


def answer(sink, *measures, **asked):
    """The rows of the answer; its bucket is left out where there is only one."""
    frame = sink.aggregate(query(*measures, **asked))
    return frame.drop("bucket").rows() if asked.get("bucket", "all") == "all" else frame.rows()


# --- one number of each kind over all days


@pytest.mark.parametrize(
    ("measure", "closed", "expected"),
    [
        ("picked", None, 25),  # 4 + 6 + 0 + 10 + 5
        ("picked_kg", None, 3.5),  # 1 + 2.5
        ("ripe_ratio", None, 0.6),  # (2 + 3 + 10) / 25
        ("kg_per_fruit", None, 0.14),  # 3.5 / 25
        ("picked_a_day", None, 25 / 14),
        ("picked_a_day", 10, 2.5),  # 25 in the closed days 0–9
        ("picked_a_day", 8, 1.875),  # 15 in the closed days 0–7
        ("picked_a_day", 0, None),  # no day is closed
        ("picked", 8, 25),  # a sum looks beyond the closed days
        ("plants", None, 29),  # 9 of day 8, 20 of day 1
        ("plants", 8, 28),  # 8 of day 6, 20 of day 1
        ("ill_ratio", None, 6 / 29),
        ("ill_ratio", 7, 1 / 7),  # (0 + 4) / (8 + 20)
        ("water", None, None),  # nobody looked since
        ("water", 1, 5.0),
    ],
)
def test_a_measure_over_all_days(gardener, measure, closed, expected):
    assert answer(gardener, measure, closed=closed) == [(expected,)]


@pytest.mark.parametrize(
    ("bucket", "measure", "expected"),
    [
        ("week", "picked", [(FIRST, 15), (SECOND, 10)]),
        ("month", "picked", [(JANUARY, 15), (FEBRUARY, 10)]),
        ("day", "picked", [(day(0), 4), (day(1), 5), (day(2), 6), (day(6), 0), (day(8), 10)]),
        ("week", "ripe_ratio", [(FIRST, 1 / 3), (SECOND, 1.0)]),
        ("month", "ripe_ratio", [(JANUARY, 1 / 3), (FEBRUARY, 1.0)]),
        ("week", "picked_a_day", [(FIRST, 15 / 7), (SECOND, 10 / 7)]),
        ("month", "picked_a_day", [(JANUARY, 15 / 6), (FEBRUARY, 10 / 8)]),
        ("week", "plants", [(FIRST, 28), (SECOND, 29)]),  # 8 + 20; 9 + 20
        ("month", "plants", [(JANUARY, 32), (FEBRUARY, 29)]),  # 12 + 20; 9 + 20
        ("week", "ill_ratio", [(FIRST, 1 / 7), (SECOND, 6 / 29)]),
    ],
)
def test_a_measure_by_bucket(gardener, bucket, measure, expected):
    assert answer(gardener, measure, bucket=bucket) == expected


def test_a_ratio_over_nothing_is_null(gardener):
    assert answer(gardener, "ripe_ratio", days=(6, 7)) == [(None,)]


def test_a_stock_stands_every_day_until_the_next_row(gardener):
    assert answer(gardener, "plants", bucket="day", days=(0, 4)) == [
        (day(0), 10),
        (day(1), 30),
        (day(2), 32),
        (day(3), 32),
    ]


def test_a_stock_of_before_the_window_counts(gardener):
    assert answer(gardener, "plants", days=(11, 14)) == [(29,)]


def test_a_sum_of_before_the_window_does_not(gardener):
    assert answer(gardener, "picked", days=(11, 14)) == []


def test_sums_and_stocks_in_one_answer(gardener):
    asked = ("picked", "plants", "ripe_ratio", "picked_a_day")
    assert answer(gardener, *asked, days=(11, 14)) == [(0, 29, None, 0.0)]


def test_an_empty_row_ends_a_stock(gardener):
    gardener.write([garden(10, garden_id=HERBS, bed="south", is_empty=True, picked=7, plants=7)])
    assert answer(gardener, "plants", "picked") == [(9, 25)]


def test_today_counts_in_a_sum_but_not_per_day(gardener):
    gardener.write([garden(9, picked=90)])
    asked = {"bucket": "week", "days": (7, 14), "closed": 9}
    assert answer(gardener, "picked", "picked_a_day", **asked) == [(SECOND, 100, 5.0)]  # 10 / 2


def test_a_bucket_that_the_window_cuts_keeps_its_name(gardener):
    assert answer(gardener, "picked_a_day", bucket="week", days=(1, 3)) == [(FIRST, 5.5)]  # 11 / 2


def test_all_days_are_named_by_their_first(gardener):
    assert gardener.aggregate(query("picked", days=(1, 14)))["bucket"].to_list() == [day(1)]


@pytest.mark.parametrize("days", [(3, 3), (5, 2), (40, 50)])
@pytest.mark.parametrize("measures", [("picked",), ("picked", "picked_a_day", "ripe_ratio")])
@pytest.mark.parametrize("bucket", ["day", "all"])
def test_days_without_rows_have_no_answer(gardener, days, measures, bucket):
    assert answer(gardener, *measures, days=days, bucket=bucket) == []


@pytest.mark.parametrize("days", [(3, 3), (5, 2)])
def test_a_window_without_days_has_no_stock(gardener, days):
    assert answer(gardener, "plants", days=days) == []


def test_years_of_days(gardener):
    frame = gardener.aggregate(query("plants", bucket="day", days=(0, 1096)))
    assert frame["bucket"].to_list() == [day(each) for each in range(1096)]


# --- groups, filters, order


def test_groups_are_columns_of_the_key(gardener):
    by = ("garden_id", "bed")
    assert answer(gardener, "picked", "ripe_ratio", by=by) == [
        (str(ROSES), "north", 20, 0.75),
        (str(HERBS), "south", 5, 0.0),
    ]


def test_populations_stand_side_by_side(gardener):
    assert answer(gardener, "picked", by=("population",)) == [("all", 100), ("people", 25)]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"garden_id": ROSES}, [(20,)]),
        ({"garden_id": str(ROSES).upper()}, [(20,)]),
        ({"garden_id": [ROSES, str(HERBS)]}, [(25,)]),
        ({"garden_id": [REPO]}, []),
        ({"garden_id": []}, []),
        ({"bed": "south"}, [(5,)]),
        ({"bed": None}, []),
        ({"bed": ("north", "none"), "garden_id": HERBS}, []),
        ({"population": "all"}, [(100,)]),
        ({"population": ["all"]}, [(100,)]),
    ],
)
def test_a_filter_takes_a_value_or_a_list(gardener, where, expected):
    assert answer(gardener, "picked", where=where) == expected


def test_rows_come_by_bucket_and_group(gardener):
    rows = answer(gardener, "picked", bucket="month", by=("bed",))
    assert rows == [(JANUARY, "north", 10), (JANUARY, "south", 5), (FEBRUARY, "north", 10)]


def test_a_measure_may_order_and_ties_come_by_bucket(gardener):
    asked = {"bucket": "month", "by": ("bed",), "order": (("picked", "desc"),)}
    assert [row[1:] for row in answer(gardener, "picked", **asked)] == [
        ("north", 10),
        ("north", 10),
        ("south", 5),
    ]


@pytest.mark.parametrize(
    ("way", "expected"), [("asc", [0.5, 0.5, 1.0, None]), ("desc", [1.0, 0.5, 0.5, None])]
)
def test_nulls_come_last_in_both_directions(gardener, way, expected):
    asked = {"bucket": "day", "where": {"bed": "north"}, "order": (("ripe_ratio", way),)}
    assert [ratio for _, ratio in answer(gardener, "ripe_ratio", **asked)] == expected


def test_a_limit_cuts_after_the_order(gardener):
    asked = {"bucket": "day", "order": (("picked", "desc"),), "limit": 2}
    assert answer(gardener, "picked", **asked) == [(day(8), 10), (day(2), 6)]


def test_a_limit_of_nothing_is_an_empty_answer(gardener):
    assert answer(gardener, "picked", limit=0) == []


# --- versions


def test_the_newest_rows_are_added_up(gardener, versions):
    versions(1).write([garden(0, picked=1), garden(2, picked=1)])
    assert answer(gardener, "picked") == [(17,)]  # 1 + 1 + 0 + 10 + 5


def test_as_of_adds_up_what_was_newest_then(gardener, versions):
    versions(1).write([garden(8, plants=1)])
    asked = [answer(gardener, "picked", "plants", as_of=at(minute)) for minute in (-1, 0, 1)]
    assert asked == [[], [(25, 29)], [(15, 21)]]


# --- what cannot be asked


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"by": ("day",)}, "cannot group by day"),
        ({"by": ("picked",)}, "cannot group by picked"),
        ({"by": ("nothing",)}, "cannot group by nothing"),
        ({"where": {"picked": 1}}, "cannot filter on picked"),
        ({"where": {"day": day(0)}}, "cannot filter on day"),
        ({"where": {"population": ["all", "people"]}}, "cannot add up several populations"),
        ({"order": (("plants", "asc"),)}, "cannot order by plants"),
        ({"order": (("bed", "asc"),)}, "cannot order by bed"),
    ],
)
def test_what_cannot_be_grouped_is_said(asked, reason):
    with pytest.raises(Permanent, match=f"^not_groupable: garden_days rows {reason}"):
        query("picked", **asked)


@pytest.mark.parametrize("measure", ["height_p50", "bed", "nothing", "is_empty"])
def test_what_does_not_add_up_is_said(measure):
    reason = f"^not_groupable: garden_days rows cannot add up {measure}"
    with pytest.raises(Permanent, match=reason):
        query("picked", measure)


def test_a_record_level_measure_of_production_does_not_add_up():
    with pytest.raises(Permanent, match="repo_metrics_daily rows cannot add up authors_count"):
        query("authors_count", rollup=RepoDay)


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"bucket": "year"}, "`year` is no bucket"),
        ({"bucket": "day', day) --"}, "is no bucket"),
        ({"order": (("picked", "up"),)}, "`up` is no direction"),
        ({"limit": -1}, "no -1 rows"),
        ({"by": ("bed", "bed")}, "each column once"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(asked, reason):
    with pytest.raises(Permanent, match=reason):
        query("picked", **asked)


def test_a_query_without_measures_is_refused():
    with pytest.raises(Permanent, match="one measure at least"):
        query()
