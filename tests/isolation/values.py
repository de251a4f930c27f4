"""What of an organisation stands for each argument: the one table that people keep.

`OF[name](owner)` is a value of the owner's: `acme-mark`, `globex-mark`, what both have (`shared`)
or what nobody has (`nobody`). `PLAIN[name]` is a value that is nobody's: words from a list.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from apps.web.web_client.filters import encoded
from tests.isolation.account_rows import kept, owner_of, password_of
from tests.isolation.marks import SHARED, address_of, id_of
from tests.isolation.stored_rows import DAY
from tests.isolation.tenant_rows import mark_of

Of = Callable[[str], Any]


def an_id(name: str) -> Of:
    return lambda owner: str(id_of(owner, name))


def a_name(name: str) -> Of:
    """A text by which rows are found."""
    return lambda owner: f"{owner}-{name}"


def a_mark(place: str, longest: int = 60) -> Of:
    """A text that stands in a row of a tenant's table."""
    return lambda owner: mark_of(place, owner, owner)[:longest]


def a_list(of: Of) -> Of:
    return lambda owner: [of(owner)]


def in_words_of_the_client(owner: str) -> dict[str, Any]:
    """The filter of dev-health-web for a repository of the owner's."""
    return {"time": {"range_days": 30}, "what": {"repos": [an_id("repo_id")(owner)]}}


def invited(owner: str) -> str:
    """A member of the owner's, or somebody new."""
    return address_of("new") if owner == SHARED else owner_of(owner)


OF: Mapping[str, Of] = {
    # --- ids
    "author_id": an_id("author_id"),
    "assignee_id": an_id("author_id"),
    "reviewer_id": an_id("author_id"),
    "repo_id": an_id("repo_id"),
    "repository_id": an_id("repo_id"),
    "team_id": an_id("team_id"),
    "work_scope_id": an_id("work_scope_id"),
    "work_item_id": an_id("work_item_id"),
    "config_id": an_id("config_id"),
    "integration_id": an_id("integration_id"),
    "run_id": an_id("run_id"),
    "job_id": an_id("job_id"),
    "recompute_id": an_id("recompute_id"),
    "membership_id": an_id("membership_id"),
    "user_id": kept("user_id"),
    "member_id": kept("member_id"),
    "invitation_id": kept("invitation_id"),
    "token_id": kept("token_id"),
    "endpoint_id": kept("endpoint_id"),
    "delivery_id": kept("delivery_id"),
    "rule_id": an_id("rule_id"),
    "org_id": kept("org_id"),
    "organization_id": kept("org_id"),
    "others": a_list(an_id("author_id")),
    "author_ids": lambda owner: [an_id("author_id")(each) for each in ("shared", owner)],
    "person_id": an_id("author_id"),
    "credential_id": an_id("integration_id"),
    "scope_id": an_id("repo_id"),
    "team_ids": a_list(an_id("team_id")),
    "repo_ids": a_list(an_id("repo_id")),
    "entity_id": lambda owner: f"{an_id('repo_id')(owner)}:7",
    "filters": lambda owner: in_words_of_the_client(owner),
    "f": lambda owner: encoded(in_words_of_the_client(owner)),
    # --- names by which things are found
    "environment": a_name("environment"),
    "path": lambda owner: f"{owner}-path/a.py",
    "read_ownership.path": a_name("path"),
    "source_id": a_name("source_id"),
    "sprint_id": a_name("sprint_id"),
    "key": lambda owner: f"jira:{owner}-item_key",
    "item_type": lambda owner: f"{owner}-item_type-{owner}",
    "action": a_mark("auditentry.action"),
    "q": lambda owner: owner,
    # --- what bodies say
    "description": a_mark("endpoint.description"),
    "name": a_mark("team.name"),
    "create_organization.slug": lambda owner: owner,
    "update_organization.slug": lambda owner: owner,
    "delete_organization.slug": lambda owner: owner,
    "log_in.email": owner_of,
    "create_invitation.email": invited,
    "password": password_of,
    "secret": kept("secret"),
    "refresh_token": kept("refresh_token"),
    "validate_token.token": kept("access_token"),
    "create_client_credential.name": a_mark("integration.name"),
    "test_client_credential.name": a_mark("integration.name"),
    "read_client_credential.name": a_mark("integration.name"),
    "update_client_credential.name": a_mark("integration.name"),
    "delete_client_credential.name": a_mark("integration.name"),
    "create_client_config.name": a_mark("syncconfig.name"),
    "update_client_config.name": a_mark("syncconfig.name"),
    "replace_client_config_repositories.repositories": a_list(a_mark("syncconfig.sources")),
    "sync_options": lambda owner: {"repos": [a_mark("syncconfig.sources")(owner)]},
    "create_client_invite.email": invited,
    "connect_integration.name": a_mark("integration.name"),
    "update_integration.name": a_mark("integration.name"),
    "create_alert_rule.name": a_mark("rule.name"),
    "update_alert_rule.name": a_mark("rule.name"),
    "create_config.name": a_mark("syncconfig.name"),
    "update_config.name": a_mark("syncconfig.name"),
    "choose_sources.name": a_mark("syncconfig.name"),
    "update_identity.name": a_mark("person.name"),
    "person": address_of,
    "texts": a_list(address_of),
    "repositories": a_list(a_name("full_name")),
    "projects": a_list(a_name("full_name")),
    "origins": lambda owner: [f"https://{owner}.example"],
    "sources": a_list(a_mark("syncconfig.sources")),
    "remove_source.source": a_mark("syncconfig.sources", longest=1000),
    "bot_patterns": a_list(a_mark("directorysettings.bot_patterns")),
    "humans": a_list(a_mark("directorysettings.humans")),
    "deployment_kinds": lambda owner: {a_mark("directorysettings.d")(owner): "release"},
    "statuses": lambda owner: {a_mark("directorysettings.statuses")(owner): "todo"},
    "category_rules.types": a_list(a_mark("directorysettings.category_rules")),
    "category_rules.labels": a_list(a_mark("directorysettings.category_rules")),
    "category_rules.titles": a_list(a_mark("directorysettings.category_rules")),
    "category_rules.paths": a_list(a_mark("directorysettings.category_rules")),
}

PLAIN: Mapping[str, Any] = {
    "measure": "prs_merged",
    "provider": "github",
    "status": "success",
    "list_work_items.status": "in_progress",
    "read_evidence.status": "in_progress",
    "read_work_item_state_durations_daily.status": "in_progress",
    "work_theme": "quality",
    "work_subcategory": "bugfix",
    "category_rules.theme": "quality",
    "category_rules.subcategory": "bugfix",
    "create_config.provider": "local",
    "create_client_config.provider": "local",
    "url": "https://provider.invalid",
    "events": ["sync.failed"],
    "create_alert_rule.kind": "failed_runs",
    "create_alert_rule.runs": 3,
    "cloud_id": "",
    "log_in.code": "",
    "connect_integration.token": "of-nobody",
    "update_integration.token": "",
    "connect_integration.email": "",
    "update_integration.email": "",
    "pattern": [],
    "patterns": [],
    "targets": ["git"],
    "options": {},
    "schedule_cron": "",
    "timezone": "UTC",
    "role": "member",
    "scopes": ["metrics:read"],
    "create_checkout.tier": "team",
    "remove_source.facts": "keep",
    "remove_integration.facts": "keep",
    "metric": "churn",
    "mode": "investment",
    "scope_type": "repo",
    "entity_type": "pr",
    "type": "churn_throughput",
    "read_client_aggregated_flame.mode": "code_hotspots",
    "read_client_heatmap.type": "risk",
    "read_client_heatmap.metric": "churn",
    "x": "",
    "y": "",
    "event": "click",
    "credentials": {"token": "of-nobody"},
    "owner": "",
    "sync_targets": ["git"],
    "payload": {},
    "ts": 1,
}

# Of all there is no second one: who asks for something well-formed asks for what is their own.
UNSHARED = {
    "member_id",
    "invitation_id",
    "token_id",
    "endpoint_id",
    "delivery_id",
    "org_id",
    "organization_id",
    "log_in.email",
    "password",
    "secret",
    "refresh_token",
    "validate_token.token",
    "read_client_credential.name",
    "update_client_credential.name",
    "delete_client_credential.name",
}

PROOFS: Mapping[str, str] = {  # whoever has it is whom it is of; `test_accounts` says what it opens
    "secret": "of an invitation: it was sent to the address that may accept it",
    "refresh_token": "of a session: its next tokens are for whoever has the last one",
    "validate_token.token": "whoever has a token may ask whether it is good",
}

OF_A_PROVIDER = {
    "discover_repositories": "what it tells is not stored here",
    "discover_client_repositories": "what it tells is not stored here",
}

WITH: Mapping[str, Mapping[str, Any]] = {  # what must be asked beside a value, so that it counts
    "read_ownership.path": {"repository_id": an_id("repo_id")},
    "read_evidence.environment": {"measure": "deployments_count"},
    "read_evidence.work_scope_id": {"measure": "items_completed"},
    "read_evidence.item_type": {"measure": "items_completed"},
    "read_client_quadrant.scope_id": {"scope_type": "repo"},
    "read_client_quadrant.team_ids": {"scope_type": "team"},
    "read_client_quadrant.repo_ids": {"scope_type": "repo"},
    "read_client_heatmap.scope_id": {"scope_type": "repo"},
    "read_client_heatmap.team_ids": {"scope_type": "team"},
    "read_client_heatmap.repo_ids": {"scope_type": "repo"},
}

# What a value cannot say by itself: `test_tags` and `test_pages` send these.
GIVEN_OUT = {"cursor", "Idempotency-Key", "If-Match"}

REQUIRED: Mapping[str, Any] = {  # where the type alone tells no good value
    "day": str(DAY),
    "since": str(DAY),
    "before": str(DAY + timedelta(days=1)),
    "is_primary": True,
}

BESIDE = {
    "category_rules.labels",
    "create_alert_rule.runs",
}  # optional, but nothing is said without

ADVICE = (
    "{place} has no case: say in tests/isolation/values.py what of an organisation stands for "
    "`{name}` (OF), or that it is a word of nobody's (PLAIN)."
)


def known(names: list[str], table: Mapping[str, Any]) -> Any:
    """The entry of the most exact name."""
    return next((table[name] for name in names if name in table), None)


def valued_by(of: Of | None, owner: str, advice: str) -> Any:
    """The owner's value. Fails with the advice where nobody has said one."""
    assert of is not None, advice
    return of(owner)


def valued(table: Mapping[str, Any], owner: str) -> dict[str, Any]:
    """The same with the owner's values."""
    return {name: each(owner) if callable(each) else each for name, each in table.items()}


UNANSWERED: Mapping[str, str] = {  # what is refused to everybody, so that nothing of acme's is seen
    "read_evidence.path": "evidence is told of no file",
    "read_client_heatmap.team_ids": "hotspots are told of no team",
}
