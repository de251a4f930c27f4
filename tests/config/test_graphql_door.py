"""`/graphql` as HTTP: what is no query, what is too much, what stays inside."""

import json

import pytest

from config.schema import build_schema
from tests.config.test_limits import doubling, nested
from tests.tenants import ask

VIEWER = "{ viewer { id } }"


def post(client, body, content_type="application/json"):
    return client.post("/graphql", body, content_type=content_type)


def test_a_stranger_learns_nothing_of_the_schema(stranger):
    assert ask(stranger, "{ __schema { types { name } } }").status_code == 401


@pytest.mark.parametrize(
    "body", ["", "{", "[", "5", "null", '"x"', "[]", '{"query": 5}', '{"query": ""}', "[" * 16_000]
)
def test_what_is_no_request_is_a_problem(acme, body):
    answer = post(acme.client(), body)
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


@pytest.mark.parametrize("body", [b"\xff{", json.dumps([{"query": VIEWER}])])
def test_neither_bytes_nor_batches_are_taken(acme, body):
    assert post(acme.client(), body).status_code == 400


def test_another_content_type_is_refused(acme):
    assert post(acme.client(), VIEWER, "text/plain").status_code == 400


def test_an_oversized_body_is_refused(acme):
    answer = post(acme.client(), json.dumps({"query": VIEWER + " " * 16_384}))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_an_oversized_address_is_refused(acme):
    answer = acme.client().get("/graphql", {"query": VIEWER + " " * 16_384})
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("{ viewer { id }", "Syntax Error"),
        ("{ vewer { id } }", "Cannot query field"),
        ("mutation { viewer { id } }", "not supported"),
        (nested(13), "13 levels; 12 are allowed"),
        (nested(160), "levels"),
        ("{ a" * 400, "nested too deeply"),
        (doubling(20), "levels; 12 are allowed"),
        ("{ viewer { " + "id " * 1000 + "} }", "1000 tokens"),
        ("{ " + " ".join(f"v{n}: viewer {{ id }}" for n in range(16)) + " }", "16 aliases"),
        ("query($x: Int!) { viewer { id } }", "'$x'"),
    ],
)
def test_a_wrong_query_is_refused_with_a_sentence(acme, query, message):
    answer = ask(acme.client(), query)
    assert answer.status_code == 400
    assert message in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize("query", ["{ viewer { id }", "{ vewer { id } }", nested(13)])
def test_what_is_refused_is_refused_the_next_time_too(acme, query):
    first, second = (ask(acme.client(), query).json()["errors"] for _ in range(2))
    assert first == second


def test_a_document_that_is_known_is_answered_with_other_variables(acme):
    query = "query($no: Boolean!) { viewer { id email @skip(if: $no) } }"
    answers = [ask(acme.client(), query, no=no).json()["data"]["viewer"] for no in (False, True)]
    assert [set(each) for each in answers] == [{"id", "email"}, {"id"}]


def test_a_query_may_come_by_get(acme):
    answer = acme.client().get("/graphql", {"query": VIEWER, "variables": "{}"})
    assert answer.json()["data"]["viewer"]["id"] == str(acme.owner.id)


def test_a_slash_too_many_is_nothing(acme):
    assert acme.client().get("/graphql/", {"query": VIEWER}).status_code == 404


def test_other_methods_are_refused(acme):
    assert acme.client().put("/graphql").status_code == 405


def test_the_page_for_browsers_is_for_development(stranger, settings):
    html = {"Accept": "text/html"}
    assert stranger.get("/graphql", headers=html).status_code == 200
    settings.DEVELOPMENT = False
    assert stranger.get("/graphql", headers=html).status_code == 401


def test_a_program_gets_no_page(acme):
    assert acme.client(Accept="*/*").get("/graphql").status_code == 400


@pytest.mark.parametrize(
    "query", ["{ __schema { types { name } } }", '{ __type(name: "Query") { name } }']
)
def test_production_does_not_describe_itself(query):
    errors = build_schema(development=False).execute_sync(query).errors
    assert "introspection" in errors[0].message


def test_production_suggests_nothing():
    errors = build_schema(development=False).execute_sync("{ vewer { id } }").errors
    assert "Did you mean" not in errors[0].message


def test_development_does_both():
    schema = build_schema(development=True)
    assert schema.execute_sync("{ __schema { queryType { name } } }").errors is None
    assert "Did you mean" in schema.execute_sync("{ vewer { id } }").errors[0].message


def test_what_nobody_foresaw_stays_inside():
    """Without a context the resolver breaks on None."""
    result = build_schema(development=True).execute_sync(VIEWER)
    assert [error.message for error in result.errors] == [
        "Something failed here. Quote the request id when you ask about it."
    ]


def test_errors_name_the_request(acme):
    answer = ask(acme.client(**{"X-Request-Id": "from-the-client"}), "{ vewer { id } }")
    assert answer.json()["extensions"] == {"request_id": "from-the-client"}
