"""People: whose account is on, and where they are members."""

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from unfold.widgets import UnfoldAdminTextareaWidget

from apps.orgs import staff
from apps.orgs.models import Membership, User
from apps.web.admin.staff_admin import StaffAdmin


class ReasonForm(forms.Form):
    reason = forms.CharField(
        max_length=500,
        label="Why",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="Each of their organisations reads it in its audit log.",
    )


class PersonAdmin(StaffAdmin):
    """Who is staff is said on the console (`manage.py staff`), on no page."""

    title, noun = "People", "person"
    list_display = ("email", "name", "is_active", "is_staff", "created_at")
    list_filter = ("is_active", "is_staff")
    looked_up = ("is_active__exact", "is_staff__exact")
    search_fields = ("email", "name", "=id")
    search_help_text = "Address, name or id"
    ordering = ("email",)
    fields = ("email", "name", "id", "is_active", "is_staff", "created_at")
    readonly_fields = ("id",)

    def get_urls(self) -> list[URLPattern]:
        switch = path(
            "<uuid:object_id>/switch/",
            self.admin_site.admin_view(self.switch_view),
            name="orgs_user_switch",
        )
        return [switch, *super().get_urls()]

    def _links(self, row: User) -> list[tuple[str, str]]:
        return [] if row.is_staff else [(_words(row), self.url("switch", row.pk))]

    def shown(self, row: User, request: HttpRequest) -> dict[str, Any]:
        memberships = Membership.objects.filter(user=row).select_related("organization")
        return {
            "shown": "web/admin/staff_person.html",
            "memberships": memberships.order_by("organization__name"),
        }

    def switch_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        row = self.get_object(request, str(object_id))
        form = ReasonForm(request.POST or None)

        def act(given: dict[str, Any]) -> None:
            staff.set_active(row.pk, not row.is_active, reason=given["reason"], by=request.user)

        words = _words(row) if row else ""
        return self.form_view(request, row, form, act, title=words, buttons=[("save", words)])


def _words(row: User) -> str:
    return "Switch the account off" if row.is_active else "Switch the account on"
