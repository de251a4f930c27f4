"""What a compute writes of pull requests, and that time itself adds days while they are open."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from devhealth.due import overdue
from devhealth.models.records import PullRequest
from devhealth.models.rollups import RepoDay, ReviewEdgeDay
from tests.devhealth.metrics.by_hand import every_table
from tests.devhealth.metrics.pulls import many_pulls, pull, records, review
from tests.devhealth.metrics.pulls_by_hand import LAST
from tests.devhealth.metrics.worlds import API, ROBOT, WEB, work
from tests.devhealth.stores import Organisation
from tests.examples import tried

OPENED = date(2026, 1, 5)


def day(number):
    """Of January 2026; beyond it, of the months after it."""
    return date(2026, 1, 1) + timedelta(days=number - 1)


OPEN = pull(1, "2026-01-05 12:00")
MERGED = pull(1, "2026-01-05 12:00", merged="2026-01-08 12:00")


def open_days(organisation, population="people", *, empty=False):
    """How many are open at the end of each day that has a row."""
    return {
        row["day"].day if row["day"].month == 1 else row["day"]: row["prs_open"]
        for row in organisation.rows(RepoDay, empty=empty)
        if row["population"] == population
    }


def take(organisation, pulls, today, **more):
    return organisation.compute(organisation.tell(records(pulls), today, **more), today)


# --- days that time itself adds ------------------------------------------------------------------


def test_an_open_pull_request_has_a_row_on_each_day_up_to_today(acme):
    take(acme, [OPEN], day(8))
    assert open_days(acme) == {5: 1, 6: 1, 7: 1, 8: 1}


def test_a_new_day_owes_a_row_without_anything_having_happened(acme):
    take(acme, [OPEN], day(8))
    assert overdue(acme.sink(), day(10)).days == {(PullRequest, str(API)): {day(9), day(10)}}
    acme.compute(overdue(acme.sink(), day(10)), day(10))
    assert open_days(acme) == dict.fromkeys(range(5, 11), 1)
    assert not overdue(acme.sink(), day(10)).days


def test_what_is_closed_owes_nothing(acme):
    take(acme, [MERGED], day(9))
    assert open_days(acme) == {5: 1, 6: 1, 7: 1, 8: 0}
    assert not overdue(acme.sink(), day(30)).days


def test_a_bots_pull_request_owes_days_too(acme):
    take(acme, [pull(1, "2026-01-05 12:00", by=ROBOT)], day(5))
    acme.compute(overdue(acme.sink(), day(7)), day(7))
    assert open_days(acme, "all") == {5: 1, 6: 1, 7: 1}
    assert open_days(acme) == {}


def test_a_merge_that_is_learnt_late_takes_back_the_days_after_it(acme):
    take(acme, [OPEN], day(12))
    take(acme, [MERGED], day(12))
    assert open_days(acme) == {5: 1, 6: 1, 7: 1, 8: 0}
    assert open_days(acme, empty=True)[12] == 0


def test_a_reopened_one_gets_the_days_that_it_was_closed(acme):
    take(acme, [pull(1, "2026-01-05 12:00", closed="2026-01-06 12:00")], day(7))
    take(acme, [OPEN], day(9))
    assert open_days(acme) == dict.fromkeys(range(5, 10), 1)


def test_a_deleted_one_takes_its_days_back(acme):
    take(acme, [OPEN, pull(2, "2026-01-07 12:00", repo=WEB)], day(9))
    take(acme, [OPEN], day(9), lost=True)
    rows = [row for row in acme.rows(RepoDay) if row["repo_id"] == str(API)]
    assert rows == []
    assert open_days(acme) == {7: 1, 8: 1, 9: 1}
    assert not overdue(acme.sink(), day(9)).days


def test_a_commit_of_a_quiet_time_leaves_no_gap_in_what_is_open(acme):
    """Synced on 6 January, and then not before 2 March."""
    take(acme, [OPEN], day(6))
    acme.compute(acme.take([work("2026-03-02 10:00")]), date(2026, 3, 2))
    days = {row["day"] for row in acme.rows(RepoDay) if row["prs_open"]}
    assert days == {OPENED + timedelta(days=ahead) for ahead in range(57)}


def test_a_day_ahead_of_today_has_what_is_open_and_no_day_between_has(acme):
    take(acme, [OPEN, pull(2, "2026-01-20 10:00")], day(7))
    assert open_days(acme) == {5: 1, 6: 1, 7: 1, 20: 2}


def test_a_day_that_was_ahead_is_right_when_it_comes(acme):
    take(acme, [OPEN, pull(2, "2026-01-20 10:00")], day(7))
    take(acme, [MERGED], day(9))
    acme.compute(overdue(acme.sink(), day(21)), day(21))
    assert open_days(acme) == {5: 1, 6: 1, 7: 1, 8: 0, 20: 1, 21: 1}


# --- what is written -----------------------------------------------------------------------------


def test_a_second_compute_writes_nothing(acme):
    said = review("2026-01-06 10:00")
    take(acme, [pull(1, "2026-01-05 12:00", said)], day(9))
    assert not any(acme.compute_everything(day(9)).values())


def test_a_review_alone_writes_its_own_day_and_what_waited(acme):
    take(acme, [OPEN], day(9))
    written = take(acme, [pull(1, "2026-01-05 12:00", review("2026-01-07 10:00"))], day(9))
    # 7 to 9 January no longer wait, in both populations; Grace's and Ada's rows of the 7th; the
    # team that nobody is in, which has both; who reviewed whom.
    assert {table: rows for table, rows in written.items() if rows} == {
        "repo_metrics_daily": 2 * 3,
        "user_metrics_daily": 2,
        "team_metrics_daily": 2,
        "review_edges_daily": 1,
    }


def test_a_review_that_is_lost_takes_its_edge_back(acme):
    one = pull(1, "2026-01-05 12:00", review("2026-01-07 10:00"))
    take(acme, [one], day(9))
    acme.compute(acme.tell(one.reviews, day(9), lost=True), day(9))
    assert acme.rows(ReviewEdgeDay) == []
    (edge,) = acme.rows(ReviewEdgeDay, empty=True)
    assert (edge["is_empty"], edge["reviews_count"]) == (True, 0)


WORLD = [
    pull(1, "2024-02-28 23:55", review("2024-03-01 00:00"), merged="2024-03-01 00:05"),
    pull(2, "2024-02-01 10:00", review("2024-03-20 10:00", state="commented"), ready=None),
    pull(3, "2024-03-01 10:00", closed="2024-03-02 00:00", by=ROBOT, repo=WEB),
]


def test_every_store_gives_the_same_rows(any_store):
    acme = Organisation(any_store)
    works = [work("2024-02-29 10:00", {"a": (1, 0)})]
    touches = acme.take(works) | acme.tell(records(WORLD), LAST)
    acme.compute(touches, LAST)
    assert acme.rollups() == every_table(works, pulls=WORLD)
    assert not any(acme.compute_everything(LAST).values())


# --- any way to the same records gives the same rows ---------------------------------------------

steps = st.lists(st.tuples(st.integers(1, 4), st.integers(0, 20)), min_size=1, max_size=4)


@given(many_pulls, steps, st.data())
@tried(3)
def test_syncs_in_any_portions_end_where_one_sync_does(store, pulls, portions, data):
    """Portions come in any order, on days of their own; some are lost, some of these return."""
    acme, globex = Organisation(store), Organisation(store)
    arriving, today = data.draw(st.permutations(pulls)), date(2024, 3, 1)
    for share, days in portions:
        portion, arriving = arriving[:share], arriving[share:]
        take(acme, portion, today)
        if portion and share % 2:
            take(acme, portion[:2], today, lost=True)
            take(acme, portion[:1], today)
            arriving += portion[1:2]
        today += timedelta(days=days)
    take(acme, arriving, LAST)
    acme.compute(overdue(acme.sink(), LAST), LAST)
    globex.tell(records(pulls), LAST)
    globex.compute_everything(LAST)
    assert acme.rollups() == globex.rollups() == every_table([], pulls=pulls)
