"""Golden days of an author, each number worked out beside it."""

from datetime import date, timedelta

import pytest

from devhealth.metrics.user_metrics_daily import METRIC
from tests.devhealth.metrics.pulls_by_hand import OF_PEOPLE
from tests.devhealth.metrics.worlds import ADA, API, GRACE, JOAN, ROBOT, WEB, at, frames, work


def rows(*works):
    return METRIC.compute(frames(list(works))).to_dicts()


def row(*works):
    (found,) = rows(*works)
    return found


def clock(moment, offset):
    """The counts of a commit that was authored and committed at an instant of UTC."""
    found = row(work(moment, offset=offset))
    return found["after_hours_commits_count"], found["weekend_commits_count"]


WORKING, AFTER_HOURS, WEEKEND = (0, 0), (1, 0), (0, 1)


def test_a_golden_day():
    assert row(
        work("2026-01-05 08:59", {"a": (10, 5), "b": (1, 0)}),
        work("2026-01-05 12:00", {"a": (301, 0)}),
        work("2026-01-05 18:00", parents=2),
    ) == dict.fromkeys(OF_PEOPLE, 0) | {
        "repo_id": str(API),
        "author_id": str(ADA),
        "day": date(2026, 1, 5),
        "is_empty": False,
        "actor_kind": "human",
        "team_id": "unassigned",
        "commits_count": 3,  # the merge is one
        "loc_added": 312,  # 10 + 1 + 301
        "loc_deleted": 5,
        "files_changed": 2,  # a (twice), b
        "large_commits_count": 1,  # 301 > 300
        "co_authored_commits_count": 0,
        "after_hours_commits_count": 2,  # 08:59 and 18:00
        "weekend_commits_count": 0,
    }


@pytest.mark.parametrize(
    ("moment", "offset", "counts"),
    [
        ("2026-01-05 08:59", 0, AFTER_HOURS),  # Monday
        ("2026-01-05 09:00", 0, WORKING),
        ("2026-01-05 17:59", 0, WORKING),
        ("2026-01-05 18:00", 0, AFTER_HOURS),
        ("2026-01-05 17:45", 345, AFTER_HOURS),  # 23:30 in Kathmandu
        ("2026-01-05 03:15", 345, WORKING),  # 09:00 there
        ("2026-01-05 03:14", 345, AFTER_HOURS),  # 08:59 there
        ("2026-01-03 12:00", 0, WEEKEND),  # Saturday
        ("2026-01-04 23:59", 0, WEEKEND),  # Sunday
        ("2026-01-03 03:00", 0, WEEKEND),  # and not after hours beside it
        ("2026-01-05 01:00", -300, WEEKEND),  # still Sunday 20:00 in New York
        ("2026-01-02 18:30", 345, WEEKEND),  # Friday in UTC, Saturday 00:15 in Kathmandu
        ("2026-01-05 08:00", None, AFTER_HOURS),  # no offset: UTC
        ("2026-01-05 10:00", None, WORKING),
    ],
)
def test_hours_and_weekends_go_by_the_authors_own_clock(moment, offset, counts):
    assert clock(moment, offset) == counts


def test_the_day_is_the_committers_and_the_clock_the_authors():
    """Written on Saturday, rebased on Monday morning."""
    found = row(work("2026-01-05 10:00", authored=at("2026-01-03 15:00")))
    assert (found["day"], found["weekend_commits_count"]) == (date(2026, 1, 5), 1)


def test_everybody_has_a_row_in_every_repository():
    found = rows(
        work("2026-01-05 10:00", by=GRACE),
        work("2026-01-05 10:00"),
        work("2026-01-05 10:00", repo=WEB),
        work("2026-01-06 10:00"),
    )
    assert [(row["repo_id"], row["author_id"], row["day"].day) for row in found] == [
        (str(API), str(ADA), 5),
        (str(API), str(ADA), 6),
        (str(API), str(GRACE), 5),
        (str(WEB), str(ADA), 5),
    ]


def test_who_merges_only_touches_no_file():
    assert row(work("2026-01-05 10:00", parents=2))["files_changed"] == 0


def test_who_is_named_by_others_has_it_counted_beside_their_own():
    ada, grace = rows(
        work("2026-01-05 10:00", co_authors=[GRACE]),
        work("2026-01-05 11:00", co_authors=[GRACE, JOAN]),
        work("2026-01-05 12:00", by=GRACE),
    )[:2]
    assert [ada["commits_count"], ada["co_authored_commits_count"]] == [2, 0]
    assert [grace["commits_count"], grace["co_authored_commits_count"]] == [1, 2]


def test_who_is_only_named_has_a_row_of_nothing_else():
    works = [work("2026-01-05 20:00", {"a": (400, 0)}, team="web", co_authors=[GRACE])]
    _, grace = rows(*works)
    assert grace == dict.fromkeys(OF_PEOPLE, 0) | {
        "repo_id": str(API),
        "author_id": str(GRACE),
        "day": date(2026, 1, 5),
        "is_empty": False,
        "actor_kind": "human",
        "team_id": "unassigned",  # hers is not told
        "commits_count": 0,
        "loc_added": 0,
        "loc_deleted": 0,
        "files_changed": 0,
        "large_commits_count": 0,
        "co_authored_commits_count": 1,
        "after_hours_commits_count": 0,
        "weekend_commits_count": 0,
    }


def test_a_bots_commit_names_people_too():
    assert [
        (row["actor_kind"], row["co_authored_commits_count"])
        for row in rows(work("2026-01-05 10:00", by=ROBOT, co_authors=[ADA]))
    ] == [("human", 1), ("bot", 0)]


@pytest.mark.parametrize("minutes", [0, 1])
def test_the_last_commit_says_whether_it_is_a_bot(minutes):
    """In the same second the greater hash is the last one."""
    first = work("2026-01-05 10:00", name="a", bot=False)
    last = work(at("2026-01-05 10:00") + timedelta(minutes=minutes), name="b", bot=True)
    assert row(last, first)["actor_kind"] == "bot"
