"""Golden days of a team, each number worked out beside it."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from devhealth.metrics.team_metrics_daily import METRIC
from devhealth.models.directory import Directory, Membership, Team
from devhealth.processors.stamps import Stamps
from tests.devhealth.metrics.worlds import (
    API,
    DOCS,
    GRACE,
    JOAN,
    ROBOT,
    WEB,
    at,
    copied,
    frames,
    repository,
    work,
)

MONDAY = "2026-01-05"


def rows(*works, known=()):
    """All rows by team, population and day, as mappings."""
    found = METRIC.compute(frames(list(works), known)).to_dicts()
    return {(row["team_id"], row["population"], str(row["day"])): row for row in found}


def row(*works, team, day=MONDAY, population="people", known=()):
    return rows(*works, known=known)[team, population, day]


def test_a_golden_day():
    """The web team owns a repository that Joan of the platform team works on, too."""
    works = [
        work("2026-01-05 10:00", {"a": (1, 0)}, owner="web", team="web"),
        work("2026-01-05 20:00", {"a": (1, 0)}, owner="web", team="web"),
        work("2026-01-05 11:00", parents=2, by=GRACE, owner="platform", team="web", repo=API),
        work("2026-01-05 12:00", by=JOAN, owner="web", team="platform"),
    ]
    assert row(*works, team="web") == {
        "team_id": "web",
        "population": "people",
        "day": date(2026, 1, 5),
        "is_empty": False,
        "active_members_count": 2,  # Ada and Grace
        "commits_count": 3,  # Ada's two and Joan's
        "member_commits_count": 3,  # Ada's two and Grace's merge
        "after_hours_commits_count": 1,  # 20:00
        "weekend_commits_count": 0,
        "after_hours_ratio": 0.333333,  # 1 of 3
        "weekend_ratio": 0.0,
        "prs_merged": 0,
        "reviews_count": 0,
    }
    platform = row(*works, team="platform")
    assert (platform["commits_count"], platform["member_commits_count"]) == (1, 1)


def test_a_team_whose_members_did_nothing_has_no_ratios():
    found = row(work("2026-01-05 10:00", owner="web", team="platform"), team="web")
    assert (found["commits_count"], found["member_commits_count"]) == (1, 0)
    assert (found["after_hours_ratio"], found["weekend_ratio"]) == (None, None)


def test_what_no_team_has_is_a_row_like_any_other():
    found = row(work("2026-01-05 10:00"), team="unassigned")
    assert (found["active_members_count"], found["commits_count"]) == (1, 1)


def test_half_past_eleven_at_night_in_kathmandu_is_after_hours_of_the_utc_day():
    """23:30+05:45 on Monday is 17:45 UTC of that Monday; 00:30 there on Saturday is Friday's."""
    works = [
        work("2026-01-05 17:45", offset=345, team="web"),
        work("2026-01-09 18:45", offset=345, team="web"),
    ]
    monday, friday = (row(*works, team="web", day=day) for day in (MONDAY, "2026-01-09"))
    assert (monday["after_hours_commits_count"], monday["weekend_commits_count"]) == (1, 0)
    assert (friday["after_hours_commits_count"], friday["weekend_commits_count"]) == (0, 1)


def test_five_to_midnight_and_five_past_are_two_days():
    works = [work("2026-01-05 23:55", team="web"), work("2026-01-06 00:05", team="web")]
    counts = [
        row(*works, team="web", day=day)["member_commits_count"] for day in (MONDAY, "2026-01-06")
    ]
    assert counts == [1, 1]


def test_the_leap_day_is_a_day():
    works = [work(f"2024-{day} 12:00", team="web") for day in ("02-28", "02-29", "03-01")]
    days = [day for team, population, day in rows(*works) if (team, population) == ("web", "all")]
    assert days == ["2024-02-28", "2024-02-29", "2024-03-01"]


def test_the_mornings_commit_is_still_the_old_teams():
    """Ada leaves the web team for the platform team at noon."""
    noon = at("2026-01-05 12:00")
    teams = (
        Team("web", "Web", (Membership("ada@acme.example", until=noon),)),
        Team("platform", "Platform", (Membership("ada@acme.example", since=noon),)),
    )
    stamps = Stamps(Directory(teams=teams), "acme/api")
    works = [stamped(work(f"2026-01-05 {clock}"), stamps) for clock in ("11:59", "12:00", "12:01")]
    counts = {team: row(*works, team=team)["member_commits_count"] for team in ("web", "platform")}
    assert counts == {"web": 1, "platform": 2}


def stamped(one, stamps):
    """As the Directory says of a commit by Ada."""
    commit, changes = one
    stamp = stamps.of_commit(
        ("Ada", "ada@acme.example"), commit.authored_at, 0, commit.committed_at, []
    )
    teams = {"team_id": stamp.team_id, "author_team_id": stamp.author_team_id}
    return replace(commit, author_id=stamp.author_id, **teams), changes


def test_who_is_only_named_is_no_active_member():
    """Whose team Grace was in is not told by a commit of Ada's."""
    works = [work("2026-01-05 10:00", team="web", co_authors=[GRACE])]
    assert row(*works, team="web")["active_members_count"] == 1
    assert {team for team, *_ in rows(*works)} == {"web", "unassigned"}  # which owns it


def test_a_member_in_several_repositories_is_one_member():
    works = [work("2026-01-05 10:00", repo=repo, team="web") for repo in (API, WEB)]
    found = row(*works, team="web")
    assert (found["active_members_count"], found["member_commits_count"]) == (1, 2)


def test_bots_count_for_all_and_not_among_people():
    works = [
        work("2026-01-05 10:00", owner="web", team="web"),
        work("2026-01-05 22:00", owner="web", team="web", by=ROBOT),
    ]
    everybody, people = (row(*works, team="web", population=each) for each in ("all", "people"))
    assert (everybody["commits_count"], people["commits_count"]) == (2, 1)
    assert (everybody["active_members_count"], people["active_members_count"]) == (2, 1)
    assert (everybody["after_hours_ratio"], people["after_hours_ratio"]) == (0.5, 0.0)


def test_a_day_with_only_bots_has_no_row_of_people():
    found = rows(work("2026-01-05 10:00", by=ROBOT, owner="web", team="web"))
    assert {population for _, population, _ in found} == {"all"}


# --- copies --------------------------------------------------------------------------------------

ORIGINAL = [work("2026-01-05 10:00", {"a": (1, 0)}, repo=API, owner="web", team="web", name="c")]
IN_COPY = copied(ORIGINAL, WEB, team_id="platform")


@pytest.mark.parametrize("works", [ORIGINAL + IN_COPY, IN_COPY + ORIGINAL])
def test_a_commit_of_two_clones_counts_once_whichever_was_synced_first(works):
    found = rows(*works, known=[repository(WEB), repository(API)])
    assert [key[0] for key in found if key[1] == "people"] == ["web"]  # API is before WEB
    assert found["web", "people", MONDAY]["commits_count"] == 1
    assert found["web", "people", MONDAY]["member_commits_count"] == 1


def test_a_commit_of_a_fork_counts_where_it_comes_from():
    known = [repository(API, is_fork=True), repository(WEB)]
    found = rows(*ORIGINAL, *IN_COPY, known=known)
    assert found["platform", "people", MONDAY]["commits_count"] == 1
    assert found["web", "people", MONDAY]["commits_count"] == 0  # Ada's team all the same
    assert found["web", "people", MONDAY]["member_commits_count"] == 1


def test_a_commit_that_only_a_fork_has_counts():
    own = work("2026-01-05 11:00", repo=DOCS, owner="docs", team="web", name="own")
    known = [repository(API), repository(DOCS, is_fork=True)]
    found = rows(*ORIGINAL, *copied(ORIGINAL, DOCS, team_id="docs"), own, known=known)
    assert found["docs", "people", MONDAY]["commits_count"] == 1
    assert found["web", "people", MONDAY]["member_commits_count"] == 2


def test_a_commit_that_was_made_twice_is_two():
    """Picked onto another branch it has another name."""
    again = work(at("2026-01-05 10:00") + timedelta(hours=1), team="web", name="d")
    assert row(*ORIGINAL, again, team="web")["member_commits_count"] == 2
