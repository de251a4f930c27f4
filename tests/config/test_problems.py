"""One shape for every failure, whoever made it."""

import pytest
from django.test import RequestFactory

from config.middleware import RequestMiddleware, answer
from tests.tenants import client

MEMBERS = {"type", "title", "status", "code", "detail", "errors", "request_id"}
HOSTS = ["localhost", "acme.localhost", "nobody.localhost"]


def shape(response):
    return response["Content-Type"], set(response.json())


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("path", ["/nothing", "/api/v1/", "/api/v1/nothing", "/api/v2/me"])
def test_an_unknown_route_is_a_problem(stranger, host, path):
    response = client(host).get(path)
    assert response.status_code == 404
    assert shape(response) == ("application/problem+json", MEMBERS)


def test_a_wrong_method_is_a_problem(acme):
    response = acme.client().delete("/api/v1/me")
    assert (response.status_code, response["Allow"]) == (405, "GET")
    assert shape(response) == ("application/problem+json", MEMBERS)


def test_debug_changes_nothing(stranger, settings):
    settings.DEBUG = True
    response = stranger.get("/nothing")
    assert shape(response) == ("application/problem+json", MEMBERS)


def test_what_nobody_foresaw_is_a_problem_without_its_text():
    response = answer(RequestFactory().get("/"), ZeroDivisionError("secret"))
    assert response.status_code == 500
    assert b"secret" not in response.content


def test_every_answer_has_an_id(stranger):
    assert len(stranger.get("/livez")["X-Request-Id"]) == 32


def test_a_problem_names_its_request(stranger):
    response = stranger.get("/nothing", headers={"X-Request-Id": "from-the-client"})
    assert response.json()["request_id"] == "from-the-client"


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "a b c d e f", "<script>", "é" * 10])
def test_an_id_that_is_not_well_formed_is_replaced(stranger, given):
    assert stranger.get("/livez", headers={"X-Request-Id": given})["X-Request-Id"] != given


def test_the_middleware_is_the_outermost(settings):
    assert settings.MIDDLEWARE[0] == f"{RequestMiddleware.__module__}.RequestMiddleware"
