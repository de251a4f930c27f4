from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from apps.orgs.models import ApiToken, Scope
from apps.orgs.tokens import new_text
from tests.tenants import client, in_threads

ME = "/api/v1/me"
BARE_HOSTS = ("localhost", "127.0.0.1")


@pytest.mark.parametrize("host", [*BARE_HOSTS, "acme.localhost"])
def test_a_stranger_is_told_no(stranger, host):
    assert client(host).get(ME).status_code == 401


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer x", "Basic b2xnYTpwdw==", "Bearer dh_é", "dh_x"]
)
def test_garbage_is_told_no(stranger, header):
    assert client(Authorization=header).get(ME).status_code == 401


def test_a_token_that_was_never_issued_is_told_no(stranger):
    assert client(Authorization=f"Bearer {new_text()}").get(ME).status_code == 401


def test_a_token_under_another_scheme_is_told_no(acme):
    assert client(Authorization=f"Basic {acme.text}").get(ME).status_code == 401


def test_an_expired_token_is_told_no(acme):
    ApiToken.objects.filter(id=acme.token.id).update(expires_at=timezone.now())
    assert acme.get("me").status_code == 401


def test_a_revoked_token_is_told_no(acme):
    past = timezone.now() - timedelta(days=1)
    ApiToken.objects.filter(id=acme.token.id).update(revoked_at=past)
    assert acme.get("me").status_code == 401


def test_acmes_token_opens_nothing_at_globexs_host(acme, globex):
    assert acme.client(globex.host).get(ME).status_code == 401


def test_a_wrong_token_is_told_no_even_where_none_is_needed(stranger):
    answer = client(Authorization="Bearer x").get("/api/v1/openapi.json")
    assert answer.status_code == 401


@pytest.mark.parametrize("host", ["nobody.localhost", "acme.example.com", "example.com"])
def test_an_unknown_host_is_nothing(acme, host):
    answer = acme.client(host).get(ME)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_host")


def test_every_refusal_of_a_token_asks_for_one(stranger):
    assert stranger.get(ME)["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("host", [*BARE_HOSTS, "acme.localhost", "ACME.localhost:8000"])
def test_a_token_opens_its_own_organisation(acme, host):
    answer = acme.client().get(ME, headers={"Host": host})
    assert answer.json()["organization"]["slug"] == "acme"


def test_a_claim_to_another_organisation_is_nothing(acme, globex):
    claim = str(globex.organization.id)
    assert acme.client(**{"X-Org-Id": claim}).get(ME).status_code == 404


def test_a_claim_to_ones_own_organisation_is_right(acme):
    claim = str(acme.organization.id).upper()
    assert acme.client(**{"X-Org-Id": claim}).get(ME).status_code == 200


@pytest.mark.parametrize("claim", ["x", "*", "acme"])
def test_a_claim_that_is_no_id_is_nothing(acme, claim):
    assert acme.client(**{"X-Org-Id": claim}).get(ME).status_code == 404


def test_me_says_who_where_and_with_what(acme):
    me = acme.get("me").json()
    assert me == {
        "user": {"id": str(acme.owner.id), "email": "olga@acme.example", "name": ""},
        "role": "owner",
        "organization": {"id": str(acme.organization.id), "slug": "acme", "name": "Acme"},
        "token": {
            "name": "tests",
            "prefix": acme.text[:9],
            "scopes": sorted(Scope.values),
            "expires_at": None,
        },
    }


@pytest.mark.parametrize("path", [ME, "/nothing", "/api/v1/metrics/repo_metrics_daily"])
def test_after_a_request_the_connection_is_back_on_public(acme, path):
    acme.client().get(path)
    assert connection.schema_name == "public"


def test_a_tenant_that_a_thread_had_before_is_forgotten(stranger, acme):
    connection.set_tenant(acme.organization)
    stranger.get("/livez")
    assert connection.schema_name == "public"


def test_threads_do_not_share_a_tenant(acme, globex, django_db_blocker):
    """Eight threads, each asking for both in turn: every answer is of the one who asked."""

    def ask(first):
        asked = [(acme, globex)[(first + turn) % 2] for turn in range(15)]
        return [
            (tenant.organization.slug, tenant.get("me").json()["organization"]["slug"])
            for tenant in asked
        ]

    with django_db_blocker.unblock():
        answers = in_threads(ask)
    assert [asked for asked, _ in answers] == [answered for _, answered in answers]


def test_ids_of_requests_are_kept_if_well_formed(stranger):
    given = uuid4().hex
    answer = stranger.get("/livez", headers={"X-Request-Id": given})
    assert answer["X-Request-Id"] == given
