"""GraphQL: what an organisation is connected to, what it syncs, and how far each source is."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.orgs.models import Role, Scope
from apps.pipeline.models import SyncConfig, SyncWatermark
from tests.apps.integrations.connected import TOKEN, connected
from tests.apps.pipeline.rows import backfill_job, run_of, sync_config
from tests.queries import queries_of
from tests.tenants import ask

INTEGRATIONS = """
query($providers: [String!], $first: Int! = 20, $after: String, $orgId: String) {
  integrations(providers: $providers, first: $first, after: $after, orgId: $orgId) {
    nodes {
      id name provider url kind account health healthReason lastFour expiresAt checkedAt syncedAt
      configs {
        id name targets sources isActive nextRunAt
        watermarks { source target syncedThrough lagHours }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}"""
WATERMARKS = """
query($first: Int! = 50, $after: String) {
  dataHealth {
    watermarks(first: $first, after: $after) {
      nodes { source target syncedThrough coveredSince lagHours config { name } }
      pageInfo { hasNextPage endCursor }
    }
  }
}"""
THROUGH = datetime(2026, 1, 5, 10, tzinfo=UTC)


@pytest.fixture
def synced(acme):
    """GitHub, by which two sources are synced, and GitLab, by which nothing is."""
    with acme.entered():
        hub = connected(name="Hub", account="ada")
        connected("gitlab", name="Lab")
        config = sync_config(acme, name="Code", provider="github", integration=hub,
                             sources=["acme/api", "acme/web"])  # fmt: skip
        for number, source in enumerate(config.sources):
            mark(config, source, THROUGH + timedelta(hours=number))
    return acme


def mark(config, source, through, target="git"):
    SyncWatermark.objects.create(
        config=config, source=source, target=target, synced_through=through, etags={"a": "secret"}
    )


def integrations(tenant, **variables):
    return tenant.graphql(INTEGRATIONS, **variables)["data"]["integrations"]


def watermarks(tenant, **variables):
    return tenant.graphql(WATERMARKS, **variables)["data"]["dataHealth"]["watermarks"]


def code(client, query, **variables):
    return ask(client, query, **variables).json()["errors"][0]["extensions"]["code"]


# --- the stranger --------------------------------------------------------------------------------


def test_mallory_of_globex_sees_no_integration_of_acmes(synced, globex):
    assert integrations(globex)["nodes"] == []
    assert watermarks(globex)["nodes"] == []
    claim = str(synced.organization.id)
    assert code(globex.client(), INTEGRATIONS, orgId=claim) == "unknown_organization"


def test_a_cursor_of_acmes_is_nothing_for_globex(synced, globex):
    after = integrations(synced, first=1)["pageInfo"]["endCursor"]
    assert code(globex.client(), INTEGRATIONS, after=after) == "invalid_cursor"


@pytest.mark.parametrize(
    ("query", "scopes"),
    [
        (INTEGRATIONS, [Scope.PIPELINE_READ]),
        (INTEGRATIONS, [Scope.INTEGRATIONS_READ]),
        (WATERMARKS, [Scope.METRICS_READ]),
        (WATERMARKS, [Scope.PIPELINE_READ]),
    ],
)
def test_each_takes_the_scope_that_rest_asks_for(synced, query, scopes):
    assert code(synced.asker(Role.OWNER, scopes), query) == "missing_scope"


def test_no_answer_has_a_secret(synced):
    told = str(integrations(synced)) + str(watermarks(synced))
    assert TOKEN not in told
    assert "secret" not in told


# --- what is told --------------------------------------------------------------------------------


def test_the_newest_integration_comes_first(synced):
    lab, hub = integrations(synced)["nodes"]
    assert (lab["name"], lab["configs"], lab["syncedAt"]) == ("Lab", [], None)
    assert (hub["name"], hub["provider"], hub["account"]) == ("Hub", "github", "ada")
    assert (hub["health"], hub["lastFour"]) == ("ok", TOKEN[-4:])
    assert hub["syncedAt"] == "2026-01-05T11:00:00Z"


def test_rest_says_the_same(synced):
    rest = {each["id"]: each for each in synced.get("integrations").json()["items"]}
    for each in integrations(synced)["nodes"]:
        same = rest[each["id"]]
        assert (each["health"], each["url"], each["kind"]) == (
            same["health"],
            same["url"],
            same["kind"],
        )


def test_an_integration_has_its_configs_and_how_far_each_source_is(synced):
    (config,) = integrations(synced, providers=["github"])["nodes"][0]["configs"]
    assert (config["name"], config["targets"], config["nextRunAt"]) == ("Code", ["git"], None)
    told = [(each["source"], each["syncedThrough"]) for each in config["watermarks"]]
    assert told == [("acme/api", "2026-01-05T10:00:00Z"), ("acme/web", "2026-01-05T11:00:00Z")]
    assert all(each["lagHours"] > 0 for each in config["watermarks"])


def test_providers_are_a_filter_that_a_cursor_is_bound_to(synced):
    assert [each["name"] for each in integrations(synced, providers=["gitlab"])["nodes"]] == ["Lab"]
    assert integrations(synced, providers=[])["nodes"] == []
    after = integrations(synced, first=1)["pageInfo"]["endCursor"]
    assert code(synced.client(), INTEGRATIONS, providers=["github"], after=after) == (
        "invalid_cursor"
    )


@pytest.mark.parametrize("root", ["syncRuns", "backfillJobs"])
def test_what_was_done_by_an_integration_is_found_by_it(synced, globex, root):
    query = f"query($id: ID!) {{ rows: {root}(integrationId: $id) {{ nodes {{ id }} }} }}"
    lab, hub = integrations(synced)["nodes"]
    with synced.entered():
        config = SyncConfig.objects.get(name="Code")
    made = (run_of if root == "syncRuns" else backfill_job)(synced, config)
    found = synced.graphql(query, id=hub["id"])["data"]["rows"]["nodes"]
    assert found == [{"id": str(made.pk)}]
    assert synced.graphql(query, id=lab["id"])["data"]["rows"]["nodes"] == []
    assert globex.graphql(query, id=hub["id"])["data"]["rows"]["nodes"] == []
    assert code(synced.client(), query, id="hub") == "malformed_id"


def test_integrations_come_in_pages(synced):
    page = integrations(synced, first=1)
    rest = integrations(synced, first=1, after=page["pageInfo"]["endCursor"])
    assert [each["name"] for each in page["nodes"] + rest["nodes"]] == ["Lab", "Hub"]
    assert (page["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)


def test_watermarks_come_by_source_in_pages(synced):
    first = watermarks(synced, first=1)
    second = watermarks(synced, first=1, after=first["pageInfo"]["endCursor"])
    told = first["nodes"] + second["nodes"]
    assert [(each["source"], each["config"]["name"]) for each in told] == [
        ("acme/api", "Code"),
        ("acme/web", "Code"),
    ]
    assert second["pageInfo"]["hasNextPage"] is False


# --- queries -------------------------------------------------------------------------------------

WHOLE = """{
  integrations(first: 100) { nodes { name configs { name nextRunAt watermarks { source } } } }
  dataHealth { watermarks(first: 100) { nodes { source config { watermarks { source } } } } }
  syncRuns(first: 100) { nodes { config { name nextRunAt watermarks { source } } } }
}"""


def asked_of(tenant, many):
    with tenant.entered():
        for _ in range(many):
            config = sync_config(tenant, provider="github", integration=connected())
            run_of(tenant, config)
            mark(config, "acme/api", THROUGH)
    return len(queries_of(lambda: tenant.graphql(WHOLE)))


def test_it_asks_the_same_at_one_and_at_fifty(acme):
    acme.graphql(WHOLE)  # a token's first use is noted
    once = asked_of(acme, 1)
    assert asked_of(acme, 49) == once
