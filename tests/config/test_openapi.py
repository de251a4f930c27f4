"""What the OpenAPI document says of limits."""

from typing import get_args

from ninja import Schema

from config.api import api

DOCUMENT = api.get_openapi_schema()
LIMITED = {"$ref": "#/components/responses/RateLimited"}
OPERATIONS = [each for path in DOCUMENT["paths"].values() for each in path.values()]


def test_what_needs_a_token_may_be_refused_for_being_asked_too_often():
    told = {bool(each.get("security")): [] for each in OPERATIONS}
    for each in OPERATIONS:
        told[bool(each.get("security"))].append(each["responses"].get(429))
    assert set(map(str, told[True])) == {str(LIMITED)}
    assert set(told[False]) == {None}


def test_the_refusal_is_described_with_its_headers():
    answer = DOCUMENT["components"]["responses"]["RateLimited"]
    assert set(answer["headers"]) == {"RateLimit", "RateLimit-Policy", "Retry-After"}
    schema = answer["content"]["application/problem+json"]["schema"]["$ref"]
    assert schema.rpartition("/")[2] in DOCUMENT["components"]["schemas"]


def test_a_problem_is_what_every_refusal_looks_like(stranger):
    problem = stranger.get("/api/v1/me").json()
    described = DOCUMENT["components"]["schemas"]["Problem"]
    assert set(problem) == set(described["properties"]) == set(described["required"])


def test_no_two_bodies_or_answers_have_one_name():
    """In the document the second would be told in the place of the first."""
    found = {
        kind
        for bound in api._get_bound_routers()
        for view in bound.path_operations.values()
        for operation in view.operations
        for kind in (*operation.view_func.__annotations__.values(), *answers_of(operation))
        if isinstance(kind, type) and issubclass(kind, Schema)
    }
    names = [each.__name__ for each in found]
    assert sorted({each for each in names if names.count(each) > 1}) == []


def answers_of(operation):
    """The schemas that it answers with, alone, in lists and as one of several."""
    asked = [
        model.model_fields["response"].annotation
        for model in operation.response_models.values()
        if isinstance(model, type)
    ]
    while asked:
        kind = asked.pop()
        asked += get_args(kind)
        yield kind
