"""Integrations: what the organisation is connected to, and how well."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html_join
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from apps.integrations import operations, services
from apps.integrations.models import Integration, Provider
from apps.integrations.sealing import Secret
from apps.orgs.members import Member
from apps.pipeline.services import lists, removal
from apps.web.admin.model_admin import (
    REFUSALS,
    OrganizationModelAdmin,
    ServiceForm,
    Step,
    known,
    tell,
)
from devhealth.sites import URLS

HEALTH = {"ok": "success", "expiring": "warning", "reconnect": "danger"}


class IntegrationForm(ServiceForm):
    url = forms.CharField(
        required=False,
        max_length=300,
        label="Site",
        widget=UnfoldAdminTextInputWidget(),
        help_text="https://…, as people open it; empty: github.com, gitlab.com.",
    )
    token = forms.CharField(
        required=False,
        max_length=4000,
        strip=True,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "off"}),
        help_text="That somebody made at the provider. It is tried, sealed, and shown to nobody.",
    )
    email = forms.CharField(
        required=False,
        max_length=254,
        widget=UnfoldAdminTextInputWidget(),
        help_text="Jira: whose API token it is.",
    )


class IntegrationAdmin(OrganizationModelAdmin):
    title, noun = "Integrations", "integration"
    reads, adds, changes, deletes = (
        operations.INTEGRATIONS_READ,
        operations.INTEGRATIONS_CONNECT,
        operations.INTEGRATIONS_UPDATE,
        operations.INTEGRATIONS_DISCONNECT,
    )
    views = ("changelist", "add", "change", "delete", "history")
    empty = "Connect GitHub, GitLab or Jira: then choose what of it is synced."
    add_label = "Connect a provider"
    added = "It is connected: open it and choose what is synced."
    delete_label = "Disconnect"
    delete_warning = "Its credential is deleted at once. Facts and metrics stay."
    deleted = "It is disconnected."
    steps = (
        Step(
            "test",
            "Test it",
            lambda row, by: services.test(row.pk, by=by),
            "The provider was asked; its health says what came of it.",
            operations.INTEGRATIONS_TEST,
        ),
    )

    list_display = ("name", "provider", "url", "account", "state", "last_sync", "checked_at")
    list_select_related = ("credential",)
    search_fields = ("name",)
    search_help_text = "Name"
    ordering = ("name",)
    form = add_form = IntegrationForm
    add_fields = ("name", "provider", "url", "cloud_id", "token", "email", "in_a_browser")
    fields = ("name", "provider", "url", "account", "state", "advice", "token", "email")
    readonly_fields = ("provider", "url", "account", "state", "advice", "in_a_browser")

    @display(description="Health", label=HEALTH)
    def state(self, row: Integration) -> str:
        return services.health_of(row)[0]

    @display(description="What to do")
    def advice(self, row: Integration) -> str:
        return services.health_of(row)[1] or "Nothing."

    @display(description="Without a token")
    def in_a_browser(self, row: Integration) -> str:
        """The same by consent, on the provider's own pages."""
        links = ((reverse("connect", args=[name]), label) for name, label in Provider.choices)
        text: str = format_html_join(", ", '<a href="{}">Connect {} in the browser</a>', links)
        return text

    @display(description="Last synced")
    def last_sync(self, row: Integration) -> Any:
        return row.synced_at

    def get_queryset(self, request: Any) -> Any:
        return lists.with_last_sync(super().get_queryset(request))

    def _links(self, row: Integration) -> list[tuple[str, str]]:
        choose = reverse("admin:integrations_integration_choose", args=[row.pk])
        remove = reverse("admin:integrations_integration_remove", args=[row.pk])
        webhook = reverse("admin:integrations_integration_webhook", args=[row.pk])
        return [
            ("Choose what is synced", choose),
            ("Webhook", webhook),
            *super()._links(row),
            ("Remove with all that goes by it", remove),
        ]

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        return self.readonly_fields if obj else ("in_a_browser",)

    def target(self, row: Integration) -> str:
        return f"integration:{row.pk}"

    def add_row(self, row: Integration, given: Mapping[str, Any], by: Member) -> Integration:
        row.url = given["url"] or URLS.get(row.provider, "")
        secret = Secret(token=given["token"], email=given["email"])
        return services.connect(row, secret, by=by)

    def change_row(self, row: Integration, given: Mapping[str, Any], by: Member) -> Integration:
        secret = Secret(token=given["token"], email=given["email"]) if given["token"] else None
        return services.update(row.pk, {"name": given["name"]}, secret, by=by)

    def delete_row(self, row: Integration, by: Member) -> None:
        services.disconnect(row.pk, by=by)


class RemovalForm(forms.Form):
    facts = forms.ChoiceField(
        label="What was stored of it",
        choices=[
            ("keep", "Facts and metrics stay"),
            ("remove", "Facts and metrics of all its repositories and projects go, too, for good"),
        ],
        widget=UnfoldAdminSelectWidget(),
    )
    confirmed = forms.CharField(
        label="Its name once more", max_length=200, widget=UnfoldAdminTextInputWidget()
    )


def remove(site: Any, request: HttpRequest, integration_id: UUID) -> HttpResponse:
    """It, its sync configs, and what was stored of it, if that is wanted."""
    by: Member = request.member
    integration = services.integration_of(integration_id, by=by)
    form = RemovalForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["confirmed"] != integration.name:
            form.add_error("confirmed", f"It is called {integration.name}.")
        else:
            try:
                removed = removal.remove_integration(
                    integration_id, form.cleaned_data["facts"], by=by
                )
            except REFUSALS as error:
                tell(form, known(error))
            else:
                going = "; its facts are being removed" if removed.repository_ids else ""
                messages.success(request, f"{integration.name} is removed{going}.")
                return redirect("admin:integrations_integration_changelist")
    return site.page(
        request,
        "form_page",
        f"Remove {integration.name}",
        form=form,
        lead="It is disconnected, and the sync configs that go by it are deleted with their runs.",
        buttons=[("remove", "Remove it")],
        list_title=IntegrationAdmin.title,
        list_url=reverse("admin:integrations_integration_changelist"),
    )
