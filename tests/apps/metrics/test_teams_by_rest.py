"""Teams over REST."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from apps.metrics.directory import load
from devhealth.models.directory import Membership
from devhealth.processors.identity import author_id
from devhealth.processors.teams import Teams
from tests.queries import queries_of

JULY = "2026-07-01T00:00:00Z"


def create(who, name="Platform"):
    return who.send("POST", "teams", {"name": name}).json()


@pytest.fixture
def team(acme):
    return create(acme)


@pytest.fixture
def path(team):
    return f"teams/{team['id']}"


def join(who, path, **body):
    return who.send("POST", f"{path}/members", {"person": "ada@example.com"} | body)


def teams_of(tenant):
    with tenant.entered():
        return load().directory.teams


def test_globexs_team_may_have_the_same_name_and_own_the_same(acme, globex):
    for tenant in (acme, globex):
        path = f"teams/{create(tenant)['id']}"
        answer = tenant.send("PUT", f"{path}/patterns", {"repositories": ["acme/*"]})
        assert answer.status_code == 200


def test_mallorys_list_holds_nothing_of_acmes(globex, team):
    assert globex.get("teams").json()["items"] == []


# --- teams ---------------------------------------------------------------------------------------


def test_a_team_is_created_at_its_location(acme):
    answer = acme.send("POST", "teams", {"name": " Platform "})
    assert (answer.status_code, answer.json()["name"]) == (201, "Platform")
    assert acme.client().get(answer["Location"]).json() == answer.json()


def test_its_id_is_what_records_call_it(acme, team):
    assert [(each.team_id, each.name) for each in teams_of(acme)] == [(team["id"], "Platform")]


def test_a_name_is_given_once_in_whatever_case(acme, team):
    answer = acme.send("POST", "teams", {"name": "PLATFORM"})
    assert (answer.status_code, answer.json()["code"]) == (409, "name_taken")


@pytest.mark.parametrize("name", ["", " ", "Unassigned", "a\0b", None])
def test_what_is_no_name_is_refused(acme, name):
    answer = acme.send("POST", "teams", {"name": name})
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["pointer"]) == (422, "/body/name")


def test_a_key_makes_one_team(acme):
    key = uuid4().hex
    asked = [
        acme.send("POST", "teams", {"name": "Platform"}, Idempotency_Key=key) for _ in range(2)
    ]
    assert asked[0].json() == asked[1].json()
    assert len(acme.get("teams").json()["items"]) == 1


def test_a_preview_uses_no_key_up(acme):
    key, body = uuid4().hex, {"name": "Platform"}
    acme.send("POST", "teams?preview=true", body, Idempotency_Key=key)
    assert acme.send("POST", "teams", body, Idempotency_Key=key).status_code == 201


def test_a_team_that_is_renamed_keeps_its_id(acme, team, path):
    answer = acme.send("PATCH", path, {"name": "Core"})
    assert (answer.json()["id"], acme.get(path).json()["name"]) == (team["id"], "Core")


def test_deleted_is_gone_with_all_that_it_had(acme, path):
    join(acme, path)
    acme.send("PUT", f"{path}/patterns", {"projects": ["PLAT"]})
    assert acme.send("DELETE", path).status_code == 204
    assert (acme.get(path).status_code, teams_of(acme)) == (404, ())


def test_pages_follow_one_another(acme):
    names = [create(acme, f"team {number}")["name"] for number in range(3)]
    first = acme.get("teams", limit=2).json()
    second = acme.get("teams", limit=2, cursor=first["next_cursor"]).json()
    listed = [each["name"] for each in first["items"] + second["items"]]
    assert (listed, second["next_cursor"]) == (names[::-1], None)


@pytest.mark.parametrize("teams", [1, 20])
def test_a_page_costs_the_same_whatever_is_on_it(acme, teams):
    for number in range(teams):
        path = f"teams/{create(acme, f'team {number}')['id']}"
        acme.send("PUT", f"{path}/patterns", {"projects": [f"p{number}"]})
    acme.get("me")  # notes the token's use, which is not of this page
    assert len(queries_of(lambda: acme.get("teams"))) == 3  # the token, teams, patterns


def test_the_audit_log_says_what_was_and_what_is(acme, team, path):
    acme.send("PUT", f"{path}/patterns", {"repositories": ["acme/api"]})
    entry = acme.get("audit-log", action="team_patterns.update").json()["items"][0]
    before = {"name": "Platform", "repositories": [], "projects": []}
    assert entry["target"] == f"team:{team['id']}"
    assert (entry["before"], entry["after"]) == (before, before | {"repositories": ["acme/api"]})


# --- what they own -------------------------------------------------------------------------------


def test_patterns_are_replaced(acme, path):
    acme.send("PUT", f"{path}/patterns", {"repositories": ["acme/web"], "projects": ["WEB"]})
    body = {"repositories": ["Acme/Infra-*", "acme/api", "acme/api"]}
    answer = acme.send("PUT", f"{path}/patterns", body).json()
    assert (answer["repositories"], answer["projects"]) == (["acme/api", "acme/infra-*"], [])


def test_what_another_team_owns_is_theirs(acme, path):
    acme.send("PUT", f"{path}/patterns", {"repositories": ["acme/api"]})
    other = f"teams/{create(acme, 'Web')['id']}"
    answer = acme.send("PUT", f"{other}/patterns", {"repositories": ["ACME/api"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "pattern_taken")
    assert "Platform" in answer.json()["detail"]


@pytest.mark.parametrize("pattern", ["acme/*/api", "**", "", " "])
def test_a_star_stands_at_the_end(acme, path, pattern):
    answer = acme.send("PUT", f"{path}/patterns", {"repositories": [pattern]})
    assert answer.status_code == 422
    assert acme.get(path).json()["repositories"] == []


# --- members -------------------------------------------------------------------------------------


def test_a_member_is_known_by_any_text(acme, path):
    answer = join(acme, path, person=" Ada@Example.com ", since=JULY)
    assert answer.status_code == 201
    (team,) = teams_of(acme)
    began = datetime(2026, 7, 1, tzinfo=UTC)
    assert team.members == (Membership("ada@example.com", since=began),)


def test_a_membership_is_listed_as_it_was_answered(acme, path):
    made = join(acme, path, since="2026-07-01T02:00:00+02:00", is_primary=False).json()
    assert acme.get(f"{path}/members").json()["items"] == [made]
    assert made["since"] == JULY


def test_whoever_leaves_was_there(acme, path):
    made = join(acme, path).json()
    answer = acme.send("PATCH", f"{path}/members/{made['id']}", {"until": JULY})
    assert answer.json() == made | {"until": JULY}


def test_whoever_was_never_there_is_forgotten(acme, path):
    made = join(acme, path).json()
    assert acme.send("DELETE", f"{path}/members/{made['id']}").status_code == 204
    assert acme.get(f"{path}/members").json()["items"] == []


def test_of_several_teams_at_once_the_primary_counts(acme, path):
    join(acme, path, is_primary=False)
    other = create(acme, "Web")
    join(acme, f"teams/{other['id']}")
    with acme.entered():
        teams = Teams(load().directory)
    assert teams.of_person(author_id("ada@example.com"), datetime.now(UTC)) == other["id"]


def test_a_membership_of_another_team_is_not_found_here(acme, path):
    made = join(acme, path).json()
    other = f"teams/{create(acme, 'Web')['id']}/members/{made['id']}"
    assert acme.send("PATCH", other, {"until": JULY}).status_code == 404
    assert acme.send("DELETE", other).status_code == 404


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"since": JULY, "until": JULY}, "/body/until"),
        ({"since": "2026-07-01T00:00:00"}, "/body/since"),
        ({"person": " "}, "/body/person"),
        ({"person": "a\0b"}, "/body/person"),
        ({"is_primary": None}, "/body/is_primary"),
        ({"role": "lead"}, "/body/role"),
        ({"since": "0001-01-01T00:00:00+14:00"}, "/body/since"),
    ],
)
def test_what_is_wrong_is_pointed_at(acme, path, body, pointer):
    answer = join(acme, path, **body)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["pointer"]) == (422, pointer)


def test_an_end_before_the_beginning_is_refused_later_too(acme, path):
    made = join(acme, path, since=JULY).json()
    answer = acme.send("PATCH", f"{path}/members/{made['id']}", {"until": "2026-01-01T00:00:00Z"})
    assert answer.status_code == 422


def test_pages_of_members_are_by_person(acme, path):
    for person in ("grace", "ada", "joan"):
        join(acme, path, person=person)
    first = acme.get(f"{path}/members", limit=2).json()
    second = acme.get(f"{path}/members", limit=2, cursor=first["next_cursor"]).json()
    assert [each["person"] for each in first["items"] + second["items"]] == ["ada", "grace", "joan"]
