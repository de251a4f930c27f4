from devhealth.http import Forbidden, Missing
from devhealth.http.errors import TimedOut
from tests.devhealth.connectors.github_asking import asking, numbers, on
from tests.provider.github import Hidden, Hub
from tests.provider.github_things import (
    comment,
    commit,
    dismissal,
    minutes,
    pull,
    repository,
    review,
)

START = "2026-03-01T00:00:00Z"


def changed(count, **but):
    """Pull requests 1, 2, …, each changed a minute after the one before."""
    return [pull(n, updatedAt=minutes(START, n), **but) for n in range(1, count + 1)]


def test_every_page_is_read_newest_change_first():
    with asking(Hub(pulls=changed(120))) as github:
        assert numbers(github.items("prs")) == list(range(120, 0, -1))
        assert github.requests == 3


def test_a_pull_request_comes_with_all_that_belongs_to_it():
    thing = pull(
        labels=[{"name": "bug"}],
        reviews=[review(1, "DISMISSED", comments=[comment(2)])],
        comments=[comment(3)],
        commits=[commit()],
        timelineItems=[dismissal("PRR_1", "APPROVED")],
    )
    with asking(Hub(pulls=[thing])) as github:
        [found] = github.items("prs")
    assert found["reviews"]["nodes"][0]["comments"]["nodes"][0]["fullDatabaseId"] == "2"
    assert found["commits"]["nodes"][0]["commit"]["oid"] == "a" * 40
    assert found["timelineItems"]["nodes"][0]["previousReviewState"] == "APPROVED"
    assert github.requests == 1


def test_it_stops_where_nothing_is_new():
    with asking(Hub(pulls=changed(120))) as github:
        assert numbers(github.items("prs", on(1, 1, 58))) == [120, 119, 118]
        assert github.requests == 1


def test_a_sync_without_news_is_one_request():
    with asking(Hub(pulls=changed(120))) as github:
        assert github.items("prs", on(2)) == []
        assert github.requests == 1


def test_a_sync_with_much_news_goes_on_in_large_pages():
    with asking(Hub(pulls=changed(120))) as github:
        assert len(github.items("prs", on(1, 0, 30))) == 91  # minutes 30 to 120
        assert [each["variables"]["first"] for each in github.queries()] == [10, 50, 50]


def test_lists_are_read_to_their_end():
    thing = pull(
        labels=[{"name": f"label {n}"} for n in range(25)],
        reviews=[review(n, comments=[comment(100 * n + m) for m in range(12)]) for n in range(40)],
        comments=[comment(n) for n in range(130)],
        commits=[commit(f"{n:040}") for n in range(250)],
    )
    with asking(Hub(pulls=[thing])) as github:
        [found] = github.items("prs")
    lengths = {
        name: len(found[name]["nodes"]) for name in ("labels", "reviews", "comments", "commits")
    }
    assert lengths == {"labels": 25, "reviews": 40, "comments": 130, "commits": 250}
    assert {len(each["comments"]["nodes"]) for each in found["reviews"]["nodes"]} == {12}


def test_lists_of_several_are_read_on_in_one_request():
    pulls = [pull(n, comments=[comment(m) for m in range(30)]) for n in range(1, 11)]
    with asking(Hub(pulls=pulls)) as github:
        found = github.items("prs")
        assert {len(each["comments"]["nodes"]) for each in found} == {30}
        assert github.requests == 2


def test_a_page_that_takes_too_long_is_halved_and_stays_small():
    with asking(Hub(pulls=changed(60), most=20)) as github:
        assert len(github.items("prs")) == 60
        firsts = [each["variables"]["first"] for each in github.queries()]
    assert firsts == [50, 25, 12, 12, 12, 12, 12]


def test_one_that_always_takes_too_long_is_put_aside_and_the_others_are_not_slower():
    pulls = changed(60)
    pulls[55]["is_heavy"] = True  # number 56, fifth of the newest
    with asking(Hub(pulls=pulls)) as github:
        found = github.items("prs")
        assert github.queries()[-1]["variables"]["first"] == 50
    assert sorted(numbers(found)) == list(range(1, 61))
    assert [each["problems"] for each in found if "problems" in each] == [["TIMEOUT"]]
    [aside] = [each for each in found if "problems" in each]
    assert (aside["number"], aside["url"]) == (56, "https://github.com/acme/api/pull/56")


def test_an_outage_is_no_matter_of_single_pull_requests():
    with asking(Hub(pulls=changed(60, is_heavy=True))) as github:
        assert isinstance(github.error("prs"), TimedOut)


def test_one_that_github_gives_in_part_does_not_take_others_along():
    pulls = changed(5)
    pulls[2]["additions"] = Hidden()  # number 3 is null in the page
    with asking(Hub(pulls=pulls)) as github:
        found = github.items("prs")
    assert sorted(numbers(found)) == [1, 2, 3, 4, 5]
    assert {each["number"]: each.get("problems") for each in found}[3] == ["FORBIDDEN"]


def test_a_list_that_github_leaves_null_is_asked_for_again_alone():
    class Once(list):
        """It can be given at the second time only."""

        asked = 0

    pulls = changed(3)
    flaky = Once([review()])
    pulls[1]["reviews"] = lambda **_: _at_the_second_time(flaky)
    with asking(Hub(pulls=pulls)) as github:
        found = {each["number"]: each for each in github.items("prs")}
    assert [each["id"] for each in found[2]["reviews"]["nodes"]] == ["PRR_1"]
    assert not any("problems" in each for each in found.values())


def _at_the_second_time(flaky):
    flaky.asked += 1
    return Hidden("SERVICE_UNAVAILABLE") if flaky.asked == 1 else list(flaky)


def test_a_list_that_cannot_be_read_on_puts_its_pull_request_aside():
    pulls = [pull(1), pull(2, comments=[comment(n) for n in range(30)])]
    hub = Hub(pulls=pulls)
    hub.by_id = lambda wanted: Hidden("FORBIDDEN")
    with asking(hub) as github:
        found = {each["number"]: each.get("problems") for each in github.items("prs")}
    assert found == {1: None, 2: ["FORBIDDEN"]}


def test_one_that_changes_while_the_list_is_read_is_given_once():
    pulls = changed(60)

    def touch():
        pulls[0]["updatedAt"] = minutes(START, 500)  # the last one comes to the front
        pulls[59]["updatedAt"] = minutes(START, 501)  # one that was given already

    with asking(_Touched(touch, pulls=pulls)) as github:
        found = numbers(github.items("prs"))
    assert len(found) == len(set(found)) == 59  # number 1 belongs to the next run


class _Touched(Hub):
    """Something happens after the first page."""

    def __init__(self, touch, **world):
        super().__init__(**world)
        self.touch = touch

    def graphql(self, asked):
        answer = super().graphql(asked)
        if asked.json["variables"].get("after") is None:
            self.touch()
        return answer


def test_a_repository_that_is_gone_is_missing():
    with asking(Hub(body={"full_name": "acme/other"})) as github:
        assert isinstance(github.error("prs"), Missing)


def test_a_repository_that_may_not_be_read_is_forbidden():
    hub = Hub()
    hub.repository = lambda **_: Hidden("FORBIDDEN")
    with asking(hub) as github:
        assert isinstance(github.error("prs"), Forbidden)


def test_an_empty_repository_has_none():
    with asking(Hub()) as github:
        assert github.items("prs") == []


def test_a_window_of_the_past_costs_what_is_in_it():
    with asking(Hub(pulls=changed(900))) as github:
        found = github.items("prs", on(1, 1), on(1, 2))
        assert sorted(numbers(found)) == list(range(60, 120))  # minutes 60 to 119
        assert github.requests == 2


def test_windows_meet_without_a_gap():
    with asking(Hub(pulls=changed(300))) as github:
        first = numbers(github.items("prs", None, on(1, 2, 30)))
        second = numbers(github.items("prs", on(1, 2, 30), on(1, 4)))
        third = numbers(github.items("prs", on(1, 4)))
    assert sorted(first + second + third) == list(range(1, 301))


def test_a_window_with_more_than_github_shows_is_halved():
    with asking(Hub(pulls=changed(1_010))) as github:
        assert sorted(numbers(github.items("prs", on(1), on(2)))) == list(range(1, 1_011))


def test_more_in_one_second_than_github_shows_are_refused():
    pulls = [pull(n, updatedAt=START) for n in range(1, 1_002)]
    with asking(Hub(pulls=pulls)) as github:
        error = github.error("prs", on(1), on(1, 0, 0, 2))
    assert "1,000 pull requests of a second" in str(error)


def test_a_window_that_lost_one_on_the_way_is_read_again():
    pulls = changed(80)

    def touch():
        pulls[0]["updatedAt"] = minutes(START, 5_000)  # one of the first page leaves the window

    with asking(_Touched(touch, pulls=pulls)) as github:
        found = numbers(github.items("prs", on(1), on(2)))
    assert sorted(found) == list(range(1, 81))


def test_a_renamed_repository_is_searched_for_under_its_new_name():
    hub = Hub(pulls=changed(3), body=repository("acme/core"))
    with asking(hub) as github:
        found = github.items("prs", on(1), on(2), first=lambda each: each.repository())
        assert numbers(found) == [1, 2, 3]
        assert github.connector.full_name == "acme/api"
