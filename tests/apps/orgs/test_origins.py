"""Pages of listed origins may ask an organisation's API; all others are told nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.orgs.models import AuditEntry, Role, Scope
from apps.orgs.origins import MOST, is_origin
from tests.tenants import client

APP, OTHER = "https://app.acme.example", "https://app.globex.example"
PREFLIGHT = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type",
}
ALLOWED = "Access-Control-Allow-Origin"
HOSTS = {"acme": "acme.localhost", "globex": "globex.localhost", "bare": "localhost"}


@pytest.fixture
def listed(acme, globex):
    """Each organisation has an origin of its own."""
    for tenant, origin in ((acme, APP), (globex, OTHER)):
        tenant.organization.allowed_origins = [origin]
        tenant.organization.save()
    yield acme
    for tenant in (acme, globex):
        tenant.organization.allowed_origins = []


def preflight(host, origin, path="/api/v1/home"):
    return client(host, Origin=origin, **PREFLIGHT).options(path)


def cors_of(answer):
    return {name for name in answer.headers if name.startswith("Access-Control-")}


@pytest.mark.parametrize("path", ["/api/v1/home", "/graphql"])
@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("acme", OTHER),
        ("globex", APP),
        ("bare", APP),
        ("acme", "https://app.acme.example.evil.example"),
        ("acme", "http://app.acme.example"),
        ("acme", "https://app.acme.example:8443"),
        ("acme", "null"),
    ],
)
def test_an_origin_that_is_not_listed_gets_nothing(listed, host, origin, path):
    answer = preflight(HOSTS[host], origin, path)
    assert (answer.status_code, cors_of(answer), answer["Vary"]) == (204, set(), "Origin")


def test_a_page_of_another_organisations_origin_may_not_read_an_answer(listed):
    answer = listed.client("acme.localhost", Origin=OTHER).get("/api/v1/me")
    assert (answer.status_code, cors_of(answer), answer["Vary"]) == (200, set(), "Origin")


@pytest.mark.parametrize("path", ["/api/v1/home", "/graphql"])
def test_a_preflight_of_a_listed_origin_is_answered_without_a_token(listed, path):
    answer = preflight("acme.localhost", APP, path)
    assert (answer.status_code, answer[ALLOWED], answer["Vary"]) == (204, APP, "Origin")
    assert "POST" in answer["Access-Control-Allow-Methods"]
    assert "authorization" in answer["Access-Control-Allow-Headers"].lower()


def test_a_listed_page_reads_the_answer_and_its_headers_and_sends_no_cookie(listed):
    answer = listed.client("acme.localhost", Origin=APP).get("/api/v1/me")
    assert answer[ALLOWED] == APP
    exposed = answer["Access-Control-Expose-Headers"]
    assert {"RateLimit", "RateLimit-Policy", "ETag"} <= set(exposed.split(", "))
    assert "Access-Control-Allow-Credentials" not in answer


def test_a_listed_page_reads_why_it_was_refused(listed):
    answer = client("acme.localhost", Origin=APP, Authorization="Bearer dh_x").get("/api/v1/me")
    assert (answer.status_code, answer[ALLOWED]) == (401, APP)


def test_pages_of_ours_are_read_by_nobody_elsewhere(listed):
    answer = client("acme.localhost", Origin=APP).get("/admin/")
    assert cors_of(answer) == set()
    assert cors_of(preflight("acme.localhost", APP, "/admin/")) == set()


def test_no_host_of_an_organisation_is_no_preflight(listed):
    assert preflight("nobody.localhost", APP).status_code == 404


def test_an_options_request_that_is_no_preflight_is_as_ever(listed):
    assert client("acme.localhost", Origin=APP).options("/api/v1/me").status_code == 405


# --- the list ------------------------------------------------------------------------------------


def put(tenant, origins, **headers):
    body = {"origins": origins}
    return tenant.send("PUT", "organization/origins", body, **{"If_Match": "*"} | headers)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MEMBER])
def test_whoever_is_no_admin_lists_no_origin(acme, role):
    answer = acme.asker(role, [Scope.ORGANIZATION_WRITE]).put(
        "/api/v1/organization/origins", {"origins": [APP]}, content_type="application/json",
        headers={"If-Match": "*"},
    )  # fmt: skip
    assert (answer.status_code, answer.json()["code"]) == (403, "missing_role")


def test_what_is_listed_counts_from_the_next_request_on(acme):
    assert ALLOWED not in preflight("acme.localhost", APP)
    assert put(acme, ["HTTPS://app.acme.example", "http://localhost:3000"]).json() == {
        "origins": ["http://localhost:3000", APP]
    }
    assert preflight("acme.localhost", APP)[ALLOWED] == APP
    put(acme, [])
    assert ALLOWED not in preflight("acme.localhost", APP)


def test_a_change_is_in_the_audit_log(acme):
    put(acme, [APP])
    entry = AuditEntry.objects.get(action="origins.update")
    assert (entry.before, entry.after) == (
        {"allowed_origins": []}, {"allowed_origins": [APP]},
    )  # fmt: skip


def test_of_two_who_change_it_one_is_told(acme):
    etag = acme.get("organization/origins")["ETag"]
    assert put(acme, [APP], If_Match=etag).status_code == 200
    assert put(acme, [OTHER], If_Match=etag).status_code == 412
    assert put(acme, [OTHER], If_Match="").status_code == 428


@pytest.mark.parametrize(
    "origin",
    [
        "*", "https://*.acme.example", "http://app.acme.example", "https://app.acme.example/",
        "https://app.acme.example/path", "https://app.acme.example:443", "app.acme.example",
        "https://me@app.acme.example", "ftp://app.acme.example", "null", "https://", "https://a:x",
        "http://localhost.acme.example", "https://äpp.example",
    ],
)  # fmt: skip
def test_what_is_no_origin_is_not_listed(acme, origin):
    answer = put(acme, [origin])
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_origin")


@pytest.mark.parametrize(
    "origin",
    [APP, "https://app.acme.example:8443", "http://localhost", "http://acme.localhost:3000",
     "http://127.0.0.1:3000", "https://xn--pp-wia.example"],
)  # fmt: skip
def test_what_browsers_send_is_an_origin(origin):
    assert is_origin(origin)


@given(st.text())
def test_whatever_is_an_origin_has_no_path_no_star_and_no_name(text):
    assert not (is_origin(text) and set("*@?#,; \r\n") & set(text))


def test_no_more_are_listed_than_that(acme):
    many = [f"https://a{number}.example" for number in range(MOST + 1)]
    assert put(acme, many).json()["code"] == "too_many_origins"
