"""The operator's own admin, on the account host: all organisations, their tiers, people, work."""

from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import auth
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from apps.errors import Forbidden
from apps.inbound.models import InboundEvent
from apps.orgs.models import Organization, User
from apps.orgs.operations import Operation
from apps.queue.models import WorkUnit
from apps.web.admin.site import Link, Section, Site
from apps.web.admin.staff_organizations import OrganizationAdmin
from apps.web.admin.staff_people import PersonAdmin
from apps.web.admin.staff_work import EventAdmin, WorkAdmin


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    auth.logout(request)
    return redirect("/")


class StaffSite(Site):
    header = "devhealth staff"
    sections = (
        Section(
            "",
            (
                Link("Organisations", "orgs_organization_changelist", "domain"),
                Link("People", "orgs_user_changelist", "group"),
                Link("Work", "queue_workunit_changelist", "pending_actions"),
                Link("Events", "inbound_inboundevent_changelist", "inbox"),
            ),
        ),
    )
    rows = (
        (Organization, OrganizationAdmin),
        (User, PersonAdmin),
        (WorkUnit, WorkAdmin),
        (InboundEvent, EventAdmin),
    )
    leaves = staticmethod(log_out)

    def door(self, request: HttpRequest) -> HttpResponse | None:
        person: Any = request.user
        if not person.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not (person.is_active and person.is_staff):
            raise Forbidden("This is for the operator's own people.", code="staff_only")
        if settings.STAFF_NEED_MFA and not is_mfa_enabled(person):
            raise Forbidden(
                "Staff log in with a second factor: set one up in your account first.",
                code="mfa_required",
            )
        return None

    def allow(self, request: HttpRequest, operation: Operation | None) -> None: ...

    def may_see(self, request: HttpRequest, view: str) -> bool:
        return True

    def index(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect("admin:orgs_organization_changelist")


site = StaffSite()
