"""Every declared operation is behind a door, and every door asks for what it needs."""

import pytest
from django.db import transaction

from apps.orgs.models import Role, Scope
from apps.orgs.operations import RANKS
from apps.orgs.services import Member
from config.operations import OPERATIONS as DECLARED
from tests.isolation import graph, rest
from tests.tenants import ask

pytestmark = pytest.mark.isolation

DOORS = [*rest.operations(), *graph.roots()]
each_door = pytest.mark.parametrize("door", DOORS, ids=str)

OPEN = {  # to every member, by any token
    "read_me": "who asks may know who they are",
    "read_session_user": "who asks may know who they are",
    "list_organizations": "of who asks, and by an API token none but its own",
    "create_organization": "by a session only: it is of nobody yet, and will be of who asks",
    "read_my_organization": "of who asks, and by an API token none but its own",
    "list_session_organizations": "of who asks, and by an API token none but its own",
    "switch_organization": "by a session only, into an organisation of who asks",
    "log_out": "by a session only, out of that session",
    "log_in": "a password is asked for in place of a token",
    "refresh_session": "a refresh token is asked for in place of a token",
    "validate_token": "it tells whoever has a token of that token",
    "accept_invitation": "an invitation's secret is asked for in place of a token",
}
TELL_LESS = {  # without a scope, and are told all the same
    "read_client_filter_options": "without directory:read it offers no people",
}
BEHIND_NO_DOOR = {  # operations that only the command line or the house itself needs
    "directory.adopt": "a Directory is read from a file, by `dev-hops`",
    "backfills.preview": "`POST /backfills?dry_run=true`, which the next test asks",
    "all_tokens.read": "what more `list_tokens` tells admins: `test_accounts`",
    "all_tokens.revoke": "what more `delete_token` finds for admins: `test_accounts`",
}
REFUSALS = {"missing_scope", "missing_role"}


def asked(door, by):
    """An answer to well-formed values of the organisation's own; nothing stays of it."""
    with transaction.atomic():
        is_rest = isinstance(door, rest.Operation)
        answer = door.call().by(by) if is_rest else ask(by, door.document)
        transaction.set_rollback(True)
    return answer


@pytest.fixture
def needed(monkeypatch, settings):
    """What a member is asked for while something is done, not while an answer is given again."""
    settings.ANSWERS_SECONDS = 0
    met, require = [], Member.require

    def noting(self, operation):
        met.append(operation)
        require(self, operation)

    monkeypatch.setattr(Member, "require", noting)
    return met


def is_refused(answer):
    """For want of a scope or a role, and with nothing but that told."""
    told = answer.json() if answer.content else None
    if not isinstance(told, dict):
        return False
    empty = not any((told.get("data") or {"": None}).values())
    return bool(codes := codes_of(told)) and codes <= REFUSALS and empty


def codes_of(told):
    """REST's code, or GraphQL's."""
    if "errors" not in told or "code" in told:
        return {told.get("code")} - {None}
    return {each["extensions"].get("code") for each in told["errors"]}


@each_door
def test_a_role_below_the_least_one_is_told_no(world, needed, door):
    asked(door, world.globex.client())
    least = max((RANKS.index(each.role) for each in needed), default=0)
    for role in Role.values:
        answer = asked(door, world.globex.asker(role, Scope))
        assert is_refused(answer) == (RANKS.index(role) < least), role


@each_door
def test_a_token_without_the_scopes_is_told_no(world, needed, door):
    asked(door, world.globex.client())
    scopes = {each.scope for each in needed}
    assert bool(scopes) != (door.name in OPEN), "an operation without `by.require` is in OPEN"
    owner = world.globex.asker("owner", set(Scope.values) - scopes)
    assert is_refused(asked(door, owner)) == bool(scopes)


@each_door
def test_each_scope_that_is_missing_is_missed(world, needed, door):
    asked(door, world.globex.client())
    for scope in {each.scope for each in needed}:
        by = world.globex.asker("owner", set(Scope.values) - {scope})
        answer = asked(door, by)
        is_missed = answer.status_code == 403 or "missing_scope" in answer.content.decode()
        tells_less = door.name in TELL_LESS and scope == Scope.DIRECTORY_READ
        assert is_missed != tells_less, scope


def test_every_declared_operation_is_behind_a_door(world, needed):
    for door in DOORS:
        asked(door, world.globex.client())
    met = {each.name for each in needed}
    assert {each.name for each in DECLARED} - met == set(BEHIND_NO_DOOR), (
        "Name the door of a new operation, or say in BEHIND_NO_DOOR why it has none."
    )


def test_a_dry_run_is_a_preview(world, needed):
    door = next(each for each in DOORS if each.name == "create_backfill")
    door.call().put(door.takes("dry_run"), "true").by(world.globex.client())
    assert "backfills.preview" in {each.name for each in needed}
