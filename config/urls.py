"""An organisation's own host."""

from django.urls import path
from django.views.generic import RedirectView

from apps.web.admin.organization_site import site
from apps.web.connecting import choose, connect, finish, integration
from apps.web.entering import leave, use_ticket
from apps.web.integrations import integrations
from apps.web.overview import overview
from config.api_urls import urlpatterns as api_urls
from config.middleware import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

urlpatterns = [
    *api_urls,
    path("", overview, name="overview"),
    path("enter", use_ticket),
    path("leave", leave),
    path("admin", RedirectView.as_view(url="/admin/")),
    path("admin/", site.urls),
    path("integrations/", integrations, name="integrations"),
    path("integrations/connect/<slug:provider>", connect, name="connect"),
    path("integrations/<uuid:integration_id>", integration),
    path("oauth/callback", finish),
    path("oauth/choose", choose),
]
