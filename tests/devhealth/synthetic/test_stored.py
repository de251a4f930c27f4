"""A world in a store: told twice, in halves or by windows, it is the same; another takes its place.

What is told goes through the real connector, processor and syncs.
"""

import asyncio
from uuid import UUID

import pytest

from devhealth.connectors.synthetic import Synthetic
from devhealth.fixtures import Generating
from devhealth.models.records import (
    RECORDS,
    Commit,
    Deployment,
    Link,
    PipelineRun,
    PullRequest,
    Repository,
    RepositoryAddress,
    SourceCoverage,
    WorkItem,
)
from devhealth.restamp import restamp
from devhealth.sync import sync_git
from devhealth.sync_target import sync_target
from devhealth.synthetic.directory import directory
from devhealth.synthetic.making import make
from tests.devhealth.stores import Organisation
from tests.devhealth.synthetic.conftest import UNTIL

pytestmark = pytest.mark.worlds

RUN = UUID(int=1)
TARGETS = ("prs", "cicd", "deployments", "incidents")
COMPARED = [cls for cls in RECORDS if cls not in (SourceCoverage, RepositoryAddress)]


def generate(acme, world):
    return asyncio.run(Generating(world=world, sinks=acme.sink).run())


def stored(acme):
    return {cls.table: acme.records(cls) for cls in COMPARED}


@pytest.fixture(scope="module")
def acme(store):
    """Whom no test here leaves otherwise than it was."""
    return Organisation(store)


@pytest.fixture(scope="module")
def told(acme, small):
    generate(acme, small)
    return stored(acme)


def test_another_organisation_sees_nothing(store, told):
    assert not any(stored(Organisation(store)).values())


def test_everything_is_stored(told, small):
    history = [small.history(each) for each in small.repositories]
    assert len(told["commits"]) == sum(len(each.commits) for each in history)
    assert len(told["pull_requests"]) == sum(len(each.pull_requests) for each in history)
    assert len(told["incidents"]) == sum(len(each.incidents) for each in history)
    assert len(told["work_items"]) == sum(len(each.items) for each in small.works())


def test_the_provider_is_named(told):
    for table in ("repositories", "work_items", "work_scopes"):
        assert {row["provider"] for row in told[table]} == {"synthetic"}


def test_told_again_nothing_changes(acme, small, told):
    touches = generate(acme, small)
    assert (stored(acme), set().union(*touches.days.values())) == (told, set())


def test_told_in_halves_it_is_the_same(acme, store, small, told):
    other = Organisation(store)
    middle = small.history(small.repositories[0]).commits[40].committed_at
    for since, before in ((None, middle), (middle, None)):
        by_windows(other, small, since, before)
    generate(other, small)  # the mark of git, which windows do not move
    assert stored(other) == told


def by_windows(acme, world, since, before):
    said = directory(world)
    for place in world.repositories:
        connector, sink = Synthetic(world, place, is_early=before is not None), acme.sink()
        window = {"since": since, "before": before, "directory": said}
        asyncio.run(sync_target(sink, connector, "incidents", run_id=RUN, **window))
        asyncio.run(sync_git(sink, connector.git(), **window))
        for target in TARGETS:
            done = asyncio.run(sync_target(sink, connector, target, run_id=RUN, **window))
            done.finish(sink)
    for place in world.projects:
        connector = Synthetic(world, place)
        window = {"since": since, "before": before, "directory": said}
        asyncio.run(sync_target(acme.sink(), connector, "work-items", run_id=RUN, **window))


def test_all_is_stamped_as_a_restamp_would(acme, small, told):
    done = asyncio.run(restamp(acme.sink(), directory(small)))
    assert sum(done.rows.values()) == 0


def test_another_world_takes_its_place(store):
    one, other = (make(seed, 20, 3, 6, until=UNTIL) for seed in (7, 8))
    both, fresh = Organisation(store), Organisation(store)
    generate(both, one)
    generate(both, other)
    generate(fresh, other)
    for cls in (PullRequest, WorkItem, Commit, PipelineRun, Deployment):
        assert both.records(cls) == fresh.records(cls)


def test_a_renamed_repository_keeps_its_id(acme, told):
    (row,) = [row for row in acme.records(Repository) if row["full_name"].endswith("/billing")]
    addresses = [each for each in acme.records(RepositoryAddress)
                 if each["repo_id"] == row["repo_id"]]  # fmt: skip
    assert {(each["address"].rpartition("/")[2], each["until"] is None) for each in addresses} == {
        ("old-billing", False), ("billing", True),
    }  # fmt: skip


def test_pull_requests_are_linked_to_the_items_that_they_name(acme, told, small):
    named = sum(
        bool(pull.refers_to) for history in small.histories() for pull in history.pull_requests
    )
    links = [row for row in acme.records(Link) if row["to_kind"] == "work_item"]
    assert len(links) == named > 20


def test_everybody_is_one_person(told, small):
    names = [row["name"] for row in told["identities"] if row["actor_kind"] == "human"]
    humans = {each.name for each in small.people if each.kind == "human"}
    assert len(names) == len(set(names))
    assert set(names) - humans <= {""}  # of accounts that are gone


def test_work_counts_for_the_team_of_the_project_at_the_time(told, small):
    owners = {project.key: project.owner for project in small.projects}
    for row in told["work_item_changes"]:
        if owner := owners[row["scope_key"]]:
            assert row["team_id"] == owner


def test_nothing_is_put_aside(told):
    assert told["quarantined_records"] == []
