"""Who may do what, walked as a table: the roles by hand, the operations from the apps."""

import pytest

from apps.errors import Forbidden
from apps.orgs.models import ApiToken, Organization, Role, Scope, User
from apps.orgs.operations import Operation
from apps.orgs.services import Member
from config.operations import OPERATIONS

READS = {
    "billing.read",
    "metrics.read",
    "ownership.read",
    "pull_requests.read",
    "deployments.read",
    "incidents.read",
    "review_edges.read",
    "data_health.read",
    "dora.read",
    "work_items.read",
    "sprints.read",
    "home.read",
    "investment.read",
    "flow.read",
    "forecast.read",
    "directory.read",
    "identities.read",
    "integrations.read",
    "provider_webhooks.read",
    "sync_configs.read",
    "runs.read",
    "backfills.read",
    "recomputes.read",
    "organization.read",
    "members.read",
    "tokens.read",
    "webhooks.read",
    "alerts.read",
}
OF_ONESELF = {"members.leave", "tokens.create", "tokens.revoke"}
PEOPLE = {
    "members.update",
    "members.remove",
    "invitations.read",
    "invitations.create",
    "invitations.resend",
    "invitations.revoke",
    "all_tokens.read",
    "all_tokens.revoke",
}
WORK = {
    "runs.create",
    "backfills.preview",
    "backfills.create",
    "backfills.pause",
    "backfills.resume",
    "backfills.cancel",
    "backfills.retry",
    "metrics.recompute",
}
RULES = {
    "integrations.connect",
    "provider_webhooks.set",
    "provider_webhooks.remove",
    "integrations.update",
    "integrations.test",
    "integrations.disconnect",
    "integrations.discover",
    "sync_configs.create",
    "sync_configs.update",
    "sync_configs.delete",
    "integrations.remove",
    "sources.choose",
    "sources.remove",
    "directory.adopt",
    "settings.update",
    "status_map.update",
    "category_rules.update",
    "teams.create",
    "teams.update",
    "teams.delete",
    "team_patterns.update",
    "memberships.create",
    "memberships.update",
    "memberships.delete",
    "identities.merge",
    "identities.split",
    "identities.link",
    "identities.update",
    "identities.dismiss",
}
WEBHOOKS = {
    "webhooks.create",
    "webhooks.update",
    "webhooks.delete",
    "webhooks.rotate",
    "webhooks.test",
    "webhooks.replay",
}
ALERTS = {"alert_rules.create", "alert_rules.update", "alert_rules.delete"}
ADMINISTRATION = (
    {"audit.read", "billing.checkout", "billing.portal"} | RULES | PEOPLE | WEBHOOKS | ALERTS
)
EVERYBODY = READS | OF_ONESELF
MAY = {
    "viewer": EVERYBODY,
    "member": EVERYBODY | WORK,
    "admin": EVERYBODY | WORK | ADMINISTRATION,
    "owner": EVERYBODY
    | WORK
    | ADMINISTRATION
    | {"organization.update", "origins.update", "organization.delete"},
}

each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)


def is_allowed(role: str, scopes: list[str], operation: Operation) -> bool:
    try:
        Member(Organization(), User(), role, ApiToken(scopes=scopes)).require(operation)
    except Forbidden:
        return False
    return True


@each_operation
def test_nobody_does_anything_by_a_token_of_other_scopes(operation):
    others = [scope for scope in Scope.values if scope != operation.scope]
    assert not is_allowed("owner", others, operation)


@each_operation
@pytest.mark.parametrize("role", Role.values)
def test_a_role_may_what_it_may_and_no_more(role, operation):
    assert is_allowed(role, [operation.scope], operation) == (operation.name in MAY[role])


@each_operation
def test_every_operation_names_a_role_and_a_scope_that_there_are(operation):
    assert (operation.role in Role, operation.scope in Scope) == (True, True)


@each_operation
def test_reading_is_by_a_reading_scope(operation):
    is_reading = operation.name.endswith((".read", ".preview", ".discover"))
    assert operation.scope.endswith(":read" if is_reading else ":write")


def test_names_are_unique():
    names = [operation.name for operation in OPERATIONS]
    assert len(names) == len(set(names))
