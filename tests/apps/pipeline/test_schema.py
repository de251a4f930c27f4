"""Runs and backfills over GraphQL: the same as over REST."""

import re

import pytest

from apps.orgs.services import issue_token
from apps.pipeline.models import BackfillJob
from tests.apps.pipeline.rows import backfill_job, run_of, sync_config
from tests.queries import queries_of
from tests.tenants import ask, client

RUNS = """
query($configId: ID, $states: [WorkState!], $first: Int! = 20, $after: String, $orgId: String) {
  rows: syncRuns(
    configId: $configId, states: $states, first: $first, after: $after, orgId: $orgId
  ) {
    edges { cursor node { id } }
    nodes {
      id config { id name provider } trigger requestedBy state error
      createdAt startedAt finishedAt
      units {
        source state attempts recordsFetched rowsWritten drift error retryAt startedAt finishedAt
      }
    }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}"""
JOBS = """
query(
  $configId: ID, $states: [WorkState!], $first: Int! = 20, $after: String, $orgId: String
  $chunkStates: [WorkState!], $chunks: Int! = 100
) {
  rows: backfillJobs(
    configId: $configId, states: $states, first: $first, after: $after, orgId: $orgId
  ) {
    nodes {
      id config { id name provider } state since before order chunkDays tier requestedBy
      targets totalChunks completedChunks failedChunks progress etaSeconds recordsFetched
      rowsWritten attempts error retryAt createdAt startedAt finishedAt
      chunks(states: $chunkStates, first: $chunks) {
        index source since before state attempts recordsFetched rowsWritten isBeyondTier error
        retryAt startedAt finishedAt
      }
    }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}"""
BOTH = pytest.mark.parametrize("query", [RUNS, JOBS], ids=["syncRuns", "backfillJobs"])


@pytest.fixture
def config(acme):
    return sync_config(acme)


def rows(tenant, query, **variables):
    return tenant.graphql(query, **variables)["data"]["rows"]


def refused(tenant, query, **variables):
    answer = ask(tenant.client(), query, **variables)
    return answer.status_code, answer.json()["errors"][0]["extensions"]["code"]


def as_rest(node):
    """The same in REST's words: snake case, states in lower case, a config by its id."""
    named = {re.sub("([A-Z])", r"_\1", name).lower(): value for name, value in node.items()}
    named["state"] = named["state"].lower()
    if "config" in named:
        named["config_id"] = named.pop("config")["id"]
    if "units" in named:
        named["units"] = [as_rest(unit) for unit in named["units"]]
    return named


# --- the stranger --------------------------------------------------------------------------------


@BOTH
def test_a_stranger_is_told_no(stranger, query):
    assert ask(stranger, query).status_code == 401


@BOTH
def test_mallory_of_globex_sees_nothing_of_acmes(acme, globex, config, query):
    run_of(acme, config)
    backfill_job(acme, config)
    assert rows(globex, query, configId=str(config.pk))["nodes"] == []


@BOTH
def test_a_claim_to_acme_is_nothing_for_globex(acme, globex, query):
    found = refused(globex, query, orgId=str(acme.organization.id))
    assert found == (404, "unknown_organization")


@BOTH
def test_a_token_without_the_scope_reads_nothing(acme, query):
    _, text = issue_token(acme.organization, by=acme.owner, name="t", scopes=["metrics:read"])
    answer = ask(client(Authorization=f"Bearer {text}"), query)
    assert answer.json()["errors"][0]["extensions"]["code"] == "missing_scope"


@BOTH
def test_a_cursor_of_another_organisation_is_refused(acme, globex, config, query):
    run_of(acme, config)
    backfill_job(acme, config)
    cursor = rows(acme, query)["pageInfo"]["endCursor"]
    assert refused(globex, query, after=cursor) == (400, "invalid_cursor")


# --- the same as REST ----------------------------------------------------------------------------


def test_runs_are_those_of_rest(acme, config):
    run_of(acme, config, "completed", units=2)
    run_of(acme, config, "running")
    found = [as_rest(node) for node in rows(acme, RUNS)["nodes"]]
    assert found == acme.get("runs").json()["items"]


def test_backfills_are_those_of_rest(acme, config):
    backfill_job(acme, config, "running", ("completed", "failed", "pending"))
    backfill_job(acme, config, "completed", ("completed",))
    found = [as_rest(node) for node in rows(acme, JOBS)["nodes"]]
    for each in found:
        each.pop("chunks")
    assert found == acme.get("backfills").json()["items"]


def test_chunks_are_those_of_rest(acme, config):
    job = backfill_job(acme, config, "running", ("completed", "failed", "pending"))
    (node,) = rows(acme, JOBS)["nodes"]
    found = [as_rest(chunk) for chunk in node["chunks"]]
    assert found == acme.get(f"backfills/{job.pk}/chunks").json()["items"]


def test_a_config_is_named(acme, config):
    run_of(acme, config)
    (node,) = rows(acme, RUNS)["nodes"]
    assert node["config"] == {"id": str(config.pk), "name": config.name, "provider": "local"}


# --- what is asked -------------------------------------------------------------------------------


@BOTH
def test_rows_are_filtered_by_config_and_state(acme, config, query):
    for made in (run_of, backfill_job):
        made(acme, sync_config(acme), "failed")
        made(acme, config, "canceled")
        made(acme, config, "failed")
    found = rows(acme, query, configId=str(config.pk), states=["FAILED"])["nodes"]
    assert [(node["config"]["id"], node["state"]) for node in found] == [(str(config.pk), "FAILED")]


def test_chunks_are_filtered_and_few(acme, config):
    for _ in range(2):
        backfill_job(acme, config, "running", ("completed", "failed", "completed", "completed"))
    found = rows(acme, JOBS, chunkStates=["COMPLETED"], chunks=2)["nodes"]
    assert [[chunk["index"] for chunk in node["chunks"]] for node in found] == [[0, 2]] * 2


@BOTH
def test_pages_tile_though_all_share_one_instant(acme, config, query):
    for _ in range(5):
        backfill_job(acme, config)
        run_of(acme, config, "completed")
    with acme.entered():
        newest = BackfillJob.objects.latest("created_at").created_at
        BackfillJob.objects.update(created_at=newest)
    found, after = [], None
    while True:
        page = rows(acme, query, first=2, after=after)
        found += [node["id"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert len(set(found)) == len(found) == 5


@BOTH
@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"first": 0}, "invalid_first"),
        ({"first": 101}, "invalid_first"),
        ({"configId": "x"}, "malformed_id"),
        ({"after": "x"}, "invalid_cursor"),
    ],
)
def test_what_cannot_be_asked_is_named(acme, query, variables, code):
    assert refused(acme, query, **variables) == (400, code)


def test_more_chunks_than_are_given_out_is_refused(acme, config):
    backfill_job(acme, config)
    assert refused(acme, JOBS, chunks=101) == (400, "invalid_first")


def test_a_state_that_there_is_not_is_refused(acme):
    assert ask(acme.client(), RUNS, states=["DONE"]).status_code == 400


# --- what it costs -------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 50])
def test_runs_cost_the_same_however_many(acme, config, number):
    for _ in range(number):
        run_of(acme, config, "completed", units=2)
    acme.get("me")  # notes the token's use, which is not of this query
    assert len(queries_of(lambda: rows(acme, RUNS, first=50))) == 3


@pytest.mark.parametrize("number", [1, 50])
def test_backfills_cost_the_same_however_many(acme, config, number):
    for _ in range(number):
        backfill_job(acme, config, "completed", ("completed",) * 2)
    acme.get("me")  # notes the token's use, which is not of this query
    assert len(queries_of(lambda: rows(acme, JOBS, first=50))) == 4


def test_chunks_that_nobody_asks_for_cost_nothing(acme, config):
    backfill_job(acme, config)
    acme.get("me")  # notes the token's use, which is not of this query
    query = "{ rows: backfillJobs { nodes { id totalChunks } } }"
    assert len(queries_of(lambda: rows(acme, query))) == 3
