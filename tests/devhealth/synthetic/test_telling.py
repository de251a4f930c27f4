"""What is read of a told world is what is true of it."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from devhealth.connectors.synthetic import PAGE, Page, Synthetic
from devhealth.models.directory_file import parse_directory
from devhealth.processors import local
from devhealth.processors import synthetic as processor
from devhealth.processors.stamps import Stamps
from devhealth.processors.statuses import Statuses
from devhealth.synthetic.directory import directory, toml
from devhealth.synthetic.world import World

REPOSITORIES = range(8)
PROJECTS = range(4)
each_repository = pytest.mark.parametrize("place", REPOSITORIES)
each_project = pytest.mark.parametrize("place", PROJECTS)


def listed(pages: AsyncGenerator[Page, None]) -> list[Any]:
    async def taken() -> list[Any]:
        return [raw async for page in pages for raw in page.items]

    return asyncio.run(taken())


def told(world: World, place: int):
    connector = Synthetic(world, world.repositories[place])
    return connector, processor.repository(asyncio.run(connector.repository()))


@each_repository
def test_commits(world: World, place: int):
    connector, repository = told(world, place)
    stamps, branch = Stamps(directory(world), repository.full_name), connector.git()
    expected = {
        each.hash: (
            each.authored_at, each.utc_offset_minutes, each.committed_at, len(each.parents),
            sum(file.added for file in each.files), sum(file.deleted for file in each.files),
            len(each.files), each.is_revert, each.is_assisted, world.person(each.author).kind,
            each.email,
        )
        for each in branch.commits
    }  # fmt: skip

    async def read():
        async for raw in branch.git(branch.commits[-1].hash):
            yield local.commit(raw, repository.repo_id, stamps)[0]

    async def rows():
        return [row async for row in read()]

    found = {
        row.hash: (
            row.authored_at, row.author_utc_offset_minutes, row.committed_at, row.parent_count,
            row.loc_added, row.loc_deleted, row.files_changed, row.is_revert,
            row.ai_assistance == "assisted", row.actor_kind, row.author_email,
        )
        for row in asyncio.run(rows())
    }  # fmt: skip
    assert found == expected


@each_repository
def test_pull_requests(world: World, place: int):
    connector, repository = told(world, place)
    truth = {each.number: each for each in connector.history.pull_requests}
    for raw in listed(connector.prs(None, None)):
        read = processor.pull_request(raw, repository)
        row, true = read.pull_request, truth[read.pull_request.number]
        assert (
            row.state, row.is_draft, row.created_at, row.ready_at, row.merged_at, row.closed_at,
            row.updated_at, row.reverts_number, row.loc_added, row.loc_deleted, row.files_changed,
            row.merge_commit_hash, row.is_into_default, row.ai_assistance == "assisted",
        ) == (
            true.state, true.is_draft, true.created_at, true.ready_at, true.merged_at,
            true.closed_at, true.updated_at, true.reverts, true.added, true.deleted,
            true.files_changed, true.merge_commit, true.base_branch == "main", true.is_assisted,
        )  # fmt: skip
        reviews = sorted((each.state, each.submitted_at) for each in read.reviews)
        assert reviews == sorted((each.state, each.at) for each in true.reviews)
        said = sorted((each.kind, each.created_at) for each in read.comments)
        assert said == sorted((each.kind, each.at) for each in true.comments)
        assert {each.hash for each in read.commits} == {each.hash for each in true.commits}


@each_repository
def test_runs(world: World, place: int):
    connector, repository = told(world, place)
    truth = {
        (str(run.run_id), each.number): each
        for run in connector.history.runs
        for each in run.attempts
    }
    for raw in listed(connector.cicd(None, None)):
        for row in processor.pipeline_runs(raw, repository):
            true = truth.pop((row.run_id, row.attempt))
            began = min((job.started_at for job in true.jobs), default=row.started_at)
            assert (row.status, row.queued_at, row.started_at, row.finished_at) == (
                true.status, true.queued_at, began, true.finished_at,
            )  # fmt: skip
    assert truth == {}


@each_repository
def test_deployments(world: World, place: int):
    connector, repository = told(world, place)
    truth = {each.deployment_id: each for each in connector.history.deployments}
    for raw in listed(connector.deployments(None, None)):
        (row,) = processor.deployments(raw, repository)
        true = truth.pop(row.deployment_id.removeprefix("release:"))
        assert (row.kind, row.status, row.is_production, row.started_at, row.finished_at) == (
            true.kind, true.status, true.is_production, true.started_at, true.finished_at,
        )  # fmt: skip
    assert truth == {}


@each_repository
def test_incidents(world: World, place: int):
    connector, repository = told(world, place)
    rows = [processor.incident(raw, repository) for raw in listed(connector.incidents(None, None))]
    found = {(row.incident_id, row.started_at, row.resolved_at, row.severity) for row in rows}
    assert found == {
        (str(each.incident_id), each.opened_at, each.resolved_at, each.severity)
        for each in connector.history.incidents
    }


@each_project
def test_work_items(world: World, place: int):
    connector = Synthetic(world, world.projects[place])
    scope = processor.project(asyncio.run(connector.repository()))
    means = {each.name: each.means for each in world.statuses}
    statuses = Statuses(directory(world))
    truth = {each.native_id: each for each in world.work(world.projects[place]).items}
    for raw in listed(connector.work_items(None, None)):
        read = processor.work_item(raw, scope)
        true = truth.pop(read.item.native_id)
        told_of = [each for each in read.changes if not each.change_id.startswith("created")]
        last = read.changes[-1]
        assert [each.change_id for each in told_of] == [each.change_id for each in true.changes]
        assert read.changes[0].status_raw == true.filed.status
        assert statuses.of(last.status_raw, last.status_category) == means[true.now.status]
        assert last.is_assigned == (true.now.assignee is not None)
        assert last.is_flagged == true.now.is_flagged
    assert truth == {}


def test_a_page_has_a_hundred_things_at_most(world: World):
    connector = Synthetic(world, world.repositories[0])

    async def sizes() -> list[int]:
        return [len(page.items) async for page in connector.prs(None, None)]

    found = asyncio.run(sizes())
    assert (max(found), sum(found)) == (PAGE, len(connector.history.pull_requests))


def test_windows_give_everything_once(world: World):
    connector = Synthetic(world, world.repositories[0])
    middle = sorted(each.updated_at for each in connector.history.pull_requests)[100]
    whole = listed(connector.prs(None, None))
    assert listed(connector.prs(None, middle)) + listed(connector.prs(middle, None)) == whole


def test_a_sweep_is_told_every_id(world: World):
    connector = Synthetic(world, world.repositories[1])
    for target in ("prs", "cicd", "deployments", "incidents"):
        method = getattr(connector, target)
        own = [processor.known_by(target, raw) for raw in listed(connector.ids(target))]
        whole = [processor.known_by(target, raw) for raw in listed(method(None, None))]
        assert sorted(own) == sorted(whole)


def test_the_file_says_all_of_the_directory(world: World):
    assert parse_directory(toml(world)) == directory(world)
