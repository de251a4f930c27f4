"""Things of a GitHub by the names that its webhooks say: never another repository's."""

import pytest

from devhealth.http import Missing
from tests.devhealth.connectors.github_asking import asking, numbers
from tests.provider.github import Hub
from tests.provider.github_things import (
    comment,
    deployment,
    issue,
    pull,
    release,
    repository,
    run,
    status,
)


def test_a_pull_request_of_another_repository_is_not_told():
    with asking(Hub(pulls=[pull(7)])) as github:
        assert github.named("prs", "8") == []


@pytest.mark.parametrize("target", ["prs", "work-items", "incidents"])
def test_a_repository_that_is_not_shown_is_missing(target):
    with asking(Hub(body=repository("acme/web"))) as github, pytest.raises(Missing):
        github.named(target, "7")


def test_pull_requests_are_told_as_the_list_tells_them():
    world = [pull(number, comments=[comment(n) for n in range(25)]) for number in (7, 8, 9)]
    with asking(Hub(pulls=world)) as github:
        listed = {each["number"]: each for each in github.items("prs")}
        assert github.named("prs", "7", "9") == [listed[7], listed[9]]


def test_sixty_pull_requests_take_four_requests():
    with asking(Hub(pulls=[pull(number) for number in range(1, 61)])) as github:
        assert sorted(numbers(github.named("prs", *map(str, range(1, 61))))) == [*range(1, 61)]
        assert github.requests == 4


def test_an_issue_is_told_as_the_list_tells_it():
    with asking(Hub(issues=[issue(5), issue(6)])) as github:
        (listed,) = [each for each in github.items("work_items") if each["number"] == 6]
        assert github.named("work-items", "6") == [listed]


def test_an_issue_without_an_incidents_label_is_no_incident():
    with asking(Hub(issues=[issue(5), issue(6, labels=["bug"])])) as github:
        assert github.named("incidents", "5", "6") == github.items("incidents")


def test_a_run_is_told_as_the_list_tells_it_and_one_that_is_gone_has_vanished():
    with asking(Hub(runs=[run(1), run(2)])) as github:
        (listed,) = [each for each in github.items("cicd") if each["id"] == 2]
        assert github.named("cicd", "2", "3") == [listed]
        assert github.connector.vanished["cicd"] == ["3"]


def test_a_deployment_is_found_by_rests_id_and_told_with_its_statuses():
    statuses = [status("SUCCESS", "2026-03-03 10:05", number) for number in range(12)]
    with asking(Hub(deployments=[deployment(4, statuses=statuses), deployment(5)])) as github:
        (listed,) = [each for each in github.items("deployments") if each["id"] == "DE_4"]
        assert github.named("deployments", "4", "6") == [listed]


def test_a_release_is_told_where_releases_are_asked_for():
    hub = Hub(releases=[release("v1.0"), release("v2.0")])
    with asking(hub) as github:
        told = github.named("deployments", "release:v2.0", releases=True)
        assert [each["tagName"] for each in told] == ["v2.0"]
        assert github.named("deployments", "release:v2.0") == []
