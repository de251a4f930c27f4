"""`node`: whatever a list told can be asked for again by its one id."""

from uuid import uuid4

import pytest
from django.conf import settings
from django.core.signing import Signer

from apps.global_ids import SALT, written
from apps.metrics.models import Team
from apps.metrics.store import store
from apps.orgs.models import Role, Scope
from config.nodes import KINDS
from config.schema import schema
from devhealth.models.records import Incident, Sprint
from tests.apps.integrations.connected import connected
from tests.apps.metrics.conftest import repository
from tests.apps.metrics.rows import identity, key
from tests.apps.pipeline.rows import backfill_job, run_of, sync_config
from tests.devhealth.analytics.items import item, put
from tests.devhealth.delivery.things import deployed, pull
from tests.devhealth.metrics.worlds import API, at
from tests.tenants import ask

NODE = "query($id: ID!, $orgId: String) { node(id: $id, orgId: $orgId) { __typename globalId } }"
LISTS = {
    "Repository": "repositories",
    "Team": "teams",
    "Person": "people",
    "PullRequest": "pullRequests",
    "WorkItem": "workItems",
    "Sprint": "sprints",
    "Deployment": "deployments",
    "Incident": "incidents",
    "SyncRun": "syncRuns",
    "BackfillJob": "backfillJobs",
    "Integration": "integrations",
}
FORGED = Signer(key="another secret of another service", salt=SALT, sep=".")


@pytest.fixture
def stored(acme):
    """One thing of each kind."""
    acme.write([repository(API, "acme/api")])
    acme.write([identity(1)])
    acme.write([pull(7, "2026-01-05 10:00")])
    acme.write([deployed("d:1", "2026-01-05 10:00")])
    acme.write([Incident(source_id="pager:443", incident_id="i:1", repo_id=API, title="Down",
                         status="open", started_at=at("2026-01-05 10:00"), url="")])  # fmt: skip
    acme.write([Sprint(source_id="acme.atlassian.net", sprint_id="1", name="One", state="active")])
    with acme.entered():
        Team.objects.create(name="Web")
        config = sync_config(acme, integration=connected())
    run_of(acme, config)
    backfill_job(acme, config)
    return acme


@pytest.fixture
def worked(stored, acme):
    put(store().for_org(acme.organization.id, version=at("2026-01-09 10:00")),
        [item(1, "2026-01-05 08:00")])  # fmt: skip
    return stored


def node(tenant, text, **variables):
    answer = tenant.graphql(NODE, id=text, **variables)
    return answer["data"]["node"]


def code(client, text, **variables):
    return ask(client, NODE, id=text, **variables).json()["errors"][0]["extensions"]["code"]


def listed(tenant, name):
    """Its global id, as the list has it."""
    (found,) = tenant.graphql(f"{{ {name} {{ nodes {{ globalId }} }} }}")["data"][name]["nodes"]
    return found["globalId"]


# --- the stranger --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", LISTS)
def test_mallory_of_globex_finds_nothing_by_an_id_of_acmes(worked, globex, kind):
    assert node(globex, listed(worked, LISTS[kind])) is None


def test_a_claim_to_acme_is_nothing_for_globex(stored, globex):
    found = listed(stored, "repositories")
    claim = str(stored.organization.id)
    assert code(globex.client(), found, orgId=claim) == "unknown_organization"


def test_what_both_have_is_each_ones_own(stored, globex):
    globex.write([repository(API, "globex/api")])
    text = listed(stored, "repositories")
    query = "query($id: ID!) { node(id: $id) { ... on Repository { fullName } } }"
    assert globex.graphql(query, id=text)["data"]["node"] == {"fullName": "globex/api"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        str(API),
        FORGED.sign_object(["Repository", str(API)]),
        Signer(salt="devhealth.cursor.x", sep=".").sign_object(["Repository", str(API)]),
    ],
)
def test_an_id_that_we_never_wrote_is_refused(stored, text):
    assert code(stored.client(), text) == "invalid_id"


def test_an_id_is_signed_by_the_services_secret(stored):
    ours = Signer(key=settings.SECRET_KEY, salt=SALT, sep=".")
    assert ours.unsign_object(listed(stored, "repositories")) == ["Repository", str(API)]


def test_a_changed_id_is_refused(stored):
    text = listed(stored, "repositories")
    body, _, signature = text.partition(".")
    other = written("Repository", [uuid4()]).partition(".")[0]
    assert code(stored.client(), f"{other}.{signature}") == "invalid_id"
    assert code(stored.client(), f"{body}.{signature[:-1]}") == "invalid_id"


@pytest.mark.parametrize(
    ("kind", "scope"),
    [
        ("Repository", Scope.DIRECTORY_READ),
        ("Person", Scope.METRICS_READ),
        ("Team", Scope.METRICS_READ),
        ("SyncRun", Scope.METRICS_READ),
        ("Integration", Scope.METRICS_READ),
    ],
)
def test_who_may_not_list_them_may_not_open_one(stored, kind, scope):
    client = stored.asker(Role.OWNER, [scope])
    assert code(client, listed(stored, LISTS[kind])) == "missing_scope"


# --- what is found -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", LISTS)
def test_a_thing_is_found_by_the_id_that_its_list_told(worked, kind):
    text = listed(worked, LISTS[kind])
    assert node(worked, text) == {"__typename": kind, "globalId": text}


def test_a_sync_config_is_found_with_how_far_it_is(stored):
    query = "{ syncRuns { nodes { config { globalId name } } } }"
    (run,) = stored.graphql(query)["data"]["syncRuns"]["nodes"]
    query = "query($id: ID!) { node(id: $id) { ... on SyncConfig { name watermarks { source } } } }"
    found = stored.graphql(query, id=run["config"]["globalId"])["data"]["node"]
    assert found == {"name": run["config"]["name"], "watermarks": []}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_there_any_more_is_null(acme, kind):
    keys = {"PullRequest": [key(1), 7], "Deployment": [key(1), "d"]}
    given = keys.get(kind, ["s", "1"] if kind in ("Incident", "Sprint") else [uuid4()])
    assert node(acme, written(kind, given)) is None


# --- what there is -------------------------------------------------------------------------------


def test_every_kind_of_node_can_be_found():
    found = schema._schema.type_map
    kinds = {each.name for each in schema._schema.get_possible_types(found["Node"])}
    assert kinds == set(KINDS)


def test_everything_with_an_id_that_is_listed_is_a_node():
    """A row of a rollup has no id: its key and day name it."""
    types = schema._schema.type_map
    nodes = {
        types[each.fields["nodes"].type.of_type.of_type.of_type.name]
        for name, each in types.items()
        if name.endswith("Connection") and "nodes" in each.fields
    }
    with_id = {each.name for each in nodes if "id" in each.fields}
    assert with_id <= set(KINDS)
