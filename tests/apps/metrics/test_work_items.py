"""Work items and sprints as both APIs list them."""

from datetime import UTC, datetime

import pytest

from apps.metrics.store import store
from apps.orgs.models import Role, Scope
from devhealth.models.directory import Directory
from devhealth.models.records import Sprint
from devhealth.processors.identity import Identities
from tests.devhealth.analytics.items import DESK, DIRECTORY, SHOP, SITE, item, put
from tests.devhealth.metrics.worlds import at
from tests.queries import queries_of
from tests.tenants import ask

PEOPLE = Identities(Directory())
ADA, GRACE = (PEOPLE.resolve(login.title(), f"jira:{login}") for login in ("ada", "grace"))
JANUARY = {"startDate": "2026-01-01", "endDate": "2026-01-31"}
ITEMS = """
query(
  $filter: WorkItemFilter, $orderBy: WorkItemOrder! = UPDATED_DESC, $first: Int! = 50,
  $after: String, $orgId: String
) {
  workItems(filter: $filter, orderBy: $orderBy, first: $first, after: $after, orgId: $orgId) {
    nodes {
      id itemKey title url status itemType workTheme teamId cycleHours storyPoints
      scope { scopeKey name url } repository { fullName } reporterName assigneeNames
      changes(first: 3) {
        nodes { field toValue status actorName holderName at } pageInfo { hasNextPage endCursor }
      }
    }
    edges { cursor }
    pageInfo { hasNextPage endCursor }
  }
}"""
ITEM = """
query($id: ID!, $after: String) {
  workItem(id: $id) {
    itemKey changes(first: 2, after: $after) {
      nodes { field } pageInfo { hasNextPage endCursor } } } }"""
PLAIN = "query($filter: WorkItemFilter) { workItems(filter: $filter) { nodes { itemKey } } }"
PERSONS = "{ workItems { nodes { itemKey assignees { displayName } } } }"
SPRINTS = """
query($filter: SprintFilter, $first: Int! = 50, $after: String) {
  sprints(filter: $filter, first: $first, after: $after) {
    nodes { id name state startedAt } pageInfo { hasNextPage endCursor } } }"""

# SHOP-1 took 24 hours of Ada, SHOP-2 is Grace's bug in review, DESK-3 waits and is nobody's.
LISTED = [
    item(
        1, "2026-01-05 08:00", ("2026-01-05 09:00", "jira:ada"),
        ("2026-01-05 10:00", "in_progress"), ("2026-01-06 10:00", "done"), points=3.0,
    ),
    item(
        2, "2026-01-06 09:00", ("2026-01-06 10:00", "jira:grace"),
        ("2026-02-06 12:00", "in_review"), item_type="bug",
    ),
    item(3, "2026-02-02 09:00", scope=DESK, item_type="task"),
]  # fmt: skip
FIRST, SECOND, THIRD = (str(each.told.item.work_item_id) for each in LISTED)


def sink_of(tenant):
    return store().for_org(tenant.organization.id, version=datetime.now(UTC))


@pytest.fixture
def listed(acme):
    acme.write([ADA, GRACE])
    put(sink_of(acme), LISTED)
    return acme


def nodes(tenant, filter=None, **variables):
    return tenant.graphql(ITEMS, filter=filter, **variables)["data"]["workItems"]["nodes"]


def keys(tenant, filter=None, **variables):
    return [each["itemKey"].removeprefix("jira:") for each in nodes(tenant, filter, **variables)]


def code(tenant, query=ITEMS, **variables):
    return ask(tenant.client(), query, **variables).json()["errors"][0]["extensions"]["code"]


# --- strangers -----------------------------------------------------------------------------------


def test_mallory_of_globex_sees_no_item_of_acmes(listed, globex):
    assert nodes(globex) == []
    assert nodes(globex, {"scopeIds": [str(SHOP.work_scope_id)]}) == []
    assert globex.graphql(ITEM, id=FIRST)["data"] == {"workItem": None}
    assert globex.get("work-items").json()["items"] == []
    assert globex.get(f"work-items/{FIRST}/changes").status_code == 404


def test_globex_sees_no_change_and_no_scope_of_acmes_in_an_item_of_its_own(listed, globex):
    alone = item(1, "2026-01-05 08:00", title="Globex's")
    sink = sink_of(globex)
    put(sink, [alone])
    (found,) = nodes(globex)
    assert (found["title"], len(found["changes"]["nodes"])) == ("Globex's", 1)
    assert (found["reporterName"], found["assigneeNames"]) == (None, [])


def test_an_organisation_that_is_not_the_tokens_is_not_found(listed, globex):
    assert code(globex, orgId=str(listed.organization.id)) == "unknown_organization"


@pytest.mark.parametrize("path", ["work-items", f"work-items/{FIRST}/changes", "sprints"])
def test_without_a_token_or_by_one_of_another_scope_nothing_is_read(stranger, listed, path):
    assert stranger.get(f"/api/v1/{path}").status_code == 401
    client = listed.asker(Role.OWNER, [Scope.DIRECTORY_READ])
    assert client.get(f"/api/v1/{path}").status_code == 403


@pytest.mark.parametrize("query", [PLAIN, SPRINTS])
def test_nor_is_it_by_graphql(stranger, listed, query):
    assert ask(stranger, query).status_code == 401
    client = listed.asker(Role.OWNER, [Scope.DIRECTORY_READ])
    assert ask(client, query).json()["errors"][0]["extensions"]["code"] == "missing_scope"


def test_persons_take_the_directory_and_names_do_not(listed):
    client = listed.asker(Role.OWNER, [Scope.METRICS_READ])
    assert ask(client, PERSONS).json()["errors"][0]["extensions"]["code"] == "missing_scope"
    assert listed.graphql(PERSONS)["data"]["workItems"]["nodes"][0]["assignees"] == [
        {"displayName": "Grace"}
    ]


def test_a_cursor_of_acme_is_none_of_globexs(listed, globex):
    (edge, *_) = listed.graphql(ITEMS)["data"]["workItems"]["edges"]
    assert code(globex, after=edge["cursor"]) == "invalid_cursor"


# --- what is told --------------------------------------------------------------------------------


def test_an_item_is_told_with_where_and_whose_it_is(listed):
    (found,) = nodes(listed, {"keys": ["SHOP-1"]})
    assert found == {
        "id": FIRST,
        "itemKey": "jira:SHOP-1",
        "title": "Item 1",
        "url": f"{SITE}/browse/SHOP-1",
        "status": "DONE",
        "itemType": "story",
        "workTheme": "feature_delivery",
        "teamId": "web",
        "cycleHours": 24.0,
        "storyPoints": 3.0,
        "scope": {"scopeKey": "SHOP", "name": "Shop", "url": f"{SITE}/browse/SHOP"},
        "repository": None,
        "reporterName": "Ada",
        "assigneeNames": ["Ada"],
        "changes": found["changes"],
    }


def test_its_changes_are_told_in_their_order(listed):
    (found,) = nodes(listed, {"keys": ["jira:SHOP-1"]})
    told = [
        (each["field"], each["status"], each["holderName"]) for each in found["changes"]["nodes"]
    ]
    assert told == [
        ("created", "TODO", None), ("assignee", "TODO", "Ada"), ("status", "IN_PROGRESS", "Ada"),
    ]  # fmt: skip
    assert found["changes"]["pageInfo"]["hasNextPage"] is True


def test_changes_of_one_item_follow_page_by_page(listed):
    seen, after = [], None
    for has_next in (True, False):
        found = listed.graphql(ITEM, id=FIRST, after=after)["data"]["workItem"]["changes"]
        seen += [each["field"] for each in found["nodes"]]
        after = found["pageInfo"]["endCursor"]
        assert found["pageInfo"]["hasNextPage"] is has_next
    assert seen == ["created", "assignee", "status", "status"]


# --- filters and orders --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ["SHOP-2", "DESK-3", "SHOP-1"]),
        ({"scopeIds": [str(DESK.work_scope_id)]}, ["DESK-3"]),
        ({"teamIds": ["web"]}, ["SHOP-2", "SHOP-1"]),
        ({"teamIds": []}, []),
        ({"statuses": ["IN_REVIEW", "DONE"]}, ["SHOP-2", "SHOP-1"]),
        ({"types": ["bug"]}, ["SHOP-2"]),
        ({"themes": ["feature_delivery"]}, ["SHOP-1"]),
        ({"providers": ["github"]}, []),
        ({"keys": ["DESK-3", "jira:SHOP-1"]}, ["DESK-3", "SHOP-1"]),
        ({"assigneeIds": [str(ADA.author_id)]}, ["SHOP-1"]),
        ({"assigneeIds": []}, []),
        ({"createdIn": JANUARY}, ["SHOP-2", "SHOP-1"]),
        ({"search": "ITEM 2"}, ["SHOP-2"]),
        ({"search": "item", "scopeIds": [str(DESK.work_scope_id)]}, ["DESK-3"]),
        ({"minCycleTimeHours": 0}, ["SHOP-1"]),
        ({"minCycleTimeHours": 10000}, []),
        ({"completedIn": JANUARY}, ["SHOP-1"]),
        ({"updatedIn": JANUARY}, ["SHOP-1"]),
    ],
)
def test_a_filter_lets_through_what_it_names(listed, asked, expected):
    assert keys(listed, asked) == expected


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("UPDATED_DESC", ["SHOP-2", "DESK-3", "SHOP-1"]),
        ("CREATED_DESC", ["DESK-3", "SHOP-2", "SHOP-1"]),
        ("COMPLETED_DESC", ["SHOP-1", "SHOP-2", "DESK-3"]),
    ],
)
def test_an_order_puts_nulls_last_and_pages_follow_it(listed, order, expected):
    seen, after = [], None
    for has_next in (True, True, False):
        answer = listed.graphql(ITEMS, orderBy=order, first=1, after=after)
        page = answer["data"]["workItems"]
        seen += [each["itemKey"].removeprefix("jira:") for each in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        assert page["pageInfo"]["hasNextPage"] is has_next
    assert seen == expected


def test_a_page_of_ones_items_goes_on_though_another_became_theirs(listed):
    asked = {"assigneeIds": [str(ADA.author_id), str(GRACE.author_id)]}
    page = listed.graphql(ITEMS, filter=asked, first=1)["data"]["workItems"]
    moves = (("2026-02-03 09:00", "jira:ada"),)
    put(sink_of(listed), [item(3, "2026-02-02 09:00", *moves, scope=DESK, item_type="task")])
    after = page["pageInfo"]["endCursor"]
    assert keys(listed, asked, after=after) == ["DESK-3", "SHOP-1"]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"filter": {"createdIn": JANUARY, "completedIn": JANUARY}}, "two_windows"),
        ({"filter": {"scopeIds": ["SHOP"]}}, "malformed_id"),
        ({"first": 201}, "invalid_first"),
    ],
)
def test_what_cannot_be_asked_is_named(listed, variables, expected):
    assert code(listed, **variables) == expected


# --- REST ----------------------------------------------------------------------------------------


def test_rest_tells_the_same(listed):
    (rest,) = listed.get("work-items", key="SHOP-1").json()["items"]
    (graph,) = nodes(listed, {"keys": ["SHOP-1"]})
    assert (rest["item_key"], rest["status"]) == (graph["itemKey"], "done")
    assert (rest["cycle_hours"], rest["scope_key"]) == (24.0, "SHOP")
    assert (rest["reporter_name"], rest["assignee_names"]) == ("Ada", ["Ada"])
    assert "reporter_login" not in rest
    changes = listed.get(f"work-items/{FIRST}/changes", limit=2).json()
    assert [each["holder_name"] for each in changes["items"]] == [None, "Ada"]
    after = listed.get(f"work-items/{FIRST}/changes", cursor=changes["next_cursor"]).json()
    assert [each["status"] for each in after["items"]] == ["in_progress", "done"]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"at": "completed_at", "since": "2026-01-01", "until": "2026-02-01"}, ["SHOP-1"]),
        ({"assignee_id": str(GRACE.author_id)}, ["SHOP-2"]),
        ({"status": "todo"}, ["DESK-3"]),
        ({"q": "item 3"}, ["DESK-3"]),
        ({"min_cycle_hours": 0}, ["SHOP-1"]),
        ({"work_theme": "quality", "item_type": "bug"}, ["SHOP-2"]),
    ],
)
def test_rest_filters_alike(listed, asked, expected):
    items = listed.get("work-items", **asked).json()["items"]
    assert [each["item_key"].removeprefix("jira:") for each in items] == expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"title": "x"}, "unknown_parameter"),
        ({"status": "open"}, "invalid_parameter"),
        ({"since": "2026-01-02", "until": "2026-01-02"}, "no_days"),
    ],
)
def test_what_rest_cannot_be_asked_is_named(listed, asked, expected):
    answer = listed.get("work-items", **asked)
    assert (answer.status_code, answer.json()["code"]) == (400, expected)


# --- sprints -------------------------------------------------------------------------------------


@pytest.fixture
def planned(acme):
    acme.write(
        [
            Sprint(source_id="acme.atlassian.net", sprint_id=number, name=f"Sprint {number}",
                   state=state, started_at=at(began) if began else None)
            for number, state, began in (
                ("1", "closed", "2026-01-05 09:00"),
                ("2", "active", "2026-01-19 09:00"),
                ("3", "future", None),
            )
        ]
    )  # fmt: skip
    return acme


def sprints(tenant, **variables):
    return tenant.graphql(SPRINTS, **variables)["data"]["sprints"]


def test_globex_has_no_sprint_of_acmes(planned, globex):
    assert sprints(globex)["nodes"] == []
    assert globex.get("sprints").json()["items"] == []


def test_sprints_that_began_last_come_first_and_those_that_have_not_come_last(planned):
    first = sprints(planned, first=2)
    rest = sprints(planned, first=2, after=first["pageInfo"]["endCursor"])
    names = [each["name"] for each in first["nodes"] + rest["nodes"]]
    assert names == ["Sprint 2", "Sprint 1", "Sprint 3"]
    items = planned.get("sprints").json()["items"]
    assert [each["name"] for each in items] == names


def test_sprints_are_filtered_by_state_and_by_their_begin(planned):
    early = {"startDate": "2026-01-01", "endDate": "2026-01-10"}
    for asked, expected in (({"states": ["ACTIVE"]}, ["2"]), ({"startedIn": early}, ["1"])):
        found = sprints(planned, filter=asked)["nodes"]
        assert [each["id"].partition(":")[2] for each in found] == expected
    found = planned.get("sprints", state="active", since="2026-01-10").json()["items"]
    assert [each["sprint_id"] for each in found] == ["2"]


# --- what a page costs ---------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [1, 50])
def test_a_page_is_six_queries_of_the_store_however_long(acme, rows):
    """The page, its scopes, its repositories, its people, its changes, their people."""
    acme.write([ADA, GRACE])
    put(
        sink_of(acme),
        [item(n, "2026-01-05 08:00", ("2026-01-06 08:00", "jira:ada")) for n in range(rows)],
    )
    reads = store().reads_of(lambda: acme.graphql(ITEMS))
    assert sorted(reads) == ["get", "get", "get", "get", "page", "read"]
    assert store().reads_of(lambda: acme.get("work-items")) == ["page", "get", "get", "get"]
    assert store().reads_of(lambda: acme.graphql(PLAIN)) == ["page"]


def test_a_page_asks_the_control_database_the_same_for_one_and_for_fifty(acme):
    put(sink_of(acme), [item(1, "2026-01-05 08:00")])
    acme.graphql(ITEMS)
    once = queries_of(lambda: acme.graphql(ITEMS))
    put(sink_of(acme), [item(n, "2026-01-05 08:00") for n in range(2, 51)], DIRECTORY)
    assert queries_of(lambda: acme.graphql(ITEMS)) == once
