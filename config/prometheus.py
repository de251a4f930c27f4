"""`GET /metrics` for Prometheus: on any host, with the operator's own token."""

from secrets import compare_digest

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from apps.billing import buckets
from apps.errors import NotFound, Unauthorized
from apps.queue import gauges


def metrics(request: HttpRequest) -> HttpResponse:
    require_scraper(request)
    shown = gauges.exposition() + buckets.exposition()
    return HttpResponse(shown, content_type=CONTENT_TYPE_PLAIN_0_0_4)


def require_scraper(request: HttpRequest) -> None:
    """Raises `Unauthorized`; `NotFound` in production as long as no token is set."""
    if not settings.METRICS_TOKEN:
        if settings.DEVELOPMENT:
            return
        raise NotFound
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    is_known = compare_digest(text.strip().encode(), settings.METRICS_TOKEN.encode())
    if scheme.lower() != "bearer" or not is_known:
        raise Unauthorized("Send DEVHEALTH_METRICS_TOKEN: `Authorization: Bearer …`.")
