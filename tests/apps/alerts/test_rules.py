"""Rules by REST: who may, and what is refused."""

from uuid import uuid4

import pytest

from apps.alerts.models import Rule
from apps.alerts.rules import MOST
from apps.metrics.models import Team
from apps.orgs.models import AuditEntry, Scope
from tests.apps.alerts.conftest import FAILED, MEASURE, STALE
from tests.apps.orgs.people import told
from tests.tenants import send

DOORS = [("GET", None), ("PATCH", {"is_active": False}), ("DELETE", None)]


@pytest.fixture
def made(acme):
    answer = acme.send("POST", "alert-rules", MEASURE)
    assert answer.status_code == 201, answer.content
    return answer.json()


def path(made):
    return f"alert-rules/{made['id']}"


# --- who may -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "body"), DOORS)
def test_a_rule_of_acmes_is_nothing_to_globex_and_to_strangers(
    made, globex, stranger, method, body
):
    assert send(stranger, method, path(made), body).status_code == 401
    assert told(globex.send(method, path(made), body)) == (404, "not_found")


@pytest.mark.parametrize("role", ["viewer", "member"])
def test_who_is_no_admin_reads_and_changes_nothing(made, asker, role):
    answers = [send(asker(role, Scope), method, path(made), body) for method, body in DOORS]
    assert [each.status_code for each in answers] == [200, 403, 403]
    assert told(send(asker(role, Scope), "POST", "alert-rules", STALE)) == (403, "missing_role")


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("hours", {"name": "a", "kind": "stale"}),
        ("runs", STALE | {"runs": 3}),
        ("hours", FAILED | {"hours": 3}),
        ("config_id", MEASURE | {"config_id": str(uuid4())}),
        ("days", {name: each for name, each in MEASURE.items() if name != "days"}),
        ("measure", MEASURE | {"measure": "of_nothing"}),
        ("scope_id", MEASURE | {"scope_id": str(uuid4())}),
        ("scope_id", MEASURE | {"scope": "team"}),
        ("clear", MEASURE | {"clear": 11}),
        ("clear", MEASURE | {"direction": "below"}),
    ],
)
def test_a_rule_that_is_not_whole_is_refused_by_name(acme, field, body):
    answer = acme.send("POST", "alert-rules", body)
    assert told(answer) == (422, "invalid_rule")
    assert f"/body/{field}" in [each["pointer"] for each in answer.json()["errors"]]


@pytest.mark.parametrize(
    "body",
    [
        STALE | {"hours": 0},
        FAILED | {"runs": 101},
        MEASURE | {"days": 367},
        MEASURE | {"kind": "other"},
        STALE | {"name": " "},
    ],
)
def test_numbers_and_words_are_within_their_bounds(acme, body):
    assert told(acme.send("POST", "alert-rules", body)) == (422, "invalid_body")


@pytest.mark.parametrize(
    "body",
    [
        MEASURE | {"scope": "team", "scope_id": str(uuid4())},
        MEASURE | {"scope": "repository", "scope_id": str(uuid4())},
        STALE | {"config_id": str(uuid4())},
    ],
)
def test_what_is_named_must_be_there(acme, body):
    assert told(acme.send("POST", "alert-rules", body)) == (404, "not_found")


def test_a_team_of_globexs_is_nothing_to_acme(acme, globex):
    with globex.entered():
        team = Team.objects.create(name="theirs")
    body = MEASURE | {"scope": "team", "scope_id": str(team.pk)}
    assert told(acme.send("POST", "alert-rules", body)) == (404, "not_found")
    assert globex.send("POST", "alert-rules", body).status_code == 201


def test_a_measure_that_has_no_teams_is_told_of_none(acme):
    body = MEASURE | {"measure": "commits_30d", "scope": "team", "scope_id": str(uuid4())}
    assert told(acme.send("POST", "alert-rules", body)) == (422, "invalid_rule")


def test_a_name_is_taken_once(acme, made):
    assert told(acme.send("POST", "alert-rules", MEASURE)) == (409, "name_taken")


def test_there_is_an_end_to_rules_and_it_is_said(acme):
    with acme.entered():
        Rule.objects.bulk_create(
            Rule(name=str(n), kind="stale", hours=1, created_by=uuid4()) for n in range(MOST)
        )
    answer = acme.send("POST", "alert-rules", STALE)
    assert (told(answer), str(MOST) in answer.json()["detail"]) == ((409, "rule_limit"), True)


# --- changes -------------------------------------------------------------------------------------


def test_a_version_that_is_old_changes_nothing(acme, made):
    read = acme.get(path(made))["ETag"]
    acme.send("PATCH", path(made), {"days": 7})
    answer = acme.send("PATCH", path(made), {"days": 14}, If_Match=read)
    assert (answer.status_code, acme.get(path(made)).json()["days"]) == (412, 7)


def test_what_is_not_named_stays_and_the_kind_always(acme, made):
    answer = acme.send("PATCH", path(made), {"days": 7}).json()
    assert answer == made | {"days": 7, "updated_at": answer["updated_at"]}
    assert told(acme.send("PATCH", path(made), {"kind": "stale"})) == (422, "invalid_body")


def test_every_change_is_in_the_audit_log(acme, made):
    acme.send("PATCH", path(made), {"days": 7})
    acme.send("DELETE", path(made))
    entries = AuditEntry.objects.filter(target=f"alert_rule:{made['id']}").order_by("at", "id")
    assert [each.action for each in entries] == [
        "alert_rules.create",
        "alert_rules.update",
        "alert_rules.delete",
    ]
