"""What providers tell: `POST /webhooks/{provider}/{key}`, and `/webhooks/github` of the App.

On the bare host, without a token: the signature over the raw bytes says who speaks. Kept, and
answered at once; a unit of work looks.
"""

import json
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from apps.errors import BadRequest, NotFound, TooLarge, Unauthorized, Unavailable
from apps.inbound import endpoints, signatures, tellings
from apps.inbound.models import WebhookEndpoint
from apps.pipeline.services import looking

MOST = 25 * 1024 * 1024  # what GitHub sends at most
GITHUB = "github"


@require_POST
def provider_webhook(request: HttpRequest, provider: str, key: str) -> HttpResponse:
    """Of the integration that the key finds. 404 for an unknown one, 401 where it is not signed."""
    endpoint = endpoints.by_key(provider, key)
    if endpoint is None:
        raise NotFound
    body = _signed(request, provider, endpoints.secrets_of(endpoint))
    return _received(request, provider, [endpoint], body)


@require_POST
def app_webhook(request: HttpRequest) -> HttpResponse:
    """Of every integration of the installation; one that nobody has connected is told so."""
    if not settings.GITHUB_APP_WEBHOOK_SECRETS:
        raise Unavailable(
            "No webhook secret of the GitHub App is configured here; send it again later.",
            code="webhooks_not_configured",
            retry_after=3600,
        )
    body = _signed(request, GITHUB, settings.GITHUB_APP_WEBHOOK_SECRETS)
    installation = tellings.installation_of(_json(body))
    return _received(request, GITHUB, endpoints.of_installation(installation), body)


def _signed(request: HttpRequest, provider: str, secrets: Iterable[str]) -> bytes:
    """The raw body. Raises `TooLarge`, and `Unauthorized` where nobody known has signed it."""
    body = request.read(MOST + 1)  # `request.body` takes less
    if len(body) > MOST:
        raise TooLarge(f"A delivery has {MOST} bytes at most.")
    if not signatures.is_signed(provider, secrets, request.headers, body, timezone.now()):
        raise Unauthorized(
            "The signature is missing or wrong: enter this webhook's secret at the provider.",
            code="invalid_signature",
        )
    return body


def _received(
    request: HttpRequest, provider: str, found: Iterable[WebhookEndpoint], body: bytes
) -> HttpResponse:
    telling = tellings.told(provider, request.headers, _json(body))
    event_id = tellings.event_id(provider, request.headers, body)
    told = [looking.receive(each, event_id, telling) for each in found]
    return JsonResponse({"is_new": any(told)}, status=202)


def _json(body: bytes) -> Any:
    """Raises `BadRequest`."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadRequest(
            "The body is no JSON: choose the content type `application/json` at the provider."
        ) from error
