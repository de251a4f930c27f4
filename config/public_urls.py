"""A bare host: no organisation of its own, the token names one."""

from django.urls import path

from apps.billing.webhooks import stripe_webhook
from config.api_urls import urlpatterns as api_urls
from config.middleware import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

urlpatterns = [*api_urls, path("webhooks/stripe", stripe_webhook)]
