"""A measure by two axes: cells by hand, and sums that must come to the whole."""

from datetime import date

import pytest

from devhealth.analytics.answers import Answer, ask
from devhealth.analytics.catalogue import catalogue
from devhealth.analytics.heatmaps import Axes, Time, heatmap
from devhealth.analytics.parts import Privacy
from devhealth.analytics.questions import Dimension, Unanswerable
from tests.devhealth.analytics.asking import TODAY, answered, question
from tests.devhealth.analytics.items import item, put
from tests.devhealth.delivery.things import landed, pull
from tests.devhealth.metrics.worlds import ADA, API, GRACE, JOAN, WEB, work
from tests.devhealth.stores import Organisation

LATER = date(2026, 12, 31)
EVERYBODY = Privacy(threshold=1)
WHEN = Axes(Time.DAY_OF_WEEK, Time.HOUR_OF_DAY)

# Monday 5, Tuesday 6 and Monday 12 January 2026; the last one is Tuesday in Tokyo.
WORKS = [
    work("2026-01-05 10:00", {"a": (10, 0)}),
    work("2026-01-05 10:59", {"a": (30, 0)}, by=GRACE),
    work("2026-01-06 10:00", {"b": (100, 0)}, repo=WEB, by=JOAN),
    work("2026-01-12 23:30", {"a": (50, 0)}),
]


@pytest.fixture(scope="module")
def worked(store):
    organisation = Organisation(store)
    organisation.compute(organisation.take(WORKS), LATER)
    return organisation


def asked(measure, axes, **more):
    first, *others = (*axes.dimensions, None)
    beside = tuple(each for each in others if each)
    return question(measure, first, beside=beside, bucket=axes.bucket, clock=axes.clock, **more)


def found(organisation, axes, measure="commits_count", top=20, privacy=EVERYBODY, **more):
    answer = answered(organisation.sink(), asked(measure, axes, **more))
    return heatmap(answer, axes, top=top, privacy=privacy)


def cells(told):
    return [(each.row, each.column, each.value) for each in told.cells]


# --- by hand -------------------------------------------------------------------------------------


def test_activity_by_weekday_and_hour(worked):
    told = found(worked, WHEN)
    assert cells(told) == [("MON", "10", 2), ("MON", "23", 1), ("TUE", "10", 1)]
    assert (len(told.rows), told.rows[0], len(told.columns)) == (7, "MON", 24)


def test_a_clock_elsewhere_shows_another_hour(worked):
    told = found(worked, WHEN, zone="Asia/Tokyo")
    assert cells(told) == [("MON", "19", 2), ("TUE", "08", 1), ("TUE", "19", 1)]


def test_a_statistic_is_taken_anew_of_what_is_in_a_cell(worked):
    """10 and 30, then 100, then 50: with the size of the sample."""
    told = found(worked, WHEN, "commit_size_loc_p50")
    assert cells(told) == [("MON", "10", 20), ("MON", "23", 50), ("TUE", "10", 100)]
    assert [each.sample for each in told.cells] == [2, 1, 1]


def test_a_week_by_weekdays_is_a_day_a_cell(worked):
    told = found(worked, Axes(Time.WEEK, Time.DAY_OF_WEEK))
    assert cells(told) == [
        ("2026-01-05", "MON", 2),
        ("2026-01-05", "TUE", 1),
        ("2026-01-12", "MON", 1),
    ]


def test_a_dimension_by_weeks(worked):
    told = found(worked, Axes(Dimension.REPO, Time.WEEK))
    api, web = str(API), str(WEB)
    assert cells(told) == [
        (api, "2026-01-05", 2),
        (api, "2026-01-12", 1),
        (web, "2026-01-05", 1),
    ]
    assert (told.rows, told.columns) == ([api, web], ["2026-01-05", "2026-01-12"])


def test_the_largest_groups_stay_and_the_rest_is_counted(worked):
    told = found(worked, Axes(Dimension.REPO, Time.HOUR_OF_DAY), top=1)
    assert (told.rows, told.beyond, told.is_private) == ([str(API)], 1, False)
    assert cells(told) == [(str(API), "10", 2), (str(API), "23", 1)]


def test_the_largest_come_first(worked):
    """100 lines in WEB, 90 in API; of a statistic the larger sample."""
    by_lines, by_sample = (
        found(worked, Axes(Dimension.REPO, Time.HOUR_OF_DAY), name)
        for name in ("loc_added", "commit_size_loc_p50")
    )
    assert (by_lines.rows, by_sample.rows) == ([str(WEB), str(API)], [str(API), str(WEB)])


def test_of_nothing_there_are_no_rows(store):
    told = found(Organisation(store), WHEN)
    assert (told.rows, told.columns, told.cells) == ([], [], [])


# --- people --------------------------------------------------------------------------------------

OF_PEOPLE = Axes(Dimension.AUTHOR, Time.HOUR_OF_DAY)


def test_people_come_by_their_ids(worked):
    assert found(worked, OF_PEOPLE).rows == [str(ADA), str(GRACE), str(JOAN)]


def test_people_who_are_too_few_see_themselves_alone(worked):
    told = found(worked, OF_PEOPLE, privacy=Privacy(5, frozenset({str(GRACE)})))
    assert cells(told) == [(str(GRACE), "10", 1)]
    assert (told.beyond, told.is_private) == (2, True)


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "axes",
    [
        (Time.DAY, Time.DAY),
        (Time.DAY, Time.WEEK),
        (Time.MONTH, Time.HOUR_OF_DAY),
        (Dimension.REPO, Dimension.FILE),
        (Dimension.AUTHOR, Dimension.REPO),
    ],
    ids=str,
)
def test_axes_that_do_not_go_together_are_refused(axes):
    with pytest.raises(Unanswerable) as refused:
        Axes(*axes)
    assert refused.value.code == "invalid_axes"


@pytest.mark.parametrize("measure", ["wip", "state_hours", "bus_factor_30d", "prs_open"])
def test_what_lasts_or_looks_back_is_of_no_hour(worked, measure):
    (outcome,) = ask(worked.sink(), [asked(measure, WHEN)], today=TODAY)
    assert outcome.code == "not_groupable"


# --- any measure ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def busy(store):
    """Commits, pull requests and items on a few days."""
    organisation = Organisation(store)
    organisation.take(WORKS)
    moves = ("2026-01-05 10:00", "in_progress"), ("2026-01-06 11:00", "done")
    put(organisation.sink(), [item(1, "2026-01-05 08:00", *moves, points=3.0)])
    organisation.sink().write([landed("c1", "2026-01-07 10:00")])
    organisation.sink().write([pull(1, "2026-01-06 10:00"), pull(2, "2026-01-07 23:00")])
    return organisation


@pytest.mark.parametrize("name", [each for each, of in catalogue().items() if of.kind == "sum"])
def test_the_hours_of_a_sum_come_to_the_whole(busy, name):
    """Or it is refused: what is told of hours is the measure and nothing else."""
    timed, whole = (
        question(name, clock=clock, bucket="all") for clock in (("weekday", "hour"), ())
    )
    by_hour, together = ask(busy.sink(), [timed, whole], today=TODAY)
    if isinstance(by_hour, Answer):
        again = Answer(whole, together.entry, by_hour.numbers)
        total = again.numbers.totals(name)["value"].sum()
        rows = by_hour.values()["value"].sum()
        assert rows == pytest.approx(total)
    else:
        assert by_hour.code == "not_groupable"
