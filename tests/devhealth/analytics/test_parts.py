"""What is shown of an answer: how much, in which order, and who is not told apart."""

from datetime import date
from uuid import UUID

import pytest

from devhealth.analytics.parts import Privacy, Shown, breakdown, timeseries
from tests.devhealth.analytics.asking import answered, question
from tests.devhealth.metrics.worlds import ADA, API, DOCS, GRACE, JOAN, WEB, work
from tests.devhealth.stores import Organisation

LATER = date(2026, 12, 31)
FIRST = date(2026, 1, 1)
OPEN = Privacy(threshold=1)

# Ada 3 commits, Grace 2, Joan 1; API 3, WEB 2, DOCS 1.
DAYS = [
    work("2026-01-05 10:00", {"a": (1, 0)}, by=JOAN),
    work("2026-01-05 11:00", {"a": (2, 0)}, by=GRACE),
    work("2026-01-06 12:00", {"a": (3, 0)}, by=GRACE),
    work("2026-01-07 10:00", {"a": (4, 0)}, by=ADA, repo=WEB),
    work("2026-01-12 11:00", {"a": (5, 0)}, by=ADA, repo=WEB),
    work("2026-01-12 12:00", {"a": (60, 0)}, by=ADA, repo=DOCS),
    work("2025-12-30 12:00", {"a": (7, 0)}, by=ADA, repo=DOCS),
]


@pytest.fixture(scope="module")
def sink(store):
    organisation = Organisation(store)
    organisation.compute(organisation.take(DAYS), LATER)
    return organisation.sink()


def by(sink, dimension, measure="commits_count", **more):
    return answered(sink, question(measure, dimension, **more))


def keys(part):
    return [item.key[0] for item in part.items]


def test_persons_who_are_too_few_are_one_group(sink):
    part = breakdown(by(sink, "author"))
    assert (part.items, part.others, part.folded, part.is_private) == ([], 6, 3, True)


def test_who_asks_sees_their_own(sink):
    part = breakdown(by(sink, "author"), privacy=Privacy(own=frozenset({str(ADA)})))
    assert [(item.key, item.value) for item in part.items] == [((str(ADA),), 3)]
    assert (part.others, part.folded) == (3, 2)


def test_series_of_persons_who_are_too_few_are_one(sink):
    (series,) = timeseries(by(sink, "author", bucket="week"))
    assert series.key is None
    assert [(point.day, point.value) for point in series.points if point.value] == [
        (date(2026, 1, 5), 4),
        (date(2026, 1, 12), 2),
    ]


def test_persons_are_not_ranked_unless_somebody_asks(sink):
    assert keys(breakdown(by(sink, "author"), privacy=OPEN)) == [str(ADA), str(GRACE), str(JOAN)]
    rising = breakdown(by(sink, "author"), privacy=OPEN, shown=Shown(order="value_asc"))
    assert keys(rising) == [str(JOAN), str(GRACE), str(ADA)]


def test_as_many_persons_as_the_threshold_are_told_apart(sink):
    assert len(breakdown(by(sink, "author"), privacy=Privacy(threshold=3)).items) == 3


def test_repositories_come_the_largest_first_with_their_share(sink):
    part = breakdown(by(sink, "repo"))
    assert [(UUID(item.key[0]), item.share) for item in part.items] == [
        (API, 0.5),
        (WEB, pytest.approx(1 / 3)),
        (DOCS, pytest.approx(1 / 6)),
    ]


def test_what_is_beyond_the_top_is_told_together(sink):
    part = breakdown(by(sink, "repo"), shown=Shown(top=1), include_others=True)
    assert (keys(part), part.others, part.folded) == ([str(API)], 3, 2)


def test_the_others_median_is_no_mean_of_medians(sink):
    answer = by(sink, "repo", "commit_size_loc_p50")
    part = breakdown(answer, shown=Shown(top=1), include_others=True)
    assert keys(part) == [str(DOCS)]
    assert part.others == 3  # of 1, 2, 3, 4 and 5


def test_no_share_is_told_of_what_is_no_sum(sink):
    assert {item.share for item in breakdown(by(sink, "repo", "authors_count")).items} == {None}


def test_the_days_before_stand_beside(sink):
    prior = by(sink, "repo", days=question("commits_count").prior)
    part = breakdown(by(sink, "repo"), prior)
    assert {UUID(item.key[0]): item.prior for item in part.items} == {
        API: None,
        WEB: None,
        DOCS: 1,
    }


def test_gaps_are_filled_with_0_of_a_sum_and_null_of_a_statistic(sink):
    days = (date(2026, 1, 7), date(2026, 1, 10))
    sums, medians = (
        timeseries(by(sink, None, name, bucket="day", days=days), fill_gaps=True)[0]
        for name in ("commits_count", "commit_size_loc_p50")
    )
    assert [point.value for point in sums.points] == [1, 0, 0]
    assert [point.value for point in medians.points] == [4, None, None]


def test_a_series_has_its_total_by_the_same_definition(sink):
    (series,) = timeseries(by(sink, None, "commit_size_loc_p50", bucket="week"))
    assert series.total == 3.5  # of 1, 2, 3, 4, 5 and 60


def test_an_organisation_without_rows_has_a_series_without_points(store):
    (series,) = timeseries(by(Organisation(store).sink(), None, bucket="week"))
    assert (list(series.points), series.total) == ([], None)
