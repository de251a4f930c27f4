"""Pipelines, deployments, releases and incidents of a GitLab on the loopback peer."""

import pytest

from devhealth.errors import DevHealthError, Permanent, Transient
from devhealth.http import Forbidden, Missing, TimedOut
from devhealth.processors import gitlab as processor
from tests.devhealth.connectors.gitlab_asking import asking, ids, items, posts, read
from tests.provider import faults
from tests.provider.gitlab import Lab
from tests.provider.gitlab_things import (
    API,
    at,
    raw_deployment,
    raw_issue,
    raw_pipeline,
    raw_release,
    text,
)


def serving(peer, **world):
    lab = Lab(**world)
    lab.serve(peer)
    return lab


def raised(act):
    try:
        act()
    except DevHealthError as error:
        return error
    raise AssertionError("It went well.")


def pipelines(count):
    """Each changed a minute after the one before."""
    return [
        raw_pipeline(id=number, updated_at=text(at(number // 60, number % 60)))
        for number in range(1, count + 1)
    ]


def run_ids(found):
    return [processor.pipeline_runs(each, API)[0].run_id for each in found]


def test_a_hundred_pipelines_take_one_request(peer, time):
    lab = serving(peer, pipelines=pipelines(100))
    assert len(run_ids(items(peer, time, "cicd"))) == 100
    assert len(peer.seen) == 1
    assert lab.points == [33]


def test_pipelines_make_the_same_records_by_rest(peer, time):
    lab = serving(peer, pipelines=[raw_pipeline()])
    [graphql] = items(peer, time, "cicd")
    lab.unknown = ("Pipeline.ref",)
    [rest] = items(peer, time, "cicd")
    [run], [same] = (processor.pipeline_runs(each, API) for each in (graphql, rest))
    assert "createdAt" in graphql
    assert "created_at" in rest
    same.url = run.url
    assert run == same


def test_what_pipelines_cost_by_rest_is_said(peer, time):
    serving(peer, pipelines=pipelines(3), hidden={"pipelines"})

    async def act(connector):
        return await read(connector.cicd()), connector.notes

    found, notes = asking(peer, time, act)
    assert run_ids(found) == ["1", "2", "3"]
    assert "a request for each" in notes[0]


def test_many_pages_of_pipelines(peer, time):
    serving(peer, pipelines=pipelines(250))
    assert set(run_ids(items(peer, time, "cicd"))) == {str(n) for n in range(1, 251)}
    assert len(peer.seen) == 3


def test_a_window_of_pipelines(peer, time):
    serving(peer, pipelines=pipelines(30))
    assert set(run_ids(items(peer, time, "cicd", at(0, 10), at(0, 12)))) == {"10", "11", "12"}


def test_too_many_pipelines_at_once_are_halved(peer, time):
    serving(peer, pipelines=pipelines(60), most=30)
    assert len(items(peer, time, "cicd")) == 60
    assert [each.json["variables"]["first"] for each in posts(peer)] == [100, 50, 25, 25, 25]


def test_a_cursor_that_does_not_move_is_no_list(peer, time):
    serving(peer, pipelines=pipelines(150))
    stuck = {"pageInfo": {"hasNextPage": True, "endCursor": "1"}, "nodes": []}
    told = {"data": {"project": {"pipelines": stuck}}}
    peer.misbehave(faults.answering(200, told), times=9, path="/api/graphql")
    assert isinstance(raised(lambda: items(peer, time, "cicd")), Transient)


def test_one_pipeline_that_takes_too_long_is_for_later(peer, time):
    serving(peer, pipelines=pipelines(1), most=0)
    assert isinstance(raised(lambda: items(peer, time, "cicd")), TimedOut)


def test_an_instance_without_names_of_pipelines(peer, time):
    serving(peer, pipelines=pipelines(1), unknown=("Pipeline.name", "Pipeline.source"))
    [found] = items(peer, time, "cicd")
    assert processor.pipeline_runs(found, API)[0].name == ""


def test_a_sweep_of_pipelines(peer, time):
    serving(peer, pipelines=pipelines(120))
    found = {processor.known_by("cicd", each) for each in ids(peer, time, "cicd")}
    assert found == {str(number) for number in range(1, 121)}


def test_pipelines_that_are_not_shown_cannot_be_swept(peer, time):
    serving(peer, hidden={"pipelines"})
    error = raised(lambda: ids(peer, time, "cicd"))
    assert isinstance(error, Permanent)


def deployed(found):
    return [processor.deployments(each, API)[0].deployment_id for each in found]


def test_deployments_that_changed_in_a_window(peer, time):
    old = raw_deployment(id=41, updated_at=text(at(8)))
    serving(peer, deployments=[old, raw_deployment()], releases=[raw_release()])
    assert deployed(items(peer, time, "deployments", at(10))) == ["42"]
    assert len(peer.seen) == 1


def test_releases_come_where_they_are_asked_for(peer, time):
    late = raw_release(tag_name="v2", created_at=text(at(9)), released_at=text(at(11, day=3)))
    old = raw_release(tag_name="v0", created_at=text(at(7)), released_at=text(at(7)))
    serving(peer, deployments=[raw_deployment()], releases=[raw_release(), late, old])
    found = deployed(items(peer, time, "deployments", at(9, 30), releases=True))
    assert found == ["42", "release:v2", "release:v1.2"]


def test_releases_are_read_as_far_as_they_are_wanted(peer, time):
    releases = [
        raw_release(tag_name=f"v{n}", created_at=text(at(9, day=day)), released_at=text(at(9)))
        for n, day in enumerate([1] * 250)
    ]
    serving(peer, releases=releases)
    items(peer, time, "deployments", at(9, day=5), releases=True)
    assert len(peer.seen) == 2


def test_a_project_without_releases_has_its_deployments(peer, time):
    serving(peer, deployments=[raw_deployment()])
    peer.misbehave(faults.answering(403), times=9, path="*/releases")
    assert deployed(items(peer, time, "deployments", releases=True)) == ["42"]


def test_a_project_that_shows_neither_is_forbidden(peer, time):
    serving(peer)
    peer.misbehave(faults.answering(403), times=9)
    error = raised(lambda: items(peer, time, "deployments", releases=True))
    assert isinstance(error, Forbidden)


def test_a_sweep_of_deployments_and_releases(peer, time):
    serving(peer, deployments=[raw_deployment()], releases=[raw_release()])
    found = {processor.known_by("deployments", each) for each in ids(peer, time, "deployments")}
    assert found == {"42", "release:v1.2"}


def test_releases_that_move_while_they_are_swept_tell_nothing(peer, time):
    lab = serving(peer, releases=[raw_release(tag_name=f"v{n}") for n in range(150)])

    def vanish(asked, told):
        lab.releases.pop(0)
        return told

    peer.misbehave(vanish, path="*/releases")
    error = raised(lambda: ids(peer, time, "deployments"))
    assert isinstance(error, Transient)


def test_what_cannot_be_seen_cannot_be_swept(peer, time):
    serving(peer, deployments=[raw_deployment()])
    peer.misbehave(faults.answering(404), times=9, path="*/releases")
    error = raised(lambda: ids(peer, time, "deployments"))
    assert isinstance(error, Missing)


def test_incidents_are_issues_of_that_type(peer, time):
    serving(peer, issues=[raw_issue()])
    [found] = items(peer, time, "incidents")
    assert processor.incident(found, API).incident_id == "3000"
    assert peer.seen[0].query["issue_type"] == "incident"


@pytest.mark.parametrize("target", ["prs", "cicd", "deployments", "incidents"])
def test_a_warm_sync_takes_one_request_beside_the_project(peer, time, target):
    serving(peer)

    async def act(connector):
        await connector.repository()
        return await read(getattr(connector, target)(at(9)))

    assert asking(peer, time, act) == []
    assert len(peer.seen) == 2


def test_a_sweep_of_incidents(peer, time):
    serving(peer, issues=[raw_issue(), raw_issue(id=3001)])
    found = {processor.known_by("incidents", each) for each in ids(peer, time, "incidents")}
    assert found == {"3000", "3001"}
