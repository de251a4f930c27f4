"""An organisation's own admin, on its host, for its owners and admins."""

from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse

from apps.billing.operations import BILLING_CHECKOUT, BILLING_PORTAL, BILLING_READ
from apps.errors import Forbidden
from apps.integrations.models import Integration
from apps.metrics import operations as metrics
from apps.metrics.models import Team, TeamMembership
from apps.orgs import operations as orgs
from apps.orgs.models import ApiToken, AuditEntry, Invitation, Membership, Role
from apps.orgs.operations import Operation
from apps.pipeline import operations as pipeline
from apps.pipeline.models import BackfillJob, SyncConfig, SyncRun, SyncWatermark
from apps.web.admin import (
    choosing,
    directory_rules,
    directory_settings,
    identities,
    integrations,
    organization,
    quarantine,
    webhook,
)
from apps.web.admin.audit_log import AuditAdmin
from apps.web.admin.backfills import BackfillAdmin, new_backfill
from apps.web.admin.integrations import IntegrationAdmin
from apps.web.admin.members import InvitationAdmin, MemberAdmin, TokenAdmin
from apps.web.admin.site import Link, Page, Section, Site
from apps.web.admin.syncs import ConfigAdmin, RunAdmin, WatermarkAdmin
from apps.web.admin.teams import TeamAdmin, TeamMembershipAdmin
from apps.web.entering import fetch_ticket, leave

ROLES = (Role.ADMIN, Role.OWNER)


class OrganizationSite(Site):
    sections = (
        Section("", (Link("Overview", "index", "space_dashboard"),)),
        Section(
            "Data",
            (
                Link("Integrations", "integrations_integration_changelist", "hub"),
                Link("Sync configs", "pipeline_syncconfig_changelist", "sync"),
                Link("Runs", "pipeline_syncrun_changelist", "play_circle"),
                Link("Backfills", "pipeline_backfilljob_changelist", "history"),
                Link("Watermarks", "pipeline_syncwatermark_changelist", "water"),
                Link("Quarantine", "quarantine", "report"),
            ),
        ),
        Section(
            "Directory",
            (
                Link("Teams", "metrics_team_changelist", "groups"),
                Link("Who is in them", "metrics_teammembership_changelist", "person_pin_circle"),
                Link("Identities", "identities", "fingerprint"),
                Link("Numbers and people", "directory_settings", "tune"),
                Link("What a deployment is", "deployment_kinds", "rocket_launch"),
                Link("Statuses", "status_map", "swap_horiz"),
                Link("What work is for", "category_rules", "category"),
            ),
        ),
        Section(
            "Organisation",
            (
                Link("Members", "orgs_membership_changelist", "group"),
                Link("Invitations", "orgs_invitation_changelist", "mail"),
                Link("API tokens", "orgs_apitoken_changelist", "key"),
                Link("Plan", "billing", "credit_card"),
                Link("Settings", "organization", "settings"),
                Link("Origins", "origins", "public"),
                Link("Audit log", "orgs_auditentry_changelist", "receipt_long"),
            ),
        ),
    )
    pages = (
        Page("organization/", "organization", organization.settings_page, orgs.ORGANIZATION_UPDATE),
        Page("origins/", "origins", organization.origins_page, orgs.ORIGINS_UPDATE),
        Page("plan/", "billing", organization.billing_page, BILLING_READ),
        Page("plan/buy/", "billing_checkout", organization.buy, BILLING_CHECKOUT, is_post=True),
        Page("plan/portal/", "billing_portal", organization.portal, BILLING_PORTAL, is_post=True),
        Page(
            "integrations/integration/<uuid:integration_id>/choose/",
            "integrations_integration_choose",
            choosing.choose,
            pipeline.SOURCES_CHOOSE,
        ),
        Page(
            "integrations/integration/<uuid:integration_id>/remove/",
            "integrations_integration_remove",
            integrations.remove,
            pipeline.INTEGRATIONS_REMOVE,
        ),
        Page(
            "integrations/integration/<uuid:integration_id>/webhook/",
            "integrations_integration_webhook",
            webhook.webhook_page,
            pipeline.PROVIDER_WEBHOOKS_SET,
        ),
        Page("backfills/new/", "backfill_new", new_backfill, pipeline.BACKFILLS_CREATE),
        Page("quarantine/", "quarantine", quarantine.listed, metrics.DATA_HEALTH_READ),
        Page("identities/", "identities", identities.listed, metrics.IDENTITIES_READ),
        Page(
            "identities/suggestions/",
            "suggestions",
            identities.suggested,
            metrics.IDENTITIES_MERGE,
        ),
        Page("identities/<uuid:author_id>/", "identity", identities.one, metrics.IDENTITIES_UPDATE),
        Page(
            "directory/settings/",
            "directory_settings",
            directory_settings.settings_page,
            metrics.SETTINGS_UPDATE,
        ),
        Page(
            "directory/deployments/",
            "deployment_kinds",
            partial(directory_rules.words_page, directory_rules.DEPLOYMENTS),
            metrics.SETTINGS_UPDATE,
        ),
        Page(
            "directory/statuses/",
            "status_map",
            partial(directory_rules.words_page, directory_rules.STATUS_WORDS),
            metrics.STATUS_MAP_UPDATE,
        ),
        Page(
            "directory/kinds-of-work/",
            "category_rules",
            directory_rules.rules_page,
            metrics.CATEGORY_RULES_UPDATE,
        ),
    )
    rows = (
        (Membership, MemberAdmin),
        (Invitation, InvitationAdmin),
        (ApiToken, TokenAdmin),
        (AuditEntry, AuditAdmin),
        (Integration, IntegrationAdmin),
        (SyncConfig, ConfigAdmin),
        (SyncRun, RunAdmin),
        (BackfillJob, BackfillAdmin),
        (SyncWatermark, WatermarkAdmin),
        (Team, TeamAdmin),
        (TeamMembership, TeamMembershipAdmin),
    )
    leaves = staticmethod(leave)

    def door(self, request: HttpRequest) -> HttpResponse | None:
        if request.member is None:
            return fetch_ticket(request)
        if request.member.token is not None:
            raise Forbidden(
                "These pages are for browsers; programs ask the API.", code="pages_only"
            )
        if request.member.role not in ROLES:
            raise Forbidden(
                f"This is for owners and admins; you are {request.member.role} here.",
                code="missing_role",
            )
        return None

    def allow(self, request: HttpRequest, operation: Operation | None) -> None:
        if operation is not None:
            request.member.require(operation)

    def may_see(self, request: HttpRequest, view: str) -> bool:
        needed = {page.name: page.operation for page in self.pages}
        if view in needed:
            return needed[view] is None or request.member.may(needed[view])
        return self.admin_of(view) is None or self.admin_of(view).has_view_permission(request)

    def index(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return organization.overview(self, request)

    def extra_context(self, context: dict[str, Any], request: HttpRequest) -> dict[str, Any]:
        told = {"site_subheader": request.member.organization.name}
        return super().extra_context(context, request) | told


site = OrganizationSite()
