"""A bare host: no organisation of its own, the token names one."""

from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import RedirectView

from apps.billing.webhooks import stripe_webhook
from apps.pipeline.webhooks import app_webhook, provider_webhook
from apps.web.account import organizations
from apps.web.admin.staff_site import site
from apps.web.connecting import relay
from apps.web.entering import give_ticket
from apps.web.founding import founded, new_organization, try_again
from apps.web.invited import accept, accept_by_link
from config.api_urls import urlpatterns as api_urls
from config.middleware import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

urlpatterns = [
    *api_urls,
    path("webhooks/stripe", csrf_exempt(stripe_webhook)),
    path("webhooks/github", csrf_exempt(app_webhook)),
    path("webhooks/<slug:provider>/<str:key>", csrf_exempt(provider_webhook)),
    path("", organizations, name="organizations"),
    path("organizations/new", new_organization, name="new_organization"),
    path("organizations/<uuid:organization_id>", founded, name="founded"),
    path("organizations/<uuid:organization_id>/again", try_again, name="try_again"),
    path("invitations/accept", accept_by_link, name="accept_by_link"),
    path("invitations/<uuid:invitation_id>/accept", accept, name="accept"),
    path("enter", give_ticket),
    path("oauth/callback", relay),
    path("account/", include("allauth.urls")),
    path("admin", RedirectView.as_view(url="/admin/")),
    path("admin/", site.urls),
]
