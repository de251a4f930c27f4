"""What GitHub says of itself, through the real client, connector and processors."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from devhealth.connectors.github import HEADERS, GitHub
from devhealth.connectors.github_app import Installation
from devhealth.errors import Permanent
from devhealth.http import Bearer, Client, Guard, Unsafe
from devhealth.http.posting import posted
from devhealth.models.records import RECORDS, PipelineRun, SourceCoverage
from devhealth.processors import github, github_rest
from devhealth.processors.reading import Unreadable
from devhealth.sinks import open_store, sink_of_run
from devhealth.sync_target import sync_target
from tests.openapi.prism import serving

HERE = Guard(allowed=("127.0.0.1",))
NAME = "octocat/Hello-World"
MADE_UP = 25  # of each, by the schema
ONE = f"/repos/{NAME}"


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("prism")) as started:
        yield started


def opened(url, **headers):
    """GitHub's documents ask for `vnd.github+json`, which its description does not know."""
    sent = {**HEADERS, "accept": "application/json", **headers}
    return Client(url, auth=Bearer("s3cr3t"), guard=HERE, headers=sent)


def got(url, path, **headers):
    async def run():
        async with opened(url, **headers) as client:
            return (await client.get(path)).data

    return asyncio.run(run())


def made_up(url, path):
    return [got(url, path, prefer="dynamic=true") for _ in range(MADE_UP)]


@pytest.fixture(scope="module")
def repository(url):
    return github.repository(got(url, ONE))


def test_the_example_of_a_repository_is_one(repository):
    found = (repository.native_id, repository.source_id, repository.full_name)
    assert found == ("1296269", "github.com", NAME)


def wrong(read, raw, repository):
    """A sentence. Nothing but `Unreadable` may be raised."""
    try:
        return f"It is {read(raw, repository)}."
    except Unreadable as error:
        return str(error)


def incident(raw, repository):
    """As if it were no pull request, which the example is, and whatever its labels are called.

    The example stands under a key, beside patches of itself.
    """
    issue = (raw if "id" in raw else raw["value"]) | {"pull_request": None}
    named = [each.get("name") if isinstance(each, dict) else each for each in issue["labels"]]
    return github_rest.incident(issue, repository, [each for each in named if each])


READ = {
    "actions/runs/7": lambda raw, repository: github.pipeline_runs(raw, repository),
    "actions/runs/7/attempts/1": lambda raw, repository: github.pipeline_runs(raw, repository),
    "pulls/7": lambda raw, repository: github_rest.pull_request(raw, repository),
    "issues/7": incident,
    "deployments/7": lambda raw, repository: github_rest.deployment(raw, repository),
    "releases/7": lambda raw, repository: github_rest.release(raw, repository),
}


@pytest.mark.parametrize("path", READ)
def test_the_example_of_a_thing_is_a_record(url, repository, path):
    assert READ[path](got(url, f"{ONE}/{path}"), repository)


@pytest.mark.parametrize("path", READ)
def test_whatever_the_schema_allows_is_a_record_or_says_what_is_wrong(url, repository, path):
    for raw in made_up(url, f"{ONE}/{path}"):
        assert wrong(READ[path], raw, repository).endswith(".")


def test_a_pull_request_takes_its_examples_of_reviews_commits_and_comments(url, repository):
    told = github_rest.pull_request(
        got(url, f"{ONE}/pulls/7"),
        repository,
        reviews=got(url, f"{ONE}/pulls/7/reviews"),
        commits=got(url, f"{ONE}/pulls/7/commits"),
        comments=got(url, f"{ONE}/issues/7/comments"),
    )
    assert [len(each) for each in (told.reviews, told.commits, told.comments)] == [1, 1, 1]


def test_a_deployment_takes_its_example_of_a_status(url, repository):
    statuses = got(url, f"{ONE}/deployments/7/statuses")
    found = github_rest.deployment(got(url, f"{ONE}/deployments/7"), repository, statuses)
    assert found.status == "success"


def test_what_is_asked_is_as_described_and_no_token_goes_where_next_leads(url):
    """The example's next page is at api.github.com, which is another host here."""
    window = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    with pytest.raises(Unsafe, match="leads to another host"):
        asyncio.run(runs(url, *window))


def test_runs_up_to_there_are_kept_under_their_reason(url, tmp_path):
    store = open_store(f"sqlite:///{tmp_path / 'facts.db'}")
    store.migrate()
    sink = sink_of_run(store, uuid4(), RECORDS)

    async def run():
        async with opened(url) as client:
            await sync_target(sink, GitHub(client, NAME), "cicd", run_id=uuid4())

    with pytest.raises(Unsafe):
        asyncio.run(run())
    [reason] = sink.read(SourceCoverage)["unreachable_reason"]
    assert "another host" in reason
    assert sink.read(PipelineRun).height == 0
    store.close()


async def runs(url, since, before):
    async with opened(url) as client:
        return [page async for page in GitHub(client, NAME).cicd(since, before)]


def test_an_app_gets_a_token_as_described(url):
    async def exchange(address, name):
        return await posted(address, headers={"authorization": f"Bearer {name}"}, guard=HERE)

    made = Installation(api=url, app="1", installation=7, sign=bytes, exchange=exchange)
    token = asyncio.run(made(is_rejected=False))
    assert token.startswith("ghs_")


def test_a_request_that_is_not_as_described_is_refused(url):
    with pytest.raises(Permanent, match="answered 422"):
        got(url, f"{ONE}/actions/runs?per_page=many")
