"""Whose today's code is, as both APIs answer it."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from apps.metrics import ownership
from apps.metrics.models import Person
from apps.metrics.store import store
from devhealth.models.records import BlameFile, BlameMark, Identity
from devhealth.processors.identity import author_id
from tests.apps.metrics.conftest import repository
from tests.apps.metrics.rows import key
from tests.devhealth.metrics.worlds import API, DOCS, WEB
from tests.tenants import ask

JANUARY, MARCH, NOON = (
    datetime(2026, 1, 1, tzinfo=UTC),
    datetime(2026, 3, 1, tzinfo=UTC),
    datetime(2026, 5, 1, 12, tzinfo=UTC),
)
OLGA, ADA, BOB, CAT, DAN = author_id("olga@home.example"), *map(key, range(4))
PEOPLE = sorted([OLGA, ADA, BOB, CAT, DAN], key=str)
BOT = key(99)
REVISION = "f" * 40

# Of the people's 100 lines ADA has 60: three people own src/, all five own the whole.
LINES = [
    ("src/a.py", ADA, 50),
    ("src/a.py", BOB, 10),
    ("src/deep/b.py", ADA, 10),
    ("src/deep/b.py", CAT, 10),
    ("src/deep/b.py", BOT, 7),
    ("README.md", DAN, 15),
    ("README.md", OLGA, 5),
]

OWNERSHIP = """
query(
  $id: ID!, $path: String! = "", $population: Population! = PEOPLE, $first: Int! = 50,
  $after: String, $owners: Int! = 10, $orgId: String
) {
  ownership(
    repositoryId: $id, path: $path, population: $population, first: $first, after: $after,
    orgId: $orgId
  ) {
    nodes { ...Place }
    whole { ...Place }
    edges { cursor }
    blamedAt revision
    pageInfo { hasNextPage endCursor }
  }
}
fragment Place on OwnedPlace {
  path files lines authors busFactor topShare oldestAt newestAt
  owners(first: $owners) {
    items { authorId authorName lines share }
    othersCount othersLines othersShare isPrivate
  }
}"""


def line(path, author, lines, repo=API):
    return BlameFile(
        repo_id=repo,
        path=path,
        author_email=f"{author}@acme.example",
        author_name="N",
        lines=lines,
        oldest_at=JANUARY,
        newest_at=MARCH,
        blamed_at=NOON,
        revision=REVISION,
        author_id=author,
        actor_kind="bot" if author == BOT else "human",
    )


@pytest.fixture
def blamed(acme):
    """acme/api is blamed, acme/web is not, of acme/docs a blame was cut."""
    names = {API: "acme/api", WEB: "acme/web", DOCS: "acme/docs"}
    acme.write([repository(repo_id, name) for repo_id, name in names.items()])
    acme.write([line(*each) for each in LINES])
    acme.write([line("a", ADA, 1, repo=DOCS)])
    acme.write([BlameMark(repo_id=API, revision=REVISION, blamed_at=NOON)])
    acme.write(
        [
            Identity(author_id=each, name=f"P{place}", email=None, actor_kind="human")
            for place, each in enumerate(PEOPLE)
        ]
    )
    return acme


def by_rest(tenant, repo=API, **query):
    answer = tenant.get("ownership", repository_id=str(repo), **query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def by_graphql(tenant, repo=API, **variables):
    return tenant.graphql(OWNERSHIP, id=str(repo), **variables)["data"]["ownership"]


def refused(tenant, repo=API, **variables):
    answer = ask(tenant.client(), OWNERSHIP, id=str(repo), **variables)
    return answer.status_code, answer.json()["errors"][0]["extensions"]["code"]


def numbers(place):
    names = ("path", "files", "lines", "authors", "bus_factor", "top_share")
    return tuple(place[name] for name in names)


def link(tenant):
    with tenant.entered():
        Person.objects.create(known_by="olga@home.example", user_id=tenant.owner.pk)


# --- the stranger --------------------------------------------------------------------------------


def test_a_stranger_reads_nothing(stranger, blamed):
    assert stranger.get("/api/v1/ownership", {"repository_id": str(API)}).status_code == 401


def test_a_repository_of_acme_is_not_found_at_globex(blamed, globex):
    assert globex.get("ownership", repository_id=str(API)).status_code == 404
    assert refused(globex) == (404, "not_found")


def test_globex_counts_its_own_rows_of_the_same_repository(blamed, globex):
    globex.write([repository(API, "acme/api")])
    assert by_rest(globex)["items"] == []


def test_a_cursor_of_another_organisation_is_refused(blamed, globex):
    globex.write([repository(API, "acme/api")])
    cursor = by_graphql(blamed, first=1)["pageInfo"]["endCursor"]
    assert refused(globex, after=cursor) == (400, "invalid_cursor")
    answer = globex.get("ownership", repository_id=str(API), cursor=cursor)
    assert answer.json()["code"] == "invalid_cursor"


def test_a_token_of_another_scope_reads_nothing(blamed, asker):
    answer = asker("owner", ["directory:read"]).get(
        "/api/v1/ownership", {"repository_id": str(API)}
    )
    assert answer.status_code == 403


def test_a_repository_that_is_not_there_is_not_found(blamed):
    assert refused(blamed, repo=UUID(int=77)) == (404, "not_found")


# --- numbers -------------------------------------------------------------------------------------


def test_directories_and_files_come_by_path(blamed):
    assert [numbers(each) for each in by_rest(blamed)["items"]] == [
        ("README.md", 1, 20, 2, 1, 0.75),
        ("src/", 2, 80, 3, 1, 0.75),
    ]


def test_the_whole_is_told_beside_its_parts(blamed):
    assert numbers(by_rest(blamed)["whole"]) == ("", 3, 100, 5, 1, 0.6)
    assert numbers(by_rest(blamed, path="src/deep/")["whole"]) == ("src/deep", 1, 20, 2, 1, 0.5)


def test_bots_count_where_all_are_asked_for(blamed):
    found = by_rest(blamed, path="src", population="all")["items"]
    assert [(each["path"], each["lines"], each["authors"]) for each in found] == [
        ("src/a.py", 60, 2),
        ("src/deep/", 27, 3),
    ]


def test_it_says_what_it_is_as_of(blamed):
    found = by_rest(blamed)
    assert (found["blamed_at"], found["revision"]) == ("2026-05-01T12:00:00Z", REVISION)
    assert found["items"][0]["oldest_at"] == "2026-01-01T00:00:00Z"


@pytest.mark.parametrize("repo", [WEB, DOCS], ids=["never blamed", "never to the end"])
def test_a_repository_that_is_not_blamed_has_no_rows(blamed, repo):
    found = by_rest(blamed, repo)
    assert (found["blamed_at"], found["revision"]) == (None, None)
    assert (found["items"], found["whole"], found["next_cursor"]) == ([], None, None)


def test_a_path_that_is_not_there_has_no_rows(blamed):
    found = by_rest(blamed, path="nowhere")
    assert (found["items"], found["whole"], found["revision"]) == ([], None, REVISION)


@pytest.mark.parametrize("path", ["", "src", "README.md", "nowhere"])
def test_both_apis_say_the_same(blamed, path):
    rest, graphql = by_rest(blamed, path=path), by_graphql(blamed, path=path)
    assert [as_rest(each) for each in graphql["nodes"]] == rest["items"]
    assert as_rest(graphql["whole"]) == rest["whole"]
    assert (graphql["blamedAt"], graphql["revision"]) == (rest["blamed_at"], rest["revision"])


def as_rest(value):
    """GraphQL's names as REST writes them."""
    if isinstance(value, list):
        return [as_rest(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {snake(name): as_rest(each) for name, each in value.items()}


def snake(name):
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


# --- who may be told apart -----------------------------------------------------------------------


def test_people_are_told_apart_by_their_ids_where_they_are_enough(blamed):
    owners = by_rest(blamed)["whole"]["owners"]
    assert [(each["author_id"], each["author_name"]) for each in owners["items"]] == [
        (str(each), f"P{place}") for place, each in enumerate(PEOPLE)
    ]
    assert sum(each["share"] for each in owners["items"]) == 1
    assert (owners["others_count"], owners["is_private"]) == (0, False)


def test_people_who_are_too_few_are_not_told_apart_and_the_place_is_still_measured(blamed):
    (_, src) = by_rest(blamed)["items"]
    assert src["owners"] == {
        "items": [],
        "others_count": 3,
        "others_lines": 80,
        "others_share": 1,
        "is_private": True,
    }
    assert (src["top_share"], src["bus_factor"]) == (0.75, 1)


def test_who_asks_sees_their_own_lines(blamed):
    link(blamed)
    (readme, src) = by_graphql(blamed)["nodes"]
    (own,) = readme["owners"]["items"]
    assert (own["authorId"], own["lines"], own["share"]) == (str(OLGA), 5, 0.25)
    assert (readme["owners"]["othersLines"], readme["owners"]["isPrivate"]) == (15, True)
    assert src["owners"]["items"] == []


def test_a_bot_does_not_make_people_enough(blamed):
    blamed.send("PATCH", "settings", {"privacy_threshold": 3}, If_Match="*")
    (deep,) = by_rest(blamed, path="src/deep", population="all")["items"]
    assert (deep["authors"], deep["owners"]["items"]) == (3, [])


def test_who_is_beyond_the_first_is_told_together(blamed):
    owners = by_rest(blamed, owners=2)["whole"]["owners"]
    assert [each["author_id"] for each in owners["items"]] == [str(each) for each in PEOPLE[:2]]
    assert (owners["others_count"], owners["is_private"]) == (3, False)
    told = sum(each["lines"] for each in owners["items"])
    assert owners["others_lines"] == 100 - told


def test_owners_who_are_not_asked_for_are_not_told(blamed):
    assert by_rest(blamed, owners=0)["whole"]["owners"] is None


# --- pages and limits ----------------------------------------------------------------------------


def test_places_come_page_by_page(blamed):
    first = by_rest(blamed, limit=1)
    second = by_rest(blamed, limit=1, cursor=first["next_cursor"])
    paths = [each["path"] for each in first["items"] + second["items"]]
    assert (paths, second["next_cursor"]) == (["README.md", "src/"], None)
    assert first["whole"] == second["whole"]


def test_pages_of_graphql_are_those_of_rest(blamed):
    page = by_graphql(blamed, first=1)["pageInfo"]
    assert page["hasNextPage"] is True
    assert by_rest(blamed, limit=1)["next_cursor"] == page["endCursor"]


def test_a_cursor_of_another_path_is_refused(blamed):
    cursor = by_rest(blamed, limit=1)["next_cursor"]
    assert refused(blamed, path="src", after=cursor) == (400, "invalid_cursor")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"limit": 201}, "invalid_parameter"),
        ({"owners": 101}, "invalid_parameter"),
        ({"population": "bots"}, "invalid_parameter"),
        ({"repository_id": "x"}, "invalid_parameter"),
        ({"path": "x" * 4097}, "invalid_parameter"),
        ({"author_id": "x"}, "unknown_parameter"),
    ],
)
def test_what_cannot_be_asked_by_rest_is_named(blamed, query, code):
    answer = blamed.client().get("/api/v1/ownership", {"repository_id": str(API)} | query)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"first": 201}, "invalid_first"),
        ({"first": 0}, "invalid_first"),
        ({"owners": 101}, "invalid_first"),
        ({"repo": "x"}, "malformed_id"),
    ],
)
def test_what_cannot_be_asked_by_graphql_is_named(blamed, variables, code):
    assert refused(blamed, **variables) == (400, code)


def test_a_repository_of_too_many_rows_is_refused_and_never_cut(blamed, monkeypatch):
    monkeypatch.setattr(ownership, "MOST_RECORDS", len(LINES) - 1)
    assert refused(blamed) == (422, "too_many_records")
    monkeypatch.setattr(ownership, "MOST_RECORDS", len(LINES))
    assert len(by_graphql(blamed)["nodes"]) == 2


@pytest.mark.parametrize("first", [1, 50])
def test_a_page_is_four_queries_of_the_store_however_long(blamed, first):
    """The repository, its mark, its rows, and names of whom may be told apart."""
    blamed.send("PATCH", "settings", {"privacy_threshold": 2}, If_Match="*")
    blamed.write([line(f"{number:02}.py", who, 1) for number in range(60) for who in (ADA, BOB)])
    query = OWNERSHIP.replace("whole { ...Place }", "whole { lines }")
    reads = store().reads_of(lambda: blamed.graphql(query, id=str(API), first=first))
    assert sorted(reads) == ["get", "get", "get", "read"]


def test_its_price_is_of_its_questions_and_full_pages(blamed):
    """3 questions for the page, 1 for names; 50 × (3 + 10 × 2) values and 1."""
    query = """query($id: ID!) { ownership(repositoryId: $id) {
        nodes { path owners { items { authorName } } } } }"""
    assert blamed.graphql(query, id=str(API))["extensions"]["cost"]["price"] == 4 + 1
