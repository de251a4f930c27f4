"""What a compute writes, and that it never shows which way a store came to its records."""

from contextlib import suppress
from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devhealth.due import everything, overdue
from devhealth.models.records import Commit, CommitFile
from devhealth.models.rollups import ROLLUPS, FileDay, RepoDay, TeamDay, UserDay
from devhealth.recompute import recompute
from tests.devhealth.metrics.by_hand import every_table, file_days, team_days
from tests.devhealth.metrics.worlds import (
    API,
    GRACE,
    ROBOT,
    START,
    WEB,
    at,
    copied,
    copied_worlds,
    known_repositories,
    repository,
    work,
    worlds,
)
from tests.devhealth.stores import Organisation
from tests.devhealth.sync.disturbed import Countdown, EndedError
from tests.examples import tried

MONDAY = date(2026, 1, 5)
LATER = date(2026, 12, 31)


def day(text):
    return date.fromisoformat(text)


# --- what is written -------------------------------------------------------------------------

NOTHING = {cls.table: 0 for cls in ROLLUPS}
NO_ROWS = [[] for _ in ROLLUPS]
TWO = [
    work("2026-01-05 10:00", {"a": (3, 0)}),
    work("2026-01-07 10:00", {"a": (4, 0)}, by=GRACE),
]


def test_a_second_compute_writes_nothing(acme):
    acme.take(TWO)
    assert acme.compute_everything(LATER) == NOTHING | {
        "repo_metrics_daily": 64,
        "user_metrics_daily": 2,
        "team_metrics_daily": 4,
        "file_metrics_daily": 2,
        "investment_metrics_daily": 4,
    }
    assert acme.compute_everything(LATER) == NOTHING


def test_only_touched_days_are_computed(acme):
    """A commit that nobody reported stays unseen until its day is touched."""
    touches = acme.take(TWO[:1])
    acme.take([work("2026-06-01 10:00", {"b": (1, 0)})])
    acme.compute(touches, LATER)
    assert max(row["day"] for row in acme.rows(RepoDay)) == day("2026-02-03")


def test_what_did_not_change_is_not_written_again(acme):
    acme.compute(acme.take(TWO[:1]), LATER)
    written = acme.compute(acme.take(TWO[1:]), LATER)
    # 5 and 6 January stay; 7 January to 3 February change, 4 and 5 February are new.
    assert written == NOTHING | {
        "repo_metrics_daily": 2 * (28 + 2),
        "user_metrics_daily": 1,
        "team_metrics_daily": 2,
        "file_metrics_daily": 1,
        "investment_metrics_daily": 2,
    }


def test_a_window_that_loses_a_day_is_computed_up_to_today(acme):
    acme.compute(acme.take(TWO), day("2026-01-10"))
    assert max(row["day"] for row in acme.rows(RepoDay)) == day("2026-01-10")


def test_a_day_that_vanished_whole_gets_an_empty_row(acme):
    acme.compute(acme.take(TWO[:1]), LATER)
    acme.compute(acme.take(TWO[:1], lost=True), LATER)
    assert acme.rollups() == NO_ROWS
    lost = acme.rows(RepoDay, empty=True)[0]
    assert (lost["is_empty"], lost["commits_count"], lost["bus_factor_30d"]) == (True, 0, None)


def test_an_empty_row_keeps_what_is_no_measure(acme):
    robot = [work("2026-01-05 10:00", {"a": (3, 0)}, by=ROBOT)]
    acme.compute(acme.take(robot), LATER)
    acme.compute(acme.take(robot, lost=True), LATER)
    (row,) = acme.rows(UserDay, empty=True)
    assert (row["actor_kind"], row["loc_added"], row["is_empty"]) == ("bot", 0, True)


def test_an_empty_row_is_written_once(acme):
    acme.compute(acme.take(TWO[:1]), LATER)
    touches = acme.take(TWO[:1], lost=True)
    acme.compute(touches, LATER)
    assert acme.compute(touches, LATER) == NOTHING


def test_a_day_that_returns_is_no_longer_empty(acme):
    acme.compute(acme.take(TWO[:1]), LATER)
    before = acme.rollups()
    acme.compute(acme.take(TWO[:1], lost=True), LATER)
    acme.compute(acme.take(TWO[:1]), LATER)
    assert acme.rollups() == before


def test_a_day_that_lost_its_own_commits_keeps_its_windows(acme):
    acme.compute(acme.take(TWO), LATER)
    acme.compute(acme.take(TWO[1:], lost=True), LATER)
    (row,) = [
        row
        for row in acme.rows(RepoDay)
        if (row["day"], row["population"]) == (day("2026-01-07"), "people")
    ]
    assert (row["commits_count"], row["changed_loc_30d"], row["is_empty"]) == (0, 3, False)


def test_a_compute_that_began_earlier_loses(acme, store):
    late = acme.sink()
    acme.take(TWO)
    acme.compute_everything(LATER)
    newest = acme.rollups()
    acme.take(TWO[1:], lost=True)
    recompute(late, everything(late), today=LATER)
    assert acme.rollups() == newest


def test_rows_carry_the_version_that_the_run_was_given_before_it_read(acme):
    acme.take(TWO)
    sink = acme.sink()
    recompute(sink, everything(sink), today=LATER)
    assert sink.latest(RepoDay)["computed_at"].unique().to_list() == [sink.version]


def test_a_row_of_then_is_still_what_it_was(acme):
    acme.compute(acme.take(TWO[:1]), LATER)
    then = acme.sink().version
    acme.compute(acme.take(TWO), LATER)
    old = acme.sink().latest(RepoDay, as_of=then).filter(pl.col("day") == day("2026-01-07"))
    assert old["changed_loc_30d"].to_list() == [3, 3]


@pytest.mark.parametrize("moment", ["1900-01-01 00:00", "1969-12-31 12:00", "2299-12-31 23:59"])
def test_days_beyond_anybodys_lifetime_are_computed(acme, moment):
    works = [work(moment, {"a": (3, 0)}), *TWO]
    acme.compute(acme.take(works), LATER)
    assert day(moment[:10]) in {row["day"] for row in acme.rows(RepoDay)}


def test_a_day_ahead_of_today_has_its_own_row_and_none_after_it(acme):
    acme.compute(acme.take(TWO), MONDAY)
    assert {row["day"] for row in acme.rows(RepoDay)} == {MONDAY, day("2026-01-07")}


def test_windows_of_a_day_ahead_of_today_hold_what_came_later(acme):
    acme.compute(acme.take(TWO[1:]), MONDAY)
    acme.compute(acme.take(TWO[:1]), MONDAY)
    assert {row["changed_loc_30d"] for row in acme.rows(RepoDay)} == {3, 7}


def test_a_day_ahead_of_today_that_lost_its_commits_has_no_row(acme):
    acme.compute(acme.take(TWO), MONDAY)
    acme.compute(acme.take(TWO[1:], lost=True), MONDAY)
    assert {row["day"] for row in acme.rows(RepoDay)} == {MONDAY}


def test_everything_is_every_day_with_records_or_rows(acme):
    acme.compute(acme.take(TWO[:1]), day("2026-01-06"))
    acme.take(TWO[:1], lost=True)
    acme.take([work("2026-03-01 10:00")])
    touches = everything(acme.sink())
    assert touches.days[Commit, str(API)] == {MONDAY, day("2026-01-06"), day("2026-03-01")}


def test_everything_of_one_partition_leaves_the_others_out(acme):
    acme.take([*TWO, work("2026-01-06 10:00", {"a": (1, 0)}, repo=WEB)])
    acme.compute_everything(LATER)
    assert everything(acme.sink(), partition=str(WEB)).partitions() == [str(WEB)]


def test_everything_of_a_span_is_half_open(acme):
    acme.take([*TWO, work("2026-01-06 10:00", {"a": (1, 0)})])
    touches = everything(acme.sink(), MONDAY, day("2026-01-07"))
    assert touches.days[Commit, str(API)] == {MONDAY, day("2026-01-06")}


def test_two_years_that_are_read_in_parts_are_what_plain_python_counts(acme):
    """Windows touch one another all the way, so that only the longest run cuts them."""
    start = at("2024-01-01 12:00")
    years = [work(start + timedelta(days=n), {"a": (n, 1)}) for n in range(0, 731, 17)]
    acme.compute(acme.take(years), LATER)
    assert acme.rollups() == every_table(years)


# --- teams: the whole organisation -------------------------------------------------------------

OF_WEB = [work("2026-01-05 10:00", {"a": (3, 0)}, owner="web", team="web", name="c")]
ELSEWHERE = [work("2026-01-05 11:00", by=GRACE, repo=WEB, owner="platform", team="web")]


def team_row(acme, team, **more):
    (row,) = [
        row
        for row in acme.rows(TeamDay, **more)
        if (row["team_id"], row["population"]) == (team, "people")
    ]
    return row


def test_a_second_repository_adds_to_a_teams_day(acme):
    acme.compute(acme.take(OF_WEB), LATER)
    acme.compute(acme.take(ELSEWHERE), LATER)
    assert acme.rows(TeamDay) == team_days(OF_WEB + ELSEWHERE)
    assert team_row(acme, "web")["active_members_count"] == 2


def test_a_repository_that_lost_its_commits_leaves_a_team_the_others(acme):
    acme.compute(acme.take(OF_WEB + ELSEWHERE), LATER)
    acme.compute(acme.take(ELSEWHERE, lost=True), LATER)
    assert acme.rows(TeamDay) == team_days(OF_WEB)
    assert team_row(acme, "platform", empty=True)["commits_count"] == 0


def test_one_touched_day_writes_a_teams_row_of_that_day_only(acme):
    acme.compute(acme.take([*OF_WEB, work("2026-01-06 10:00", team="web")]), LATER)
    touches = acme.take([work("2026-01-06 11:00", by=ROBOT, team="web")])
    assert acme.compute(touches, LATER)["team_metrics_daily"] == 2  # web's and nobody's, of all


def test_a_copy_that_is_synced_later_changes_nothing_of_a_team(acme):
    acme.know([repository(API), repository(WEB, is_fork=True)])
    acme.compute(acme.take(OF_WEB), LATER)
    written = acme.compute(acme.take(copied(OF_WEB, WEB, team_id="platform")), LATER)
    assert written["team_metrics_daily"] == 0


def test_a_commit_moves_to_the_original_when_that_is_synced_and_back_when_it_is_lost(acme):
    acme.know([repository(API), repository(WEB, is_fork=True)])
    acme.compute(acme.take(copied(OF_WEB, WEB, team_id="platform")), LATER)
    assert team_row(acme, "platform")["commits_count"] == 1
    acme.compute(acme.take(OF_WEB), LATER)
    assert team_row(acme, "platform", empty=True)["is_empty"]
    acme.compute(acme.take(OF_WEB, lost=True), LATER)
    assert team_row(acme, "platform")["commits_count"] == 1


# --- files: days that changed them ---------------------------------------------------------------


def test_a_change_alters_the_same_files_days_up_to_29_later(acme):
    """`a` on 5 and 20 January and 4 February, `b` on the 20th; then `a` on the 6th, too."""
    days = ("2026-01-05", "2026-01-20", "2026-02-04")
    works = [work(f"{day} 10:00", {"a": (1, 0)}) for day in days]
    works.append(work("2026-01-20 11:00", {"b": (1, 0)}, by=GRACE))
    acme.compute(acme.take(works), LATER)
    more = [work("2026-01-06 10:00", {"a": (2, 0)})]
    assert acme.compute(acme.take(more), LATER)["file_metrics_daily"] == 3  # the 6th, 20th and 4th
    assert acme.rows(FileDay) == file_days(works + more)


def test_a_file_whose_change_was_lost_has_an_empty_row_of_that_day(acme):
    acme.compute(acme.take(TWO), LATER)
    acme.compute(acme.take(TWO[:1], lost=True), LATER)
    lost, left = acme.rows(FileDay, empty=True)
    assert (lost["day"], lost["is_empty"], lost["commits_30d"]) == (MONDAY, True, 0)
    assert (left["commits_30d"], left["hotspot_score_30d"]) == (1, 1.609438)  # 1 · ln 5


# --- where a compute may be ended ------------------------------------------------------------


def cut(acme, touches, call):
    """Compute up to the n-th checkpoint; whether that was before the end."""
    countdown = Countdown("checkpoint", call)
    with suppress(EndedError):
        recompute(
            acme.sink(), touches, today=LATER, checkpoint=lambda: countdown.pass_by("checkpoint")
        )
        return False
    return True


def test_a_compute_ended_before_its_first_write_wrote_nothing(acme):
    touches = acme.take(TWO)
    assert cut(acme, touches, 3)  # the partition, its one run of days, the first table
    assert acme.rollups() == NO_ROWS


def test_a_compute_ended_anywhere_and_run_again_is_an_undisturbed_one(acme, store):
    works = [*TWO, work("2026-06-01 10:00", {"b": (1, 0)}), work("2026-01-06 10:00", repo=WEB)]
    touches, call = acme.take(works), 1
    while cut(acme, touches, call):
        call += 1
    globex = Organisation(store)
    globex.compute(globex.take(works), LATER)
    assert acme.rollups() == globex.rollups()
    assert call > 2 + 3  # at least two partitions, three runs of days


# --- days that time itself adds --------------------------------------------------------------


def test_a_new_day_owes_the_windows_that_reach_it(acme):
    acme.compute(acme.take(TWO), day("2026-01-08"))
    assert overdue(acme.sink(), day("2026-01-09")).days == {
        (CommitFile, str(API)): {day("2026-01-09")}
    }


def test_what_was_overdue_is_so_no_longer_once_computed(acme):
    acme.compute(acme.take(TWO), day("2026-01-08"))
    acme.compute(overdue(acme.sink(), day("2026-01-20")), day("2026-01-20"))
    assert not overdue(acme.sink(), day("2026-01-20")).days
    assert max(row["day"] for row in acme.rows(RepoDay)) == day("2026-01-20")


@pytest.mark.parametrize("today", ["2026-01-08", "2026-02-05", "2026-06-01"])
def test_nothing_is_overdue_when_everything_was_computed(acme, today):
    acme.compute(acme.take([*TWO, work("2026-01-09 10:00", parents=2)]), LATER)
    assert not overdue(acme.sink(), day(today)).days


def test_a_quiet_time_between_two_syncs_leaves_no_gap(acme):
    """Synced on 8 January and then on 1 April: the days between were nobody's today."""
    acme.compute(acme.take(TWO), day("2026-01-08"))
    acme.compute(acme.take([work("2026-03-31 10:00", {"a": (1, 0)})]), day("2026-04-01"))
    days = {row["day"] for row in acme.rows(RepoDay)}
    assert {MONDAY + timedelta(days=ahead) for ahead in range(32)} <= days


# --- any way to the same records gives the same rows -------------------------------------------

steps = st.lists(st.tuples(st.integers(1, 8), st.integers(0, 40)), min_size=1, max_size=4)


@given(copied_worlds, known_repositories, steps, st.data())
@tried(3)
def test_syncs_in_any_portions_end_where_one_sync_does(store, world, known, portions, data):
    """Portions come in any order, on days of their own; some are lost, some of these return."""
    acme, globex = Organisation(store), Organisation(store)
    for organisation in (acme, globex):
        organisation.know(known)
    arriving = data.draw(st.permutations(world))
    today = START.date() + timedelta(days=30)
    for share, days in portions:
        portion = arriving[:share]
        arriving = arriving[share:]
        acme.compute(acme.take(portion), today)
        if portion and share % 2:
            acme.compute(acme.take(portion[:2], lost=True), today)
            acme.compute(acme.take(portion[:1]), today)
            arriving += portion[1:2]
        today += timedelta(days=days)
    last = acme.take(arriving)
    acme.compute(last | overdue(acme.sink(), today), today)
    globex.take(world)
    globex.compute_everything(today)
    assert acme.rollups() == globex.rollups()


@given(worlds)
@tried(3)
def test_another_organisation_of_the_store_changes_nothing(store, world):
    acme = Organisation(store)
    acme.compute(acme.take(world), LATER)
    before = acme.rollups()
    globex = Organisation(store)
    globex.compute(globex.take(world[::2]), LATER)
    assert acme.rollups() == before
