"""From a change over REST to the numbers: the unit runs, records and rows follow."""

import pytest
from django.db import connection

from apps.metrics import directory_preview
from apps.pipeline.models import Stamping
from devhealth.models.records import Commit, Repository
from devhealth.models.rollups import UserDay
from tests import work
from tests.apps.pipeline.worlds import World, ago, inside

BY_TEAM = """
query($batch: AnalyticsRequestInput!) {
  analytics(batch: $batch) { breakdowns { items { key label value } } }
}"""
AFTERNOONS = {"opens": "13:00", "closes": "18:00"}  # all commits are of noon


@pytest.fixture
def worlds(world, tenants):
    """acme and globex, each with the same repository, synced."""
    both = world, World(tenants["globex"], world.path)
    for each in both:
        with inside(each.tenant):
            each.sync(each.config())
    work.run_all()
    return both


@pytest.fixture
def synced(worlds):
    return worlds[0]


def send(world, method, path, body):
    """A command of the owner's, and all that follows from it."""
    answer = world.tenant.send(method, path, body, If_Match="*")
    assert answer.status_code < 300, answer.content
    work.run_all()
    return answer.json()


def found_team(world, name="Platform"):
    """A team that owns the repository, and of which Ada is."""
    team = send(world, "POST", "teams", {"name": name})
    (full_name,) = world.sink().read(Repository)["full_name"]
    path = f"teams/{team['id']}"
    send(world, "PUT", f"{path}/patterns", {"repositories": [full_name]})
    send(world, "POST", f"{path}/members", {"person": "ada@example.com"})
    return team["id"]


def teams_of_records(world):
    rows = world.sink().read(Commit)
    return set(rows["team_id"]) | set(rows["author_team_id"])


def rows(world):
    return world.sink().latest(UserDay, where={"is_empty": False})


def by_team(world):
    days = {"startDate": str(ago(40)), "endDate": str(ago(0))}
    asked = {"measure": "COMMITS_COUNT", "dimension": "TEAM", "dateRange": days}
    answer = world.tenant.graphql(BY_TEAM, batch={"breakdowns": [asked]})
    (breakdown,) = answer["data"]["analytics"]["breakdowns"]
    return [(each["label"], each["value"]) for each in breakdown["items"]]


def test_mallorys_rules_are_globexs_own(worlds):
    """Two organisations of one repository: each sees its numbers by its own rules."""
    acme, globex = worlds
    send(acme, "PATCH", "settings", AFTERNOONS)
    acmes, globexs = found_team(acme, "Platform"), found_team(globex, "Everything")
    assert [rows(each)["after_hours_commits_count"].sum() for each in worlds] == [
        sum(noon.weekday() < 5 for noon in acme.days()),
        0,
    ]
    assert [teams_of_records(each) for each in worlds] == [{acmes}, {globexs}]
    assert [by_team(each) for each in worlds] == [[("Platform", 30)], [("Everything", 30)]]


def test_a_team_has_its_work_after_the_unit_ran(synced):
    assert teams_of_records(synced) == {"unassigned"}
    assert by_team(synced) == [("unassigned", 30)]
    team = found_team(synced)
    assert teams_of_records(synced) == set(rows(synced)["team_id"]) == {team}
    assert by_team(synced) == [("Platform", 30)]


def test_whoever_left_has_no_part_in_what_followed(synced):
    team = found_team(synced)
    (member,) = synced.tenant.get(f"teams/{team}/members").json()["items"]
    left = {"until": f"{ago(10)}T00:00:00Z"}
    send(synced, "PATCH", f"teams/{team}/members/{member['id']}", left)
    found = {row["day"]: row["team_id"] for row in rows(synced).to_dicts()}
    assert (found[ago(11)], found[ago(10)]) == (team, "unassigned")


def test_what_a_deleted_team_had_is_nobodys(synced):
    team = found_team(synced)
    synced.tenant.send("DELETE", f"teams/{team}")
    work.run_all()
    assert (teams_of_records(synced), by_team(synced)) == ({"unassigned"}, [("unassigned", 30)])


def test_a_new_sync_stamps_by_what_was_decided_before(world):
    send(world, "PATCH", "settings", AFTERNOONS)
    with inside(world.tenant):
        world.sync(world.config())
    work.run_all()
    assert set(world.sink().read(Commit)["time_of_week"]) <= {"after_hours", "weekend"}


# --- previews ------------------------------------------------------------------------------------


def test_a_change_does_what_its_preview_said(synced):
    body = {"bot_patterns": ["ada@*"]}
    told = send(synced, "PATCH", "settings?preview=true", body)
    assert (told["rows"]["commits"], told["repositories"]) == (30, 1)
    assert (told["first_day"], told["days"] >= 30) == (str(ago(30)), True)
    assert set(told["tables"]) >= {"repo_metrics_daily", "user_metrics_daily"}
    send(synced, "PATCH", "settings", body)
    with inside(synced.tenant):
        assert Stamping.objects.get().rows_written == sum(told["rows"].values())


def test_a_preview_leaves_records_and_rows_as_they_are(synced):
    before = rows(synced)
    send(synced, "PATCH", "settings?preview=true", AFTERNOONS)
    assert rows(synced).equals(before)
    assert work.units(actor="pipeline.restamp") == []


def test_no_transaction_is_open_while_a_preview_looks_through_records(synced, monkeypatch):
    """The server ends one that says nothing for 15 s; and nobody waits for its locks."""

    def looked(sink, directory):
        seen.append((directory.teams[0].name, connection.in_atomic_block))
        return found(sink, directory)

    seen, found = [], directory_preview.preview_restamp
    monkeypatch.setattr(directory_preview, "preview_restamp", looked)
    synced.tenant.send("POST", "teams?preview=true", {"name": "Platform"}, Idempotency_Key="k")
    assert seen == [("Platform", False)]
