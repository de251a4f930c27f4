"""Golden days of reviews: of a repository, of people, of teams, and between two."""

from datetime import date

import pytest

from devhealth.metrics.repo_metrics_daily import METRIC as OF_REPOSITORIES
from devhealth.metrics.review_edges_daily import METRIC as BETWEEN_TWO
from devhealth.metrics.team_metrics_daily import METRIC as OF_TEAMS
from devhealth.metrics.user_metrics_daily import METRIC as OF_USERS
from tests.devhealth.metrics.pulls import comment, pull, records, review
from tests.devhealth.metrics.worlds import ADA, API, GRACE, JOAN, ROBOT, WEB, frames, work

SPAN = (date(2026, 1, 1), date(2026, 3, 31))
MONDAY = date(2026, 1, 5)


def rows(metric, *pulls, works=(), day=MONDAY, **asked):
    found = metric.compute(frames(works, others=records(pulls)), span=SPAN, **asked)
    return found.filter(day=day).to_dicts()


def in_repository(*pulls, population="all", day=MONDAY):
    found = rows(OF_REPOSITORIES, *pulls, day=day)
    (row,) = [each for each in found if each["population"] == population]
    return [row[name] for name in ("reviews_count", "reviewers_count", "top_reviewer_share")]


def of_person(who, *pulls, works=(), day=MONDAY):
    found = rows(OF_USERS, *pulls, works=works, day=day)
    return next((each for each in found if each["author_id"] == str(who)), None)


OLD = pull(
    7, "2025-12-01 10:00",
    review("2026-01-05 09:00", GRACE, "changes_requested"),
    review("2026-01-05 10:00", GRACE, "approved"),
    review("2026-01-05 10:00", GRACE, "approved"),
    review("2026-01-05 11:00", JOAN, "commented"),
    review("2026-01-05 12:00", ROBOT, "commented"),
    review("2026-01-05 13:00", ADA, "commented"),
    comment("2026-01-05 14:00", ADA),
    comment("2026-01-05 15:00", JOAN),
)  # fmt: skip


# --- of a repository -----------------------------------------------------------------------------


def test_reviews_count_when_they_are_submitted_however_old_the_pull_request():
    assert in_repository(OLD) == [5, 3, 0.6]  # Grace's three of five, Joan's and the bot's


def test_people_leave_out_bots_reviews():
    assert in_repository(OLD, population="people") == [4, 2, 0.75]


def test_a_review_by_a_person_of_a_bots_work_is_a_persons():
    one = pull(1, "2026-01-05 10:00", review("2026-01-05 11:00"), by=ROBOT)
    assert in_repository(one, population="people") == [1, 1, 1.0]


def test_a_review_of_what_was_merged_counts():
    one = pull(1, "2026-01-02 10:00", review("2026-01-05 11:00"), merged="2026-01-02 11:00")
    assert in_repository(one) == [1, 1, 1.0]


def test_a_day_without_reviews_has_no_busiest_reviewer():
    assert in_repository(pull(1, "2026-01-05 10:00")) == [0, 0, None]


def test_five_to_midnight_and_five_past_are_two_days():
    one = pull(1, "2026-01-01 10:00", review("2026-01-05 23:55"), review("2026-01-06 00:05"))
    assert [in_repository(one, day=date(2026, 1, day))[0] for day in (5, 6)] == [1, 1]


# --- of people -----------------------------------------------------------------------------------

COUNTS = (
    "prs_opened", "prs_merged", "reviews_given", "changes_requested_given", "reviews_received",
    "comments_given",
)  # fmt: skip


@pytest.mark.parametrize(
    ("who", "counts"),
    [
        (ADA, [0, 0, 0, 0, 4, 1]),  # her own review is none, the bot's is not received
        (GRACE, [0, 0, 3, 1, 0, 0]),
        (JOAN, [0, 0, 1, 0, 0, 1]),
        (ROBOT, [0, 0, 1, 0, 0, 0]),
    ],
)
def test_who_gave_and_who_received(who, counts):
    row = of_person(who, OLD)
    assert [row[name] for name in COUNTS] == counts


def test_opened_and_merged_are_the_authors_on_their_own_days():
    one = pull(1, "2026-01-05 23:55", merged="2026-01-06 00:05", by=GRACE)
    counts = [of_person(GRACE, one, day=date(2026, 1, day)) for day in (5, 6)]
    assert [[row["prs_opened"], row["prs_merged"]] for row in counts] == [[1, 0], [0, 1]]


def test_who_only_received_a_bots_review_has_no_row():
    one = pull(1, "2025-12-01 10:00", review("2026-01-05 11:00", ROBOT))
    assert of_person(ADA, one) is None


# --- who they were -------------------------------------------------------------------------------


def told(who, *pulls, works=()):
    row = of_person(who, *pulls, works=works)
    return row["actor_kind"], row["team_id"]


def test_the_last_thing_that_they_did_says_their_team():
    works = [work("2026-01-05 10:00", by=GRACE, team="web")]
    one = pull(
        1, "2026-01-05 09:00", review("2026-01-05 11:00", GRACE, team="api"),
        comment("2026-01-05 10:30", GRACE, team="docs"),
    )  # fmt: skip
    assert told(GRACE, one, works=works) == ("human", "api")


def test_a_merge_says_it_only_of_who_did_nothing_else():
    """Ada was in the web team when she opened it; somebody merged it at night."""
    one = pull(1, "2025-12-01 10:00", merged="2026-01-05 23:00", team="web")
    assert told(ADA, one) == ("human", "web")
    works = [work("2026-01-05 10:00", team="api")]
    assert told(ADA, one, works=works) == ("human", "api")


def test_of_who_only_received_a_review_no_team_is_told():
    one = pull(1, "2025-12-01 10:00", review("2026-01-05 11:00"), by=ROBOT, team="web")
    assert told(ROBOT, one) == ("bot", "unassigned")


# --- of teams ------------------------------------------------------------------------------------


def of_team(team, *pulls, works=(), population="people"):
    found = rows(OF_TEAMS, *pulls, works=works)
    (row,) = [each for each in found if (each["team_id"], each["population"]) == (team, population)]
    return [row[name] for name in ("active_members_count", "prs_merged", "reviews_count")]


def test_merges_and_reviews_are_the_owning_teams_and_members_are_their_own_teams():
    one = pull(
        1, "2025-12-01 10:00", review("2026-01-05 10:00", GRACE, team="api"),
        merged="2026-01-05 11:00", owner="web", team="docs",
    )  # fmt: skip
    assert of_team("web", one) == [0, 1, 1]
    assert of_team("api", one) == [1, 0, 0]  # Ada's team has no row: she opened it long ago


def test_a_member_is_active_by_a_commit_a_pull_request_a_review_or_a_comment():
    works = [work("2026-01-05 10:00", by=ADA, team="web")]
    ones = [
        pull(1, "2026-01-05 10:00", by=GRACE, team="web"),
        pull(2, "2025-12-01 10:00", review("2026-01-05 11:00", JOAN, team="web"), by=ROBOT),
        pull(3, "2025-12-01 10:00", comment("2026-01-05 11:00", ROBOT, team="web")),
        pull(4, "2025-12-01 10:00", comment("2026-01-05 11:00", ADA, team="web")),
    ]
    assert of_team("web", *ones, works=works)[0] == 3  # Ada, once, Grace and Joan
    assert of_team("web", *ones, works=works, population="all")[0] == 4


def test_who_reviews_only_their_own_is_not_active():
    one = pull(1, "2025-12-01 10:00", review("2026-01-05 11:00", ADA, team="web"), owner="web")
    assert rows(OF_TEAMS, one) == []


# --- between two ---------------------------------------------------------------------------------


def edges(*pulls, **asked):
    names = ("reviews_count", "changes_requested_count", "approvals_count")
    return {
        (row["repo_id"], row["reviewer_id"], row["author_id"]): [row[name] for name in names]
        for row in rows(BETWEEN_TWO, *pulls, **asked)
    }


def test_an_edge_is_one_who_reviews_and_one_whose_work_it_is():
    assert edges(OLD) == {
        (str(API), str(GRACE), str(ADA)): [3, 1, 2],
        (str(API), str(JOAN), str(ADA)): [1, 0, 0],
        (str(API), str(ROBOT), str(ADA)): [1, 0, 0],
    }


def test_edges_have_a_direction_and_a_repository():
    ones = [
        pull(1, "2026-01-05 10:00", review("2026-01-05 11:00", GRACE), by=ADA),
        pull(2, "2026-01-05 10:00", review("2026-01-05 11:00", ADA), by=GRACE),
        pull(2, "2026-01-05 10:00", review("2026-01-05 11:00", ADA), by=GRACE, repo=WEB),
    ]
    assert set(edges(*ones)) == {
        (str(API), str(GRACE), str(ADA)),
        (str(API), str(ADA), str(GRACE)),
        (str(WEB), str(ADA), str(GRACE)),
    }


def test_nobody_reviews_their_own():
    assert edges(pull(1, "2026-01-05 10:00", review("2026-01-05 11:00", ADA))) == {}
