"""The client's pages of people: fewer than five are not told apart, but to themselves."""

import pytest

from apps.metrics.models import DirectorySettings, Person
from apps.orgs.models import Role, Scope
from devhealth.models.records import Identity
from devhealth.processors.identity import author_id
from tests.apps.web.web_client.conftest import NAMES, computed
from tests.devhealth.metrics.worlds import ADA, API, work

DAYS = {"start_date": "2026-01-01", "end_date": "2026-01-31"}


def summary(tenant, who=ADA):
    found = tenant.get(f"people/{who}/summary", **DAYS).json()
    return {each["metric"]: each["value"] for each in found["deltas"]}


@pytest.fixture
def few(acmes):
    """Three people are enough to be told apart."""
    with acmes.entered():
        DirectorySettings.objects.update_or_create(id=1, defaults={"privacy_threshold": 2})
    return acmes


@pytest.mark.parametrize("page", ["summary", "metric", "drilldown/prs", "drilldown/issues"])
def test_a_person_of_acmes_is_nobody_to_globex(acmes, globex, page):
    asked = {"metric": "commits_count"} if page == "metric" else {}
    assert globex.get(f"people/{ADA}/{page}", **asked).status_code == 404


def test_people_are_told_to_who_may_read_the_directory(acmes):
    found = acmes.get("people").json()
    assert [each["display_name"] for each in found] == sorted(NAMES.values())
    asker = acmes.asker(Role.VIEWER, [Scope.METRICS_READ])
    assert asker.get("/api/v1/people").status_code == 403


def test_people_are_found_by_name_and_no_address_is_told(acmes):
    answer = acmes.get("people", q="gra")
    assert [each["display_name"] for each in answer.json()] == ["Grace"]
    assert "@" not in answer.content.decode()


def test_numbers_of_fewer_than_five_people_are_told_to_nobody_else(acmes):
    assert set(summary(acmes).values()) == {None}
    found = acmes.get(f"people/{ADA}/metric", metric="commits_count", **DAYS).json()
    assert (found["timeseries"], found["breakdowns"]["by_repo"]) == ([], [])
    asked = {"scope_type": "person", "scope_id": str(ADA), **DAYS}
    assert acmes.get("quadrant", type="churn_throughput", **asked).json()["points"] == []
    cells = acmes.get("heatmap", type="individual", metric="commits_count", **asked).json()
    assert cells["cells"] == []


def test_of_enough_people_each_is_told_as_our_breakdown_tells_them(few):
    query = """query($batch: AnalyticsRequestInput!) {
      analytics(batch: $batch) { breakdowns { items { key value } } } }"""
    days = {"startDate": "2026-01-01", "endDate": "2026-01-31"}
    asked = {"measure": "COMMITS_COUNT", "dimension": "AUTHOR", "dateRange": days}
    found = few.graphql(query, batch={"breakdowns": [asked]})["data"]["analytics"]
    ours = {each["key"]: each["value"] for each in found["breakdowns"][0]["items"]}
    assert {str(who): summary(few, who)["commits_count"] for who in NAMES} == ours
    assert ours[str(ADA)] == 1


def test_one_sees_ones_own_numbers_and_where_they_come_from(acmes):
    mine = author_id("me@acme.example")
    acmes.write([Identity(author_id=mine, name="Me", email="me@acme.example", actor_kind="human")])
    commit, changes = work("2026-01-20 10:00", {"c.py": (1, 0)}, by=mine, name="mine")
    acmes.write([commit])
    acmes.write(changes)
    computed(acmes)
    with acmes.entered():
        Person.objects.create(known_by="me@acme.example", user_id=acmes.owner.id)
    assert summary(acmes, mine)["commits_count"] == 1
    found = acmes.get(f"people/{mine}/metric", metric="commits_count", **DAYS).json()
    assert found["timeseries"] == [{"day": "2026-01-20", "value": 1}]
    assert [each["id"] for each in found["breakdowns"]["by_repo"]] == [str(API)]
    assert set(summary(acmes, ADA).values()) == {None}


def test_a_persons_pull_requests_go_on_by_a_cursor(acmes):
    found = acmes.get(f"people/{ADA}/drilldown/prs", **DAYS).json()
    assert ([each["title"] for each in found["items"]], found["next_cursor"]) == (["One"], None)
    assert acmes.get(f"people/{ADA}/drilldown/issues", **DAYS).json()["items"] == []
