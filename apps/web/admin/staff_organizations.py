"""Organisations: their tier, their own limits, and acting as one of their members."""

from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from apps.billing import own_limits, services, tiers
from apps.billing.models import Entitlement, OwnLimit, StripeCustomer
from apps.orgs import acting, browsers
from apps.orgs.models import Membership, Organization, Role, User
from apps.orgs.services import url_of
from apps.web.admin.staff_admin import StaffAdmin
from apps.web.admin.words import NAMES

OF_STRIPE = ""
OF_TIER, UNLIMITED = "tier", "unlimited"


def _reason() -> forms.CharField:
    return forms.CharField(
        max_length=acting.LONGEST_REASON,
        label="Why",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="The organisation reads it in its audit log.",
    )


class TierForm(forms.Form):
    tier = forms.ChoiceField(
        required=False,
        choices=[
            (OF_STRIPE, "What Stripe says"),
            *((each.key, each.name) for each in tiers.TIERS),
        ],
        widget=UnfoldAdminSelectWidget(),
    )
    reason = _reason()


class LimitForm(forms.Form):
    limit = forms.ChoiceField(
        choices=[(each, NAMES[each]) for each in tiers.LIMITS], widget=UnfoldAdminSelectWidget()
    )
    value = forms.RegexField(
        rf"^(\d{{1,9}}|{UNLIMITED}|{OF_TIER})$",
        widget=UnfoldAdminTextInputWidget(),
        help_text=f"A number (of seconds for intervals), {UNLIMITED}, or {OF_TIER}: as its tier.",
    )
    reason = _reason()


class ActForm(forms.Form):
    member = forms.ChoiceField(label="Act as", widget=UnfoldAdminSelectWidget())
    reason = _reason()

    def __init__(self, *args: Any, organization: Organization, **more: Any) -> None:
        super().__init__(*args, **more)
        members = Membership.objects.filter(organization=organization, user__is_active=True)
        rows = members.order_by("user__email").values_list("pk", "user__email", "role")
        choices = [(str(pk), f"{email}, {role}") for pk, email, role in rows]
        self.fields["member"].choices = choices


class OrganizationAdmin(StaffAdmin):
    title, noun = "Organisations", "organisation"
    list_display = ("name", "slug", "tier", "created_at")
    search_fields = ("name", "slug", "=id")
    search_help_text = "Name, slug or id"
    ordering = ("name", "id")
    list_select_related = ("entitlement", "stripe_customer")
    fields = ("name", "slug", "id", "created_at")
    readonly_fields = ("id",)

    @display(description="Tier")
    def tier(self, row: Organization) -> str:
        """Staff's word, else Stripe's."""
        said: Entitlement | None = getattr(row, "entitlement", None)
        paid: StripeCustomer | None = getattr(row, "stripe_customer", None)
        return said.tier if said else paid.tier if paid else tiers.COMMUNITY.key

    def named(self, row: Organization) -> str:
        return str(row.name)

    def get_urls(self) -> list[URLPattern]:
        views = {"tier": self.tier_view, "limit": self.limit_view, "act": self.act_view}
        return [
            path(
                f"<uuid:object_id>/{name}/",
                self.admin_site.admin_view(view),
                name=f"orgs_organization_{name}",
            )
            for name, view in views.items()
        ] + super().get_urls()

    def _links(self, row: Organization) -> list[tuple[str, str]]:
        named = {"tier": "Set the tier", "limit": "Set a limit", "act": "Act as a member"}
        return [(words, self.url(name, row.pk)) for name, words in named.items()]

    def shown(self, row: Organization, request: HttpRequest) -> dict[str, Any]:
        """Its tier and limits and who says so, its owners."""
        members = Membership.objects.filter(organization=row)
        owners = members.filter(role=Role.OWNER).order_by("user__email")
        return {
            "shown": "web/admin/staff_organization.html",
            "url": url_of(row),
            "tier": services.tier_of(row.pk),
            "entitlement": Entitlement.objects.filter(organization=row).first(),
            "own_limits": OwnLimit.objects.filter(organization=row).order_by("limit"),
            "members": members.count(),
            "owners": list(owners.values_list("user__email", flat=True)),
        }

    # --- what staff decide -----------------------------------------------------------------------

    def tier_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        row = self.get_object(request, str(object_id))
        form = TierForm(request.POST or None)
        act = partial(_set_tier, row, by=request.user)
        buttons = [("save", "Set it")]
        return self.form_view(request, row, form, act, title="Set the tier", buttons=buttons)

    def limit_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        row = self.get_object(request, str(object_id))
        form = LimitForm(request.POST or None)
        act = partial(_set_limit, row, by=request.user)
        buttons = [("save", "Set it")]
        return self.form_view(request, row, form, act, title="Set a limit", buttons=buttons)

    def act_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """On to the organisation's host, where the browser is bound first (`acting`)."""
        row = self.get_object(request, str(object_id))
        form = ActForm(request.POST or None, organization=row)
        act = partial(_act_as, request=request)
        return self.form_view(
            request,
            row,
            form,
            act,
            title="Act as a member",
            lead="For an hour at most. Every page there says so, and the audit log has all of it.",
            buttons=[("act", "Go there")],
        )


def _set_tier(organization: Organization, given: dict[str, Any], *, by: User) -> None:
    said = {"by": by.email, "reason": given["reason"], "staff_id": by.pk}
    if given["tier"] == OF_STRIPE:
        services.remove_tier(organization, **said)
    else:
        services.set_tier(organization, tiers.tier(given["tier"]), **said)


def _set_limit(organization: Organization, given: dict[str, Any], *, by: User) -> None:
    said = {"by": by.email, "reason": given["reason"], "staff_id": by.pk}
    if given["value"] == OF_TIER:
        own_limits.remove_limit(organization, given["limit"], **said)
    else:
        value = None if given["value"] == UNLIMITED else int(given["value"])
        own_limits.set_limit(organization, given["limit"], value, **said)


def _act_as(given: dict[str, Any], *, request: HttpRequest) -> str:
    member = Membership.objects.get(pk=given["member"])
    to = "/admin/" if member.role in (Role.OWNER, Role.ADMIN) else "/"
    return acting.begin(
        member.pk,
        given["reason"],
        to,
        staff=request.user,
        opened_by=browsers.login_of(request),
    )
