"""Who comes in to the Directory: each route is walked, so that a new one is asked the same."""

from uuid import uuid4

import pytest

from apps.metrics.models import (
    DirectorySettings,
    DismissedSuggestion,
    Person,
    PersonAlias,
    Team,
    TeamMembership,
)
from apps.metrics.operations import OPERATIONS
from apps.orgs.models import AuditEntry, Role, Scope
from apps.queue.models import WorkUnit
from config.api import api
from devhealth.models.directory import Directory
from devhealth.processors.identity import Identities, author_id
from tests.tenants import client, send

MODULES = ("apps.metrics.api_settings", "apps.metrics.api_teams", "apps.metrics.api_identities")
OPERATION_OF = {
    "read_settings": "directory.read",
    "update_settings": "settings.update",
    "read_status_map": "directory.read",
    "replace_status_map": "status_map.update",
    "read_category_rules": "directory.read",
    "replace_category_rules": "category_rules.update",
    "list_teams": "directory.read",
    "create_team": "teams.create",
    "read_team": "directory.read",
    "update_team": "teams.update",
    "delete_team": "teams.delete",
    "replace_patterns": "team_patterns.update",
    "list_team_members": "directory.read",
    "create_membership": "memberships.create",
    "update_membership": "memberships.update",
    "delete_membership": "memberships.delete",
    "list_identities": "identities.read",
    "read_identity": "identities.read",
    "list_suggestions": "identities.read",
    "dismiss_suggestion": "identities.dismiss",
    "merge_identities": "identities.merge",
    "split_identity": "identities.split",
    "link_user": "identities.link",
    "unlink_user": "identities.link",
    "update_identity": "identities.update",
}
UNSTAMPED = {"update_settings", "dismiss_suggestion"}  # nothing that records say
ADA, GRACE = author_id("ada@example.com"), author_id("grace@example.com")
BODIES = {
    "replace_status_map": {"statuses": {}},
    "replace_category_rules": {"category_rules": []},
    "create_team": {"name": "x"},
    "update_team": {"name": "x"},
    "create_membership": {"person": "ada@example.com"},
    "dismiss_suggestion": {"author_ids": [str(ADA), str(GRACE)]},
    "merge_identities": {"others": [str(GRACE)]},
    "split_identity": {"texts": ["ada@old.example"]},
    "update_identity": {"name": "Ada"},
}
OPERATIONS_BY_NAME = {operation.name: operation for operation in OPERATIONS}
ROUTES = [
    (operation.view_func.__name__, operation.methods[0], path.removeprefix("/"))
    for bound in api._get_bound_routers()
    for path, view in bound.path_operations.items()
    for operation in view.operations
    if operation.view_func.__module__ in MODULES
]
each_route = pytest.mark.parametrize(("name", "method", "path"), ROUTES, ids=lambda each: each)
each_route_with_an_id = pytest.mark.parametrize(
    ("name", "method", "path"), [each for each in ROUTES if "{" in each[2]], ids=lambda each: each
)
each_change = pytest.mark.parametrize(
    ("name", "method", "path"), [each for each in ROUTES if each[1] != "GET"], ids=lambda each: each
)


def ids_of(value):
    return {"team_id": value, "membership_id": value, "author_id": value, "user_id": value}


@pytest.fixture
def acmes(acme):
    """An id of acme's for each kind of id that an address can hold."""
    with acme.entered():
        team = Team.objects.create(name="Platform")
        membership = TeamMembership.objects.create(team=team, person="ada@example.com")
        person = Person.objects.create(known_by="ada@example.com")
        for text in ("ada@example.com", "ada@old.example"):
            PersonAlias.objects.create(person=person, text=text)
    people = Identities(Directory())
    acme.write([people.resolve(name, f"{name}@example.com") for name in ("ada", "grace")])
    return {
        "team_id": team.pk,
        "membership_id": membership.pk,
        "author_id": ADA,
        "user_id": acme.owner.pk,
    }


def knock(who, name, method, path, ids):
    """Well-formed, so that only the asker can be wrong."""
    bodies = BODIES | {"link_user": {"user_id": str(ids["user_id"])}}
    headers = {"If-Match": "*"}
    return send(who, method, path.format(**ids), bodies.get(name, {}), **headers)


def test_every_route_is_in_the_table():
    assert {name for name, _, _ in ROUTES} == set(OPERATION_OF)


@each_route
def test_a_stranger_is_told_no(stranger, name, method, path):
    assert knock(stranger, name, method, path, ids_of(uuid4())).status_code == 401


@each_route
def test_a_stranger_at_acmes_host_is_told_no(acme, name, method, path):
    assert knock(client(acme.host), name, method, path, ids_of(uuid4())).status_code == 401


@each_route_with_an_id
def test_mallory_of_globex_finds_nothing_of_acmes(globex, acmes, name, method, path):
    answer = knock(globex.client(), name, method, path, acmes)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@each_route_with_an_id
@pytest.mark.parametrize("value", ["5d2cdd5e-3f0e-4c0b-9f4e-6a1f3c9b7a10", "x"])
def test_what_is_no_id_of_ours_is_nothing(acme, name, method, path, value):
    assert knock(acme.client(), name, method, path, ids_of(value)).status_code == 404


@each_route
@pytest.mark.parametrize("role", Role.values)
def test_a_role_may_what_the_table_says(asker, acmes, role, name, method, path):
    operation = OPERATIONS_BY_NAME[OPERATION_OF[name]]
    answer = knock(asker(role, Scope), name, method, path, acmes)
    assert (answer.status_code == 403) == (role not in operation.roles)


@each_route
def test_an_owner_by_a_token_of_other_scopes_is_told_no(asker, acmes, name, method, path):
    operation = OPERATIONS_BY_NAME[OPERATION_OF[name]]
    answer = knock(asker("owner", set(Scope) - {operation.scope}), name, method, path, acmes)
    assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope")


@each_change
def test_whoever_may_not_change_it_previews_nothing(asker, acmes, name, method, path):
    answer = knock(asker("member", Scope), name, method, f"{path}?preview=true", acmes)
    assert answer.status_code == 403


@each_change
def test_a_change_raises_the_version_and_asks_for_a_restamp(acme, acmes, name, method, path):
    known = entries(acme)
    assert knock(acme.client(), name, method, path, acmes).status_code < 300
    with acme.entered():
        assert DirectorySettings.objects.get().version == 1
    assert restamps(acme) == (0 if name in UNSTAMPED else 1)
    (entry,) = entries(acme) - known
    assert (entry.action, entry.user_id) == (OPERATION_OF[name], acme.owner.pk)


@each_change
def test_a_preview_keeps_nothing(acme, acmes, name, method, path):
    known = entries(acme)
    answer = knock(acme.client(), name, method, f"{path}?preview=true", acmes)
    assert (answer.status_code, answer.json()["days"]) == (200, 0)
    with acme.entered():
        assert not DirectorySettings.objects.exists()
        assert [team.name for team in Team.objects.all()] == ["Platform"]
        assert TeamMembership.objects.count() == 1
        assert PersonAlias.objects.count() == 2
        assert not Person.objects.exclude(name="", user_id=None).exists()
        assert not DismissedSuggestion.objects.exists()
    assert (restamps(acme), entries(acme)) == (0, known)


@pytest.mark.parametrize("value", ["true", "1", "True", "yes"])
def test_a_preview_uses_no_key_up_however_it_is_spelled(acme, value):
    body, key = {"name": "Platform"}, {"Idempotency_Key": "k"}
    assert acme.send("POST", f"teams?preview={value}", body, **key).status_code == 200
    assert acme.send("POST", "teams", body, **key).status_code == 201


def restamps(acme):
    units = WorkUnit.objects.filter(organization_id=acme.organization.id)
    return units.filter(actor="pipeline.restamp").count()


def entries(acme):
    return set(AuditEntry.objects.filter(organization=acme.organization))
