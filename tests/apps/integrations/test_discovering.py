"""What there is to choose from, by REST, at providers on 127.0.0.1."""

from urllib.parse import urlsplit

import pytest

from tests.apps.integrations.conftest import SOURCES, connect, served
from tests.apps.integrations.connected import connected
from tests.provider import faults
from tests.provider.lists import listed

LISTS = {
    "github": "/api/v3/user/repos",
    "gitlab": "/api/v4/projects",
    "jira": "/rest/api/3/project/search",
}
LISTED = {
    "github": [{"full_name": "acme/api", "visibility": "private", "default_branch": "main"}],
    "gitlab": [{"path_with_namespace": "acme/web/api", "visibility": "private"}],
    "jira": {"values": [{"key": "ABC", "name": "Alphabet", "isPrivate": True}], "isLast": True},
}
FIVE = [
    {"full_name": "acme/api"},
    {"full_name": "acme/old-api", "archived": True},
    {"full_name": "acme/old-web"},
    {"full_name": "acme/web", "fork": True},
    {"full_name": "globex/API"},
]


def of(tenant, integration, **asked):
    return tenant.get(f"integrations/{integration['id']}/repositories", **asked).json()


def names(tenant, integration, **asked):
    return [each["name"] for each in of(tenant, integration, **asked)["items"]]


@pytest.fixture
def five(acme, hub):
    hub.peer.route("GET", LISTS["github"], listed(FIVE))
    return connect(acme, hub).json()


def test_globex_discovers_nothing_by_acmes_integration(acme, globex, hub):
    with acme.entered():
        theirs = connected(url=hub.peer.url)
    assert globex.get(f"integrations/{theirs.pk}/repositories").status_code == 404
    assert hub.peer.seen == []


def test_every_provider_tells_what_may_be_synced(acme, site):
    site.peer.misbehave(faults.answering(200, LISTED[site.provider]), path=LISTS[site.provider])
    (found,) = of(acme, connect(acme, site).json())["items"]
    assert (found["name"], found["visibility"]) == (SOURCES[site.provider], "private")
    assert found["label"] == ("Alphabet" if site.provider == "jira" else "")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["acme/api", "acme/old-web", "globex/API"]),
        ({"archived": True}, ["acme/api", "acme/old-api", "acme/old-web", "globex/API"]),
        ({"forks": True}, ["acme/api", "acme/old-web", "acme/web", "globex/API"]),
        ({"pattern": "acme/*"}, ["acme/api", "acme/old-web"]),
        ({"pattern": ["acme/*", "!acme/old-*"]}, ["acme/api"]),
        ({"pattern": "!acme/*"}, ["globex/API"]),
        ({"pattern": "api"}, ["acme/api", "globex/API"]),
        ({"pattern": ["WEB", "globex/*"]}, ["acme/old-web", "globex/API"]),
        ({"pattern": ["web", "!OLD"], "forks": True}, ["acme/web"]),
    ],
)
def test_what_is_wanted_is_found(acme, five, asked, found):
    assert names(acme, five, **asked) == found


def test_a_project_is_found_by_its_key_or_its_name(acme, tmp_path, allowed):
    with served("jira", tmp_path) as board:
        board.world.projects = [
            {"key": "ABC", "name": "Alphabet", "insight": {"lastIssueUpdateTime": LAST}},
            {"key": "OPS", "name": "Operations"},
        ]
        made = connect(acme, board).json()
        assert names(acme, made, pattern="alpha") == ["ABC"]
        assert names(acme, made, pattern="OP*") == ["OPS"]
        (found,) = of(acme, made, pattern="abc")["items"]
        assert found["last_activity_at"] == "2026-03-02T09:00:00Z"
        assert found["url"] == f"{board.peer.url}/browse/ABC"


LAST = "2026-03-02T09:00:00.000+0000"


def test_an_address_that_is_none_leads_nowhere(acme, hub):
    told = [{"full_name": "acme/api", "html_url": "javascript:alert(1)"}]
    hub.peer.route("GET", LISTS["github"], listed(told))
    assert of(acme, connect(acme, hub).json())["items"][0]["url"] == ""


# --- page by page --------------------------------------------------------------------------------


def read(tenant, integration, **asked):
    """All pages: their names, and what each asked the provider."""
    path, found = f"/api/v1/integrations/{integration['id']}/repositories", []
    answer = tenant.client().get(path, query_params=asked)
    while True:
        found.append([each["name"] for each in answer.json()["items"]])
        if answer.json()["next_cursor"] is None:
            return found
        following = answer["Link"].partition(">")[0].removeprefix("<")
        answer = tenant.client().get(f"{path}?{urlsplit(following).query}")


def many(count, **more):
    return [{"full_name": f"acme/{number:04}", **more} for number in range(count)]


@pytest.mark.parametrize("limit", [1, 7, 100, 200])
def test_every_page_goes_on_where_the_last_one_ended(acme, hub, limit):
    hub.peer.route("GET", LISTS["github"], listed(many(250)))
    made = connect(acme, hub).json()
    pages = read(acme, made, limit=limit, pattern=["*0", "*5"])
    assert [name for page in pages for name in page] == [
        each["full_name"] for each in many(250) if each["full_name"][-1] in "05"
    ]
    assert {len(page) for page in pages[:-1]} <= {limit}


def test_projects_of_a_tracker_are_paged_by_where_they_begin(acme, tmp_path, allowed):
    with served("jira", tmp_path) as board:
        board.world.projects = [{"key": f"P{number}", "name": "x"} for number in range(120)]
        pages = read(acme, connect(acme, board).json(), limit=35)
        assert [name for page in pages for name in page] == [f"P{n}" for n in range(120)]


def test_a_page_costs_few_requests_whatever_there_is(acme, hub):
    hub.peer.route("GET", LISTS["github"], listed(many(2_500)))
    made = connect(acme, hub).json()
    before = len(hub.peer.seen)
    first = of(acme, made, pattern="nobody's")
    assert (first["items"], len(hub.peer.seen) - before) == ([], 10)
    assert read(acme, made, pattern="2499") == [[], [], ["acme/2499"]]


def test_a_cursor_of_another_question_is_refused_before_anybody_is_asked(acme, globex, hub):
    hub.peer.route("GET", LISTS["github"], listed(many(9)))
    made = connect(acme, hub).json()
    cursor = of(acme, made, limit=1)["next_cursor"]
    before = len(hub.peer.seen)
    for more in ({"pattern": "a"}, {"forks": True}, {"archived": True}):
        assert of(acme, made, cursor=cursor, **more)["code"] == "invalid_cursor"
    with globex.entered():
        theirs = connected(url=hub.peer.url)
    assert of(globex, {"id": theirs.pk}, cursor=cursor)["code"] == "invalid_cursor"
    assert len(hub.peer.seen) == before


def test_a_refused_credential_says_connect_again(acme, hub):
    made = connect(acme, hub).json()
    hub.peer.misbehave(faults.expired, times=9)
    assert of(acme, made)["status"] == 422
    assert acme.get(f"integrations/{made['id']}").json()["health"] == "reconnect"
