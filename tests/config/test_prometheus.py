import pytest

from tests.tenants import client

TOKEN = "a scraper's long token"


@pytest.fixture
def production(stranger, settings):
    stranger.get("/livez")  # the URLs are made once, while it is still development
    settings.DEVELOPMENT = False
    settings.METRICS_TOKEN = ""
    return settings


def test_a_stranger_finds_nothing_in_production(stranger, production):
    assert stranger.get("/metrics").status_code == 404


def test_a_stranger_is_refused_where_there_is_a_token(stranger, production):
    production.METRICS_TOKEN = TOKEN
    answer = stranger.get("/metrics")
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")


def test_no_organisations_token_opens_it(acme, production):
    production.METRICS_TOKEN = TOKEN
    assert acme.client().get("/metrics").status_code == 401


@pytest.mark.parametrize("host", ["localhost", "acme.localhost", "10.0.0.7"])
def test_the_operators_token_opens_it_on_any_host(stranger, production, host):
    production.METRICS_TOKEN = TOKEN
    answer = client(host, Authorization=f"Bearer {TOKEN}").get("/metrics")
    assert (answer.status_code, answer["Content-Type"].split(";")[0]) == (200, "text/plain")


def test_development_is_open(stranger):
    assert b"devhealth_units_waiting" in stranger.get("/metrics").content


def test_it_is_no_part_of_the_api(stranger):
    assert "/metrics" not in stranger.get("/api/v1/openapi.json").json()["paths"]
