"""A bare host: no organisation of its own, the token names one."""

from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from apps.billing.webhooks import stripe_webhook
from apps.web.account import organizations
from apps.web.connecting import relay
from apps.web.entering import give_ticket
from config.api_urls import urlpatterns as api_urls
from config.middleware import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

urlpatterns = [
    *api_urls,
    path("webhooks/stripe", csrf_exempt(stripe_webhook)),
    path("", organizations, name="organizations"),
    path("enter", give_ticket),
    path("oauth/callback", relay),
    path("account/", include("allauth.urls")),
]
