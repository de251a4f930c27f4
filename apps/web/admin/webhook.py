"""An integration's webhook: set up, given another secret, taken away; and how well it tells."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from apps.integrations import services as integrations
from apps.integrations.models import Integration
from apps.orgs.members import Member
from apps.pipeline.services import webhooks
from apps.web.admin.model_admin import REFUSALS, known

VIEW = "admin:integrations_integration_webhook"
WHERE = {
    "github": "the repository's, or the organisation's, Settings → Webhooks → Add webhook; content "
    "type application/json; the secret under Secret.",
    "gitlab": "the project's, or the group's, Settings → Webhooks → Add new webhook; the secret "
    "under Signing token, or under Secret token where there is no such field.",
    "jira": "Jira's System → WebHooks → Create a WebHook; the secret under Secret; a JQL filter "
    "such as project in (ABC, DEF).",
}


def webhook_page(site: Any, request: HttpRequest, integration_id: UUID) -> HttpResponse:
    """The secret is on the answer to the button that makes it, and on no other page."""
    by: Member = request.member
    integration = integrations.integration_of(integration_id, by=by)
    if request.method != "POST":
        return _shown(site, request, integration, webhooks.webhook_of(integration_id, by=by))
    try:
        if "remove" not in request.POST:
            made = webhooks.set_webhook(integration_id, by=by)
            return _shown(site, request, integration, made)
        webhooks.remove_webhook(integration_id, by=by)
        messages.success(request, "It is taken away: scheduled syncs go on.")
    except REFUSALS as error:
        messages.error(request, known(error).detail)
    return redirect(VIEW, integration_id)


def _shown(
    site: Any, request: HttpRequest, integration: Integration, webhook: webhooks.Webhook
) -> HttpResponse:
    return site.page(
        request,
        "webhook",
        f"Webhook of {integration.name}",
        webhook=webhook,
        where=WHERE[integration.provider],
        label=integration.get_provider_display(),
        page_url=reverse(VIEW, args=[integration.pk]),
        list_title="Integrations",
        list_url=reverse("admin:integrations_integration_changelist"),
    )
