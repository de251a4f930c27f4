"""`/graphql` refuses what costs too much before anybody is asked, and bounds what it takes."""

import json

import pytest
import strawberry

from apps.cost import Cost
from apps.errors import BadRequest
from apps.metrics.store import store
from config.cost import MOST_COST, Priced
from tests.apps.metrics.rows import RANGE, repo_day
from tests.apps.metrics.test_rows_by_graphql import REPOS
from tests.queries import queries_of
from tests.tenants import ask

VIEWER = "{ viewer { id } }"
CHUNKS = "index source since before state attempts recordsFetched rowsWritten error retryAt"
JOBS = f"""
query($jobs: Int = 100, $chunks: Int = 100) {{
  {" ".join(f"a{n}: backfillJobs(first: $jobs) {{ ...some }}" for n in range(5))}
}}
fragment some on BackfillJobConnection {{ nodes {{ id chunks(first: $chunks) {{ {CHUNKS} }} }} }}
"""
DAYS = f"""
query($f: MetricsDailyFilter!) {{
  {" ".join(f"a{n}: repoMetricsDaily(filter: $f, first: 1000) {{ ...rows }}" for n in range(15))}
}}
fragment rows on RepoMetricsDayConnection {{ nodes {{ ...row }} edges {{ node {{ ...row }} }} }}
fragment row on RepoMetricsDay {{
  repoId population day isEmpty commitsCount authorsCount locAdded locDeleted filesChanged
  commitSizeLocP50 commitSizeN largeCommitsCount revertsCount reworkLoc30d changedLoc30d computedAt
}}
"""


@pytest.fixture
def client(acme):
    """Of a token that has been used a moment ago, which is noted."""
    client = acme.client()
    ask(client, VIEWER)
    return client


def cost(answer):
    return answer.json()["extensions"]["cost"]


def runs(times):
    return f"{{ {'syncRuns { nodes { id } } ' * times} }}"


# --- the price is told


def test_every_answer_tells_its_price(acme):
    assert cost(ask(acme.client(), VIEWER)) == {"price": 1, "limit": MOST_COST}


def test_an_answer_with_an_error_does_too(acme):
    answer = ask(acme.client(), REPOS, filter={"range": RANGE}, first=0)
    assert (answer.status_code, cost(answer)["price"]) == (400, 1)


def test_a_document_that_is_not_run_has_no_price(acme):
    answer = ask(acme.client(), "{ vewer { id } }")
    assert "cost" not in answer.json()["extensions"]


# --- too much


def test_what_costs_too_much_is_refused_by_a_word_that_the_front_end_knows(acme):
    """5 × 2 questions; 5 × (1 + 100 × (2 + 100 × 11)) values."""
    answer = ask(acme.client(), JOBS)
    (error,) = answer.json()["errors"]
    assert error["message"].startswith("COST_LIMIT_EXCEEDED: this costs 561 points, and 500 are")
    assert (answer.status_code, error["extensions"]["code"]) == (400, "cost_limit_exceeded")
    assert cost(answer) == {"price": 561, "limit": 500}


def test_what_is_refused_reads_nothing_of_the_store(acme):
    """15 questions; 15 × (1 + 1000 × (1 + 16 + 2 + 16)) values."""
    acme.write([repo_day()])
    answers = []
    reads = store().reads_of(lambda: answers.append(ask(acme.client(), DAYS, f={"range": RANGE})))
    assert (reads, cost(answers[0])["price"]) == ([], 15 + 525)


def test_what_is_refused_asks_the_database_only_who_is_there(client):
    refused, wrong = (queries_of(lambda text=text: ask(client, text)) for text in (JOBS, "{ no }"))
    assert len(refused) == len(wrong)


def test_the_same_for_less_is_answered(acme):
    """5 × 2 questions; 5 × (1 + 5 × (2 + 10 × 11)) values."""
    answer = ask(acme.client(), JOBS, jobs=5, chunks=10)
    assert (answer.status_code, cost(answer)["price"]) == (200, 10 + 2)


def test_a_field_may_refuse_its_arguments_before_anything_runs():
    def too_many(arguments):
        raise BadRequest("Too many parts.", code="too_many_parts")

    @strawberry.type
    class Query:
        @strawberry.field(metadata={"cost": Cost(questions=too_many)})
        def batch(self) -> int:
            raise AssertionError("it ran")

    result = strawberry.Schema(Query, extensions=[Priced]).execute_sync("{ batch }")
    assert [(each.message, each.extensions) for each in result.errors] == [
        ("Too many parts.", {"code": "too_many_parts"})
    ]


# --- what else could be too much


def test_a_field_asked_for_many_times_is_read_once(client):
    once, often = (queries_of(lambda times=times: ask(client, runs(times))) for times in (1, 100))
    assert len(once) == len(often)


def test_a_field_asked_for_many_times_is_paid_each_time(client):
    assert cost(ask(client, runs(100)))["price"] == 100 + 100 * (1 + 20 * 2) // 1000


def test_of_several_operations_one_runs_and_is_paid(acme):
    operations = " ".join(f"query q{each} {VIEWER}" for each in range(99))
    body = {"query": operations, "operationName": "q7"}
    answer = acme.client().post("/graphql", body, content_type="application/json")
    assert (answer.status_code, cost(answer)["price"]) == (200, 1)


def test_names_of_types_are_aliased_like_others(acme):
    many = " ".join(f"a{each}: __typename" for each in range(16))
    answer = ask(acme.client(), f"{{ viewer {{ {many} }} }}")
    assert "16 aliases; 15 are allowed" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize("flood", ["@include(if: true) " * 140, "@no " * 450])
def test_the_errors_of_a_flood_of_directives_are_cut_short(acme, flood):
    answer = ask(acme.client(), f"{{ viewer {{ id {flood} }} }}")
    assert (answer.status_code, len(answer.json()["errors"])) == (400, 101)


@pytest.mark.parametrize("levels", [2, 500, 5000])
def test_a_list_deep_in_variables_is_refused(acme, levels):
    query = "query($states: [WorkState!]) { syncRuns(states: $states) { nodes { id } } }"
    body = json.dumps({"query": query, "variables": {"states": "HERE"}})
    deep = body.replace('"HERE"', "[" * levels + "]" * levels)
    answer = acme.client().post("/graphql", deep, content_type="application/json")
    assert answer.status_code == 400


@pytest.mark.parametrize("levels", [2, 480])
def test_a_list_deep_in_the_document_is_refused(acme, levels):
    deep = "[" * levels + "]" * levels
    answer = ask(acme.client(), f"{{ syncRuns(states: {deep}) {{ nodes {{ id }} }} }}")
    assert answer.status_code == 400
