from datetime import timedelta

from tests.devhealth.connectors.github_asking import asking, on
from tests.provider.github import Hidden, Hub
from tests.provider.github_things import job, minutes, run

START = "2026-03-01T00:00:00Z"


def runs(count, first=1, **but):
    """Run 1, 2, …, each created a minute after the one before, and over ten minutes later."""
    return [
        run(
            n,
            created_at=minutes(START, n),
            run_started_at=minutes(START, n),
            updated_at=minutes(START, n + 10),
            **but,
        )
        for n in range(first, first + count)
    ]


def many(count):
    """The same without jobs, which are not what these tests are about."""
    return runs(count, check_suite_node_id=None)


def ids(items):
    return [each["id"] for each in items]


def test_every_page_is_read():
    with asking(Hub(runs=many(250))) as github:
        assert sorted(ids(github.items("cicd"))) == list(range(1, 251))


def test_what_changed_since_is_given_however_old_it_is_within_a_day():
    world = runs(100)
    world[4]["updated_at"] = minutes(START, 1_500)  # the day after
    with asking(Hub(runs=world)) as github:
        assert ids(github.items("cicd", on(2))) == [5]


def test_of_a_window_of_the_past_all_that_was_created_in_it_is_given():
    with asking(Hub(runs=many(200))) as github:
        assert sorted(ids(github.items("cicd", on(1, 1), on(1, 2)))) == list(range(60, 120))


def test_windows_meet_without_a_gap():
    with asking(Hub(runs=runs(90))) as github:
        first = ids(github.items("cicd", None, on(1, 0, 30)))
        second = ids(github.items("cicd", on(1, 0, 30), on(1, 1)))
    assert sorted(first + second) == list(range(1, 60))


def test_a_window_with_more_than_github_shows_is_halved():
    with asking(Hub(runs=many(1_150))) as github:
        assert sorted(ids(github.items("cicd", on(1), on(2)))) == list(range(1, 1_151))


def test_an_open_window_with_more_than_github_shows_is_halved_too():
    with asking(Hub(runs=many(1_050))) as github:
        assert sorted(ids(github.items("cicd", on(1)))) == list(range(1, 1_051))


def test_more_in_one_second_than_github_shows_are_refused():
    with asking(Hub(runs=[run(n, created_at=START) for n in range(1, 1_002)])) as github:
        error = github.error("cicd", on(1), on(1, 0, 0, 1))
    assert "1,000 workflow runs of a second" in str(error)


def test_without_a_window_the_list_is_read_to_its_end_however_long():
    with asking(Hub(runs=many(1_050))) as github:
        assert len(github.items("cicd")) == 1_050


def test_earlier_attempts_come_with_their_run():
    world = [run(1, run_attempt=3)]
    attempts = {(1, n): run(1, run_attempt=n, conclusion="failure") for n in (1, 2)}
    with asking(Hub(runs=world, attempts=attempts)) as github:
        [found] = github.items("cicd")
    assert [each["run_attempt"] for each in found["earlier_attempts"]] == [1, 2]


def test_an_attempt_that_github_has_no_more_is_left_out():
    attempts = {(1, 2): run(1, run_attempt=2)}
    with asking(Hub(runs=[run(1, run_attempt=3)], attempts=attempts)) as github:
        [found] = github.items("cicd")
    assert [each["run_attempt"] for each in found["earlier_attempts"]] == [2]


def suite(number, *jobs):
    return {"__typename": "CheckSuite", "id": f"CS_{number}", "checkRuns": list(jobs)}


def test_jobs_of_fifty_runs_come_in_one_request():
    world = runs(50)
    suites = [suite(n, *[job("2026-03-01 08:00", "2026-03-01 08:05")] * 40) for n in range(1, 51)]
    with asking(Hub(runs=world, suites=suites)) as github:
        found = github.items("cicd")
        assert {len(each["jobs"]) for each in found} == {40}
        assert github.requests == 1 + 1 + 5  # the runs, the suites, what 10 of them have beyond 30


def test_who_may_not_read_checks_gets_runs_without_jobs():
    hub = Hub(runs=runs(3))
    hub.by_id = lambda wanted: Hidden("FORBIDDEN")
    with asking(hub) as github:
        found = github.items("cicd")
    assert ids(found) == [3, 2, 1]
    assert not any("jobs" in each for each in found)


def test_jobs_are_asked_for_in_smaller_pages_where_they_take_too_long():
    suites = [suite(n, job("2026-03-01 08:00", "2026-03-01 08:05")) for n in range(1, 5)]
    suites[1]["is_heavy"] = True
    with asking(Hub(runs=runs(4), suites=suites)) as github:
        found = github.items("cicd")
    assert sorted(each["id"] for each in found) == [1, 2, 3, 4]
    assert {each["id"] for each in found if "jobs" not in each} >= {2}


def test_what_was_not_over_is_asked_for_again():
    old = run(1, on="2026-01-05 08:00")
    with asking(Hub(runs=[old, *runs(3, first=2)])) as github:
        found = github.items("cicd", on(1), unfinished={"cicd": ["1", "77", "3"]})
        assert sorted(ids(found)) == [1, 2, 3, 4]
        assert github.connector.vanished["cicd"] == ["77"]


def test_a_sync_without_news_is_one_request_that_costs_nothing():
    with asking(Hub(runs=runs(60))) as github:
        assert len(github.items("cicd", on(1), is_conditional=True)) == 60
        assert github.items("cicd", on(1, 5), is_conditional=True) == []
        assert [each.is_unchanged for each in github.pages] == [True]
        assert github.requests == 1


def test_a_rerun_of_today_is_seen_although_its_list_was_kept():
    hub = Hub(runs=runs(60))
    with asking(hub) as github:
        github.items("cicd", on(1), is_conditional=True)
        hub.runs[9] |= {"run_attempt": 2, "updated_at": minutes(START, 300)}
        hub.attempts[10, 1] = run(10)
        assert ids(github.items("cicd", on(1, 4), is_conditional=True)) == [10]


def test_a_kept_list_that_grew_too_long_is_not_taken_for_unchanged():
    hub = Hub(runs=many(1_010))
    with asking(hub) as github:
        for _ in range(11):  # until every page that is shown is kept
            github.items("cicd", on(1), is_conditional=True)
        hub.runs[0]["updated_at"] = minutes(START, 2_000)  # the oldest, which is not shown
        assert ids(github.items("cicd", on(1) + timedelta(hours=20), is_conditional=True)) == [1]


def test_a_sweep_tells_every_run():
    with asking(Hub(runs=many(230))) as github:
        assert sorted(ids(github.ids("cicd"))) == list(range(1, 231))
