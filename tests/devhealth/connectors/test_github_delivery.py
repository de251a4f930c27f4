import pytest

from devhealth.connectors.github import addresses
from devhealth.errors import Permanent
from devhealth.http import Missing
from tests.devhealth.connectors.github_asking import asking, numbers, on
from tests.provider.github import Hidden, Hub
from tests.provider.github_things import deployment, issue, minutes, pull, release, status

START = "2026-03-01T00:00:00Z"


def hourly(count):
    """Deployments 1, 2, …, an hour apart from the first of March on."""
    created = [minutes(START, 60 * n) for n in range(count)]
    return [deployment(n, createdAt=at, updatedAt=at) for n, at in enumerate(created, 1)]


def ids(items):
    return [each["id"] for each in items]


def test_deployments_come_with_all_their_statuses():
    statuses = [status("IN_PROGRESS", "2026-03-03 10:00", n) for n in range(25)]
    with asking(Hub(deployments=[deployment(statuses=statuses)])) as github:
        [found] = github.items("deployments")
    assert len(found["statuses"]["nodes"]) == 25


def test_deployments_are_read_back_to_since():
    with asking(Hub(deployments=hourly(48))) as github:
        assert ids(github.items("deployments", on(2, 22))) == ["DE_48", "DE_47"]
        assert github.requests == 1


def test_what_was_not_over_is_asked_for_again():
    world = hourly(48)
    with asking(Hub(deployments=world)) as github:
        unfinished = {"deployments": ["DE_3", "DE_48", "DE_77"]}
        found = github.items("deployments", on(2, 22), unfinished=unfinished)
        assert ids(found) == ["DE_48", "DE_47", "DE_3"]
        assert github.connector.vanished["deployments"] == ["DE_77"]


def test_one_that_may_not_be_seen_is_not_said_to_be_gone():
    hub = Hub()
    hub.by_id = lambda wanted: Hidden("FORBIDDEN")
    with asking(hub) as github:
        assert github.items("deployments", on(2), unfinished={"deployments": ["DE_1"]}) == []
        assert github.connector.vanished["deployments"] == []


def test_what_came_after_a_window_of_the_past_is_skipped_by_name():
    with asking(Hub(deployments=hourly(400))) as github:
        found = github.items("deployments", on(1), on(1, 3))
        assert ids(found) == ["DE_3", "DE_2", "DE_1"]
        skipping = [each for each in github.queries() if "statuses" not in each["query"]]
        assert len(skipping) == github.requests - 1 == 4


def test_one_that_ended_in_the_window_is_given_though_it_began_before():
    early = deployment(1, on="2026-03-01 22:00", statuses=[status("SUCCESS", "2026-03-02 01:00")])
    with asking(Hub(deployments=[early])) as github:
        assert ids(github.items("deployments", on(2), on(3))) == ["DE_1"]
        assert ids(github.items("deployments", on(3), on(4))) == []


def test_windows_meet_without_a_gap():
    with asking(Hub(deployments=hourly(30))) as github:
        windows = [(None, on(1, 12)), (on(1, 12), on(2)), (on(2), None)]
        found = [ids(github.items("deployments", *window)) for window in windows]
    assert sorted(each for window in found for each in window) == sorted(ids(hourly(30)))


def test_releases_come_where_they_are_asked_for():
    hub = Hub(releases=[release("v1.0"), release("v0.9", "2026-01-02 09:00")])
    with asking(hub) as github:
        assert github.items("deployments") == []
        assert ids(github.items("deployments", releases=True)) == ["RE_v1.0", "RE_v0.9"]
        assert ids(github.items("deployments", on(4), releases=True)) == ["RE_v1.0"]


def test_a_release_counts_when_it_is_published_however_long_it_was_a_draft():
    drafted = release(createdAt="2026-02-20T09:00:00Z", publishedAt="2026-03-04T09:00:00Z")
    with asking(Hub(releases=[drafted])) as github:
        assert ids(github.items("deployments", on(4), releases=True)) == ["RE_v1.0"]
        assert ids(github.items("deployments", on(4), on(5), releases=True)) == ["RE_v1.0"]


def test_a_deployment_that_cannot_be_read_whole_is_put_aside():
    world = hourly(3)
    world[1]["statuses"] = Hidden()
    with asking(Hub(deployments=world)) as github:
        found = github.items("deployments")
    assert sorted(ids(found)) == ["DE_1", "DE_2", "DE_3"]
    assert [each["id"] for each in found if "problems" in each] == ["DE_2"]


def test_incidents_are_issues_with_the_label():
    world = [issue(1), issue(2, labels=["bug"]), issue(3, labels=["incident", "api"])]
    with asking(Hub(issues=world)) as github:
        assert sorted(numbers(github.items("incidents"))) == [1, 3]
        assert github.requests == 1


def test_an_issue_with_two_of_the_labels_is_given_once():
    world = [issue(1, labels=["outage", "sev1"]), issue(2, labels=["sev1"])]
    with asking(Hub(issues=world)) as github:
        found = github.items("incidents", incident_labels=["outage", "sev1"])
    assert sorted(numbers(found)) == [1, 2]


def test_incidents_of_a_window():
    world = [issue(n, on=f"2026-03-0{n} 10:00") for n in range(1, 6)]
    with asking(Hub(issues=world)) as github:
        assert numbers(github.items("incidents", on(2), on(4))) == [3, 2]
        assert numbers(github.items("incidents", on(4))) == [5, 4]
        assert numbers(github.items("incidents", on(6))) == []


def test_a_sweep_tells_what_there_is():
    hub = Hub(
        pulls=[pull(n) for n in range(1, 131)],
        deployments=[deployment(1)],
        releases=[release()],
        issues=[issue(5), issue(6, labels=["bug"])],
    )
    with asking(hub) as github:
        assert sorted(numbers(github.ids("prs"))) == list(range(1, 131))
        assert github.requests == 2
        assert ids(github.ids("deployments")) == ["DE_1", "RE_v1.0"]
        assert [each["fullDatabaseId"] for each in github.ids("incidents")] == ["905"]


def test_a_sweep_that_cannot_see_everything_tells_nothing():
    world = [pull(1), pull(2) | {"number": Hidden()}]
    with asking(Hub(pulls=world)) as github, pytest.raises(Permanent, match="nothing can be swept"):
        github.ids("prs")


def test_there_is_no_other_target():
    with asking(Hub()) as github, pytest.raises(Permanent, match="no `stars`: ask for one of prs"):
        github.ids("stars")


def test_repositories_are_found_by_their_owner_and_a_pattern():
    names = ["acme/Api", "acme/api-docs", "acme/web"]
    plain = {"isArchived": False, "isFork": False, "isDisabled": False}
    world = [{"id": f"R_{each}", "nameWithOwner": each, **plain} for each in names]
    with asking(Hub(repositories=world)) as github:
        assert [each["nameWithOwner"] for each in github.search("acme/*")] == names
        assert [each["nameWithOwner"] for each in github.search("acme/api*")] == names[:2]


def test_an_owner_that_is_not_there_is_missing():
    hub = Hub()
    hub.root = lambda: {"repositoryOwner": None}
    with asking(hub) as github, pytest.raises(Missing):
        github.search("nobody/*")


@pytest.mark.parametrize(
    ("url", "rest", "graphql"),
    [
        ("https://github.com", "https://api.github.com", "/graphql"),
        ("https://api.github.com/", "https://api.github.com", "/graphql"),
        ("https://acme.ghe.com", "https://api.acme.ghe.com", "/graphql"),
        ("https://ghe.acme.example", "https://ghe.acme.example/api/v3", "https://ghe.acme.example/api/graphql"),
        ("https://ghe.acme.example/api/v3", "https://ghe.acme.example/api/v3", "https://ghe.acme.example/api/graphql"),
    ],
)  # fmt: skip
def test_where_the_apis_are(url, rest, graphql):
    assert addresses(url) == (rest, graphql)
