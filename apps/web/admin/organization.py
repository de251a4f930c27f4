"""The overview, the organisation's own settings, its plan."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.billing import checkout, entitlements, tiers
from apps.billing.operations import BILLING_READ
from apps.orgs import memberships, operations, origins, services
from apps.orgs.members import Member
from apps.pipeline.services import beginning, lists
from apps.web.admin.model_admin import REFUSALS, known, tell
from apps.web.admin.syncs import Lines
from apps.web.admin.words import limits_in_words
from apps.web.steps import step_of

RUNS_SHOWN = 5
WAY = ("Connect", "Choose", "First sync", "History")


def overview(site: Any, request: HttpRequest) -> HttpResponse:
    """How the organisation stands, and what is to be done next."""
    by: Member = request.member
    plan = entitlements.entitlements(by=by)
    configs = lists.configs_page(by=by, limit=RUNS_SHOWN).rows
    runs = lists.runs_page(None, [], by=by, limit=RUNS_SHOWN).rows
    return site.page(
        request,
        "overview",
        by.organization.name,
        organization=by.organization,
        tier=tiers.tier(plan.plan.tier).name,
        limits=limits_in_words(plan.limits),
        configs=configs,
        runs=runs,
        step=step_of(beginning.next_step(by=by)),
        way=WAY,
        is_alone=len(memberships.members_page(by=by, limit=2).rows) < 2,
    )


# --- its settings --------------------------------------------------------------------------------


class OrganizationForm(forms.Form):
    name = forms.CharField(max_length=200, widget=UnfoldAdminTextInputWidget())
    slug = forms.CharField(max_length=63, widget=UnfoldAdminTextInputWidget())
    version = forms.CharField(widget=forms.HiddenInput())


def settings_page(site: Any, request: HttpRequest) -> HttpResponse:
    """Name and address; of two who change them at once, one is told."""
    by: Member = request.member
    by.require(operations.ORGANIZATION_UPDATE)
    organization = by.organization
    form = OrganizationForm(
        request.POST or None,
        initial={
            "name": organization.name,
            "slug": organization.slug,
            "version": services.version_of(organization),
        },
    )
    form.fields["slug"].help_text = (
        f"First label of the address, now {services.host_of(organization.slug)}. The old address "
        "answers no more as soon as it is changed, for programs neither."
    )
    if request.method == "POST" and form.is_valid():
        changes = {name: form.cleaned_data[name] for name in ("name", "slug")}
        try:
            changed = services.update_organization(
                changes, by=by, unless_changed_since=form.cleaned_data["version"]
            )
        except REFUSALS as error:
            tell(form, known(error))
        else:
            messages.success(request, "Saved.")
            return redirect(services.url_of(changed) + reverse("admin:organization"))
    return site.page(request, "form_page", "Organisation", form=form, buttons=[("save", "Save")])


class OriginsForm(forms.Form):
    origins = Lines(
        required=False,
        label="Origins",
        help_text=f"A line each; with a token of their own. {origins.ADVICE}",
    )
    version = forms.CharField(widget=forms.HiddenInput())


def origins_page(site: Any, request: HttpRequest) -> HttpResponse:
    """Whose pages may ask the API in browsers."""
    stored = origins.read(by=request.member)
    form = OriginsForm(
        request.POST or None, initial={"origins": stored, "version": origins.version_of(stored)}
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            origins.replace(
                given["origins"], by=request.member, unless_changed_since=given["version"]
            )
        except REFUSALS as error:
            tell(form, known(error))
        else:
            messages.success(request, "Saved.")
            return redirect("admin:origins")
    return site.page(request, "form_page", "Origins", form=form, buttons=[("save", "Save")])


# --- its plan ------------------------------------------------------------------------------------


def billing_page(site: Any, request: HttpRequest) -> HttpResponse:
    by: Member = request.member
    by.require(BILLING_READ)
    found = entitlements.entitlements(by=by)
    mine = tiers.rank(found.plan.tier)
    return site.page(
        request,
        "billing",
        "Plan",
        plan=found.plan,
        tier=tiers.tier(found.plan.tier),
        limits=limits_in_words(found.limits),
        higher=[each for each in tiers.PAID if tiers.rank(each.key) > mine],
        is_subscribed=found.plan.source == "stripe",
        can_be_bought=found.plan.can_be_bought and found.plan.source != "staff",
        account_url=settings.ACCOUNT_URL,
    )


def buy(site: Any, request: HttpRequest) -> HttpResponse:
    tier, interval = request.POST.get("tier", ""), request.POST.get("interval", "")
    if tier not in {each.key for each in tiers.PAID} or interval not in ("monthly", "yearly"):
        return redirect("admin:billing")
    return _onward(site, request, lambda by: checkout.checkout(tier, interval, by=by))


def portal(site: Any, request: HttpRequest) -> HttpResponse:
    return _onward(site, request, lambda by: checkout.portal(by=by))


def _onward(site: Any, request: HttpRequest, find: Any) -> HttpResponse:
    """A page with the link: no form here may lead to another company's host."""
    try:
        url = find(request.member)
    except REFUSALS as error:
        messages.error(request, known(error).detail)
        return redirect("admin:billing")
    return site.page(request, "onward", "Plan", url=url)
