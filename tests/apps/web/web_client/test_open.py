"""A demo's organisation that everybody may look at, for the client's build without a login."""

import pytest

from apps.orgs.models import ApiToken, User
from config.services import open_organization
from tests.apps.web.web_client.conftest import JANUARY
from tests.devhealth.metrics.worlds import ADA
from tests.isolation.rest import operations
from tests.tenants import ask, client, send

ALL = [each for each in operations() if not each.needs_no_token]


@pytest.fixture
def opened(settings):
    settings.OPEN_ORGANIZATION = "acme"
    return settings


def visit(method="POST", path="home", body=None, host="acme.localhost"):
    body = {"filters": JANUARY} if body is None and method == "POST" else body
    return send(client(host), method, path, body)


def test_it_is_off_unless_somebody_sets_it(acme, settings):
    assert settings.OPEN_ORGANIZATION == ""
    for method, path in settings.OPEN_REQUESTS:
        assert visit(method, path.removeprefix("/api/v1/"), {}).status_code == 401, path


def test_production_refuses_to_start_with_it(monkeypatch):
    from django.core.exceptions import ImproperlyConfigured

    monkeypatch.setenv("DEVHEALTH_OPEN_ORGANIZATION", "acme")
    assert open_organization(development=True) == "acme"
    with pytest.raises(ImproperlyConfigured, match="DEVHEALTH_OPEN_ORGANIZATION is for a demo"):
        open_organization(development=False)


def test_in_production_it_opens_nothing_whatever_is_set(acme, opened):
    opened.DEVELOPMENT = False
    assert visit().status_code == 401


def test_it_opens_no_other_organisation_and_no_bare_host(acme, globex, opened):
    assert visit(host="globex.localhost").status_code == 401
    assert visit(host="localhost").status_code == 401


def test_a_claim_to_be_another_organisation_is_of_no_use(acme, globex, opened):
    asked = client("acme.localhost", **{"X-Org-Id": str(globex.organization.id)})
    assert send(asked, "POST", "home", {}).status_code == 404


def test_a_token_that_is_none_is_refused_all_the_same(acme, opened):
    asked = client("acme.localhost", Authorization="Bearer dh_x")
    assert send(asked, "POST", "home", {}).status_code == 401


def test_what_is_open_are_the_clients_reads_without_people(opened):
    ours = {(each.method, each.path) for each in ALL if "web client" in each.declared["tags"]}
    assert ours >= opened.OPEN_REQUESTS
    people = {(method, path) for method, path in ours if "/people" in path}
    assert ours - people == opened.OPEN_REQUESTS


@pytest.mark.parametrize("operation", ALL, ids=str)
def test_all_that_is_not_listed_takes_a_token(acme, opened, operation):
    if (operation.method, operation.path) in opened.OPEN_REQUESTS:
        return
    assert operation.call().by(client("acme.localhost")).status_code == 401


def test_graphql_takes_a_token(acme, opened):
    assert ask(client("acme.localhost"), "{ viewer { role } }").status_code == 401


@pytest.mark.parametrize("path", ["/", "/admin/"])
def test_pages_take_a_login(acme, opened, path):
    answer = client("acme.localhost").get(path)
    assert answer.status_code in (302, 401)
    assert "Pull requests" not in answer.content.decode()


def test_who_visits_reads_what_a_member_reads(acmes, opened):
    member = acmes.send("POST", "home", {"filters": JANUARY}).json()["deltas"]
    assert visit().json()["deltas"] == member
    assert visit("POST", "drilldown/prs").json()["items"]


def test_who_visits_is_told_of_no_person(acmes, opened):
    assert visit("GET", "filters/options").json()["developers"] == []
    by_person = f"quadrant?type=churn_throughput&scope_type=person&scope_id={ADA}"
    assert visit("GET", by_person).status_code == 403
    assert visit("GET", f"heatmap?type=individual&scope_id={ADA}").status_code == 403
    narrowed = {"filters": JANUARY | {"who": {"developers": [str(ADA)]}}}
    assert visit(body=narrowed).status_code == 403
    assert visit("GET", "people").status_code == 401


def test_of_a_visit_nothing_is_stored(acme, opened):
    before = (User.objects.count(), ApiToken.objects.count())
    assert visit().status_code == 200
    assert (User.objects.count(), ApiToken.objects.count()) == before
