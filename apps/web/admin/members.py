"""Members, invitations, API tokens."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from apps.orgs import invitations, keys, memberships, operations
from apps.orgs.members import Member
from apps.orgs.models import ApiToken, Invitation, Membership, Role
from apps.web.admin.model_admin import OrganizationModelAdmin, ServiceForm, Step


class MemberAdmin(OrganizationModelAdmin):
    title, noun = "Members", "member"
    reads, changes, deletes = (
        operations.MEMBERS_READ,
        operations.MEMBERS_UPDATE,
        operations.MEMBERS_REMOVE,
    )
    views = ("changelist", "change", "delete", "history")
    changed = "The role counts from their next request on."
    delete_label = "Remove from the organisation"
    delete_warning = (
        "Their API tokens and sessions end at once and for good. What they did stays counted."
    )
    deleted = "They are a member no more."

    list_display = ("email", "name", "role", "created_at")
    list_select_related = ("user",)
    list_filter = ("role",)
    looked_up = ("role__exact",)
    search_fields = ("user__email", "user__name")
    search_help_text = "Address or name"
    ordering = ("user__email",)
    fields = ("email", "name", "role", "created_at")
    readonly_fields = ("email", "name", "created_at")

    @display(description="E-mail", ordering="user__email")
    def email(self, row: Membership) -> str:
        return str(row.user.email)

    @display(description="Name")
    def name(self, row: Membership) -> str:
        return str(row.user.name)

    def named(self, row: Membership) -> str:
        return str(row.user.email)

    def target(self, row: Membership) -> str:
        return f"member:{row.pk}"

    def change_row(self, row: Membership, given: Mapping[str, Any], by: Member) -> Membership:
        return memberships.change_role(row.pk, given["role"], by=by)

    def delete_row(self, row: Membership, by: Member) -> None:
        memberships.remove(row.pk, by=by)


class InvitationAdmin(OrganizationModelAdmin):
    title, noun = "Invitations", "invitation"
    reads, adds, deletes = (
        operations.INVITATIONS_READ,
        operations.INVITATIONS_CREATE,
        operations.INVITATIONS_REVOKE,
    )
    views = ("changelist", "add", "change", "delete", "history")
    empty = "Invite the people you work with: a link by e-mail, good for seven days."
    add_label = "Invite somebody"
    added = "The link is on its way."
    delete_label = "Revoke the invitation"
    delete_warning = "Its link opens nothing any more."
    deleted = "The invitation is revoked."
    steps = (
        Step(
            "resend",
            "Send it again",
            lambda row, by: invitations.resend(row.pk, by=by),
            "A new link is on its way; it replaces the old one.",
            operations.INVITATIONS_RESEND,
        ),
    )

    list_display = ("email", "role", "state", "expires_at")
    list_filter = ("role",)
    looked_up = ("role__exact",)
    search_fields = ("email",)
    search_help_text = "Address"
    ordering = ("-created_at", "-id")
    add_fields = ("email", "role")
    fields = ("email", "role", "state", "created_at", "expires_at", "send_error")
    readonly_fields = ("state", "created_at", "expires_at", "send_error")

    @display(
        description="State",
        label={"sent": "success", "on its way": "info", "not sent": "danger", "expired": "warning"},
    )
    def state(self, row: Invitation) -> str:
        if row.expires_at <= timezone.now():
            return "expired"
        if row.send_error:
            return "not sent"
        return "sent" if row.sent_at else "on its way"

    def named(self, row: Invitation) -> str:
        return str(row.email)

    def target(self, row: Invitation) -> str:
        return f"invitation:{row.pk}"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invitation]:
        return super().get_queryset(request).filter(accepted_at=None, revoked_at=None)

    def add_row(self, row: Invitation, given: Mapping[str, Any], by: Member) -> Invitation:
        return invitations.create(given["email"], given["role"], by=by)

    def delete_row(self, row: Invitation, by: Member) -> None:
        invitations.revoke(row.pk, by=by)


LIVES = {"30": "30 days", "90": "90 days", "365": "A year", "": "For ever (owners only)"}


class TokenForm(ServiceForm):
    name = forms.CharField(
        max_length=100,
        widget=UnfoldAdminTextInputWidget(),
        help_text="What it is for; one of a name for each person.",
    )
    scopes = forms.MultipleChoiceField(
        widget=UnfoldAdminCheckboxSelectMultipleWidget(), help_text="What it may, at most your own."
    )
    lasts = forms.ChoiceField(
        choices=list(LIVES.items()),
        initial="90",
        required=False,
        label="Lasts",
        widget=UnfoldAdminSelectWidget(),
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        # It is for owners and admins, who have use for all of these.
        names = sorted(operations.scopes_of(Role.ADMIN))
        self.fields["scopes"].choices = [(each, each) for each in names]


class TokenAdmin(OrganizationModelAdmin):
    """Everybody's; made is one's own."""

    title, noun = "API tokens", "token"
    reads, adds, deletes = (
        operations.ALL_TOKENS_READ,
        operations.TOKENS_CREATE,
        operations.ALL_TOKENS_REVOKE,
    )
    views = ("changelist", "add", "change", "delete", "history")
    empty = "A token lets a program ask in your name: a dashboard, a script, a pipeline."
    add_label = "Create a token"
    delete_label = "Revoke the token"
    delete_warning = "It opens nothing from the next request on."
    deleted = "The token is revoked."

    list_display = ("name", "whose", "prefix", "expires_at", "last_used_at")
    list_select_related = ("created_by",)
    search_fields = ("name", "prefix", "created_by__email")
    search_help_text = "Name, beginning, or whose"
    ordering = ("-created_at", "-id")
    add_form = TokenForm
    add_fields = ("name", "scopes", "lasts")
    fields = ("name", "whose", "prefix", "scopes", "created_at", "expires_at", "last_used_at")
    readonly_fields = ("whose", "prefix", "scopes", "created_at", "expires_at", "last_used_at")

    @display(description="Whose", ordering="created_by__email")
    def whose(self, row: ApiToken) -> str:
        return str(row.created_by.email)

    def named(self, row: ApiToken) -> str:
        return str(row.name)

    def target(self, row: ApiToken) -> str:
        return f"token:{row.pk}"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        return super().get_queryset(request).filter(session=None, revoked_at=None)

    def add_row(self, row: ApiToken, given: Mapping[str, Any], by: Member) -> ApiToken:
        days = int(given["lasts"] or 0)
        expires_at = timezone.now() + timedelta(days=days) if days else None
        token, row.text = keys.create(given["name"], given["scopes"], expires_at, by=by)
        return token

    def response_add(self, request: HttpRequest, obj: Any, *_: Any) -> HttpResponse:
        """What it is, this once; nothing keeps the page."""
        return self.admin_site.page(
            request,
            "token",
            obj.name,
            text=obj.text,
            list_title=self.title,
            list_url=self.url("changelist"),
        )

    def delete_row(self, row: ApiToken, by: Member) -> None:
        keys.revoke(row.pk, by=by)
