"""The audit log: read, narrowed down, taken along as a CSV file."""

import json
from datetime import timedelta
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from unfold.decorators import display

from apps.orgs import audit, operations
from apps.orgs.models import AuditEntry, Membership, User
from apps.streams import CSV, csv_lines, streamed
from apps.web.admin.model_admin import OrganizationModelAdmin

DAYS = {"1": "Last day", "7": "Last 7 days", "30": "Last 30 days", "90": "Last 90 days"}
COLUMNS = (
    "at",
    "user_email",
    "user_id",
    "staff_email",
    "staff_id",
    "token_id",
    "action",
    "target",
    "before",
    "after",
    "request_id",
)


class ByTime(SimpleListFilter):
    title, parameter_name = "time", "days"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(DAYS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in DAYS:
            return queryset
        return queryset.filter(at__gte=timezone.now() - timedelta(days=int(self.value())))


class ByPerson(SimpleListFilter):
    """Members of this organisation."""

    title, parameter_name = "person", "user"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        members = Membership.objects.filter(organization=request.member.organization)
        found = members.order_by("user__email").values_list("user_id", "user__email")
        return [(str(id), email) for id, email in found]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        known = {id for id, _ in self.lookup_choices}
        return queryset.filter(user_id=self.value()) if self.value() in known else queryset


class ByStaff(SimpleListFilter):
    title, parameter_name = "staff", "staff"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "By staff"), ("no", "By members")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        is_null = {"yes": False, "no": True}.get(self.value() or "")
        return queryset if is_null is None else queryset.filter(staff_id__isnull=is_null)


class AuditAdmin(OrganizationModelAdmin):
    title, noun = "Audit log", "entry"
    reads = operations.AUDIT_READ
    views = ("changelist", "change")
    empty = "What somebody changes here is told here: who, when, from what to what."

    list_display = ("at", "who", "action", "target")
    list_filter = (ByTime, ByPerson, ByStaff)
    looked_up = ("days", "user", "staff")
    search_fields = ("action", "=target")
    search_help_text = "Action, or a target such as member:0b0e…"
    ordering = audit.NEWEST_FIRST
    sortable_by = ()
    fields = ("at", "who", "action", "target", "token_id", "request_id", "earlier", "later")
    readonly_fields = ("who", "earlier", "later")

    @display(description="Who")
    def who(self, row: Any) -> str:
        """The person, and staff who acted as them; nobody: the operator."""
        person = row.user_email or (row.user_id and "somebody who is gone") or "the operator"
        staff = row.staff_email or (row.staff_id and "staff")
        return f"{staff} as {person}" if staff and row.user_id else str(staff or person)

    @display(description="Before")
    def earlier(self, row: Any) -> str:
        return _as_text(row.before)

    @display(description="After")
    def later(self, row: Any) -> str:
        return _as_text(row.after)

    def named(self, row: Any) -> str:
        return str(row.action)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEntry]:
        def email_of(column: str) -> Subquery:
            return Subquery(User.objects.filter(pk=OuterRef(column)).values("email"))

        rows = super().get_queryset(request)
        return rows.annotate(user_email=email_of("user_id"), staff_email=email_of("staff_id"))

    def get_urls(self) -> list[URLPattern]:
        export = path(
            "export.csv",
            self.admin_site.admin_view(self.export),
            name="orgs_auditentry_export",
        )
        return [export, *super().get_urls()]

    def words(self, request: HttpRequest) -> dict[str, Any]:
        query = request.GET.urlencode()
        url = self.url("export") + (f"?{query}" if query else "")
        return super().words(request) | {"header_links": [("Download as CSV", url)]}

    def export(self, request: HttpRequest) -> HttpResponse:
        """What the list shows, all of it, at a memory that does not grow with it."""
        request.member.require(self.reads)
        chosen = self.get_changelist_instance(request).queryset
        entries = audit.every(chosen, by=request.member)
        rows = ([getattr(entry, name) for name in COLUMNS] for entry in entries)
        name = f"audit-log-{request.member.organization.slug}.csv"
        return streamed(csv_lines(COLUMNS, rows), CSV, name)


def _as_text(value: Any) -> str:
    if value is None:
        return "–"
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return format_html('<pre class="json">{}</pre>', text)
