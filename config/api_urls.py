"""What answers on every host: probes, REST, GraphQL."""

from django.conf import settings
from django.contrib.staticfiles.views import serve
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from config.api import api
from config.graphql import GraphQLView
from config.health import health, livez, readyz
from config.prometheus import metrics
from config.schema import schema

urlpatterns = [
    path("livez", livez),
    path("readyz", readyz),
    path("health", health),
    path("metrics", metrics),
    path("api/v1/", api.urls),
    path("graphql", csrf_exempt(GraphQLView.as_view(schema=schema))),
]
if settings.DEVELOPMENT:  # elsewhere granian, or the server in front, serves STATIC_ROOT
    urlpatterns += [path("static/<path:path>", serve, {"insecure": True})]
