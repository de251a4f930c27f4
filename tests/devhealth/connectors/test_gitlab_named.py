"""Things of a GitLab by the names that its webhooks say."""

import pytest

from tests.devhealth.connectors.gitlab_asking import asking, items, many, named, numbers, read
from tests.provider.gitlab import Lab
from tests.provider.gitlab_things import (
    BOB,
    at,
    raw_deployment,
    raw_issue,
    raw_note,
    raw_pipeline,
    raw_project,
    raw_release,
)


def serving(peer, **world):
    lab = Lab(**world)
    lab.serve(peer)
    return lab


@pytest.mark.parametrize("target", ["prs", "cicd", "deployments", "incidents", "work-items"])
def test_of_another_project_nothing_is_told(peer, time, target):
    theirs = raw_project(id=9, path_with_namespace="globex/api")
    serving(peer, project=theirs, merge_requests=many(3), issues=[raw_issue(iid=1)])
    assert named(peer, time, target, "1") == []


def test_merge_requests_are_told_as_the_list_tells_them(peer, time):
    serving(peer, merge_requests=many(3))
    listed = items(peer, time, "prs")
    assert named(peer, time, "prs", "1", "3", "4") == [listed[0], listed[2]]


def test_an_issue_is_told_as_the_list_tells_it(peer, time):
    said = raw_note(1, BOB, "assigned to @ada", at(9), system=True)
    serving(peer, issues=[raw_issue(iid=1, id=1), raw_issue(iid=2, id=2, notes=[said])])
    told = named(peer, time, "work-items", "2")
    assert told == [each for each in items(peer, time, "work_items") if each["iid"] == 2]


def test_an_issue_of_another_type_is_no_incident(peer, time):
    serving(peer, issues=[raw_issue(iid=1), raw_issue(iid=2, issue_type="issue")])
    assert numbers(named(peer, time, "incidents", "1", "2")) == [1]


def test_a_pipeline_that_another_one_began_is_not_told(peer, time):
    own, child = raw_pipeline(id=500), raw_pipeline(id=501, source="parent_pipeline")
    serving(peer, pipelines=[own, child])
    assert [each["id"] for each in named(peer, time, "cicd", "500", "501")] == [500]


def test_a_pipeline_that_is_gone_has_vanished(peer, time):
    serving(peer, pipelines=[raw_pipeline(id=500)])

    async def vanished(lab):
        await read(lab.named("cicd", ["500", "502"]))
        return lab.vanished["cicd"]

    assert asking(peer, time, vanished) == ["502"]


def test_a_deployment_is_told_as_the_list_tells_it(peer, time):
    serving(peer, deployments=[raw_deployment(id=1), raw_deployment(id=2)])
    assert named(peer, time, "deployments", "2", "3") == items(peer, time, "deployments")[1:]


def test_a_release_is_told_where_releases_are_asked_for(peer, time):
    serving(peer, releases=[raw_release(tag_name="v1/2")])
    told = named(peer, time, "deployments", "release:v1/2", releases=True)
    assert [each["tag_name"] for each in told] == ["v1/2"]
    assert named(peer, time, "deployments", "release:v1/2") == []
