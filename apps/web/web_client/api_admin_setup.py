"""The client's administration: how far an organisation is set up, what it may, what was changed."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router

from apps.billing import entitlements
from apps.integrations import services as integrations
from apps.orgs import audit, services
from apps.orgs.members import Member
from apps.pipeline.models import SyncRun
from apps.pipeline.services import lists
from apps.web.web_client.admin_bodies import (
    ADMIN_TAG,
    OffsetQuery,
    admin,
    by_offset,
    everything,
    own,
)
from apps.web.web_client.bodies import Answer, Claim
from devhealth.models.states import State

router = Router(tags=[ADMIN_TAG])

SYNC_STATES = {
    State.PENDING: "pending",
    State.RUNNING: "running",
    State.PAUSED: "pending",
    State.COMPLETED: "complete",
}
NOT_HERE = {  # path → operation id: what the client lists and nobody here has
    "ip-allowlist": "list_client_ip_allowlist",
    "retention-policies": "list_client_retention_policies",
    "feature-flags": "list_client_feature_flags",
    "settings": "list_client_admin_settings",
    "teams/discover": "discover_client_teams",
    "teams/pending-changes": "list_client_team_changes",
}


@router.get("/admin/setup/status", response=Answer, summary="How far the set-up is")
def read_client_setup(request: HttpRequest, asked: Query[Claim]) -> Answer:
    """What is there, and what the next step is."""
    by = admin(request, asked)
    connected = everything(partial(integrations.integrations_page, by=by))
    configs = lists.configs_page(by=by, limit=200).rows
    runs = lists.runs_page(None, [], by=by, limit=1).rows
    done = lists.runs_page(None, [State.COMPLETED], by=by, limit=1).rows
    providers = {each.provider for each in (*connected, *configs)}
    status = sync_status(runs[0]) if runs else "none"
    return {
        "has_integration": bool(providers),
        "providers": sorted(providers),
        "has_sync_config": bool(configs),
        "first_sync_started": bool(runs),
        "first_sync_completed": bool(done),
        "sync_status": status,
        "next_action": next_action(bool(providers), bool(configs), bool(runs)),
        "can_start_sync": bool(configs) and status not in ("pending", "running"),
        "blocker": None,
    }


def sync_status(run: SyncRun) -> str:
    state = State(run.state)
    if state in SYNC_STATES:
        return SYNC_STATES[state]
    some = any(unit.state == State.COMPLETED for unit in lists.units_of(run))
    return "partial" if some else "failed"


def next_action(has_integration: bool, has_config: bool, has_run: bool) -> str:
    if not has_integration:
        return "connect_integration"
    if not has_config:
        return "create_sync_config"
    return "complete" if has_run else "start_sync"


@router.get(
    "/licensing/entitlements/{organization_id}", response=Answer, summary="What the tier includes"
)
def read_client_entitlements(request: HttpRequest, organization_id: UUID) -> Answer:
    """Limits in the client's names; null is no limit, or none of ours."""
    by = own(request, organization_id)
    found = entitlements.entitlements(by=by)
    most = {each.name: each.limit for each in found.limits}
    interval = most["sync_interval_seconds"]
    return {
        "org_id": str(by.organization.id),
        "tier": found.plan.tier,
        "licensed_users": most["members"],
        "licensed_repos": most["repositories"],
        "features": {},
        "features_override": {},
        "limits_override": {each.name: each.limit for each in found.limits if each.is_own},
        "limits": {
            "max_users": most["members"],
            "max_repos": most["repositories"],
            "max_work_items": None,
            "retention_days": None,
            "backfill_days": most["backfill_days"],
            "api_rate_limit_per_min": most["requests_per_minute"],
            "min_sync_interval_hours": None if interval is None else interval / 3600,
        },
        "expires_at": found.plan.period_end,
        "is_valid": True,
    }


@router.get("/admin/audit-logs", response=Answer, summary="What was changed")
def list_client_audit_entries(request: HttpRequest, asked: Query[OffsetQuery]) -> Answer:
    """The newest first. For admins."""
    by = admin(request, asked)
    found = by_offset(partial(audit.entries_page, [], None, None, None, by=by), asked)
    return {
        "items": [audit_out(each) for each in found],
        "limit": asked.limit,
        "offset": asked.offset,
    }


def audit_out(entry: Any) -> Answer:
    kind, _, of = entry.target.partition(":")
    return {
        "id": str(entry.id),
        "action": entry.action,
        "resource_type": kind,
        "resource_id": of,
        "user_id": entry.user_id and str(entry.user_id),
        "user_email": entry.user_email,
        "changes": {"before": entry.before, "after": entry.after},
        "created_at": entry.at,
    }


def nothing() -> Callable[..., list[Answer]]:
    def list_nothing(request: HttpRequest, asked: Query[Claim]) -> list[Answer]:
        """There is no such thing here: an empty list."""
        member: Member = admin(request, asked)
        services.read_organization(by=member)
        return []

    return list_nothing


for _path, _name in NOT_HERE.items():
    router.get(
        f"/admin/{_path}", response=list[Answer], operation_id=_name, summary="None of ours"
    )(nothing())
