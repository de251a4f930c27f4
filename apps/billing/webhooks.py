"""What Stripe tells: `POST /webhooks/stripe`, on the bare host, without a token."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from apps.billing.stripe_door import verified
from apps.billing.subscriptions import receive
from apps.errors import Unavailable


@require_POST
def stripe_webhook(request: HttpRequest) -> HttpResponse:
    """Kept if it is signed, and answered at once; a unit of work does the rest."""
    if not settings.STRIPE_WEBHOOK_SECRETS:
        raise Unavailable(
            "No webhook secret of Stripe's is configured here; send it again later.",
            code="billing_not_configured",
            retry_after=3600,
        )
    event = verified(request.body, request.headers.get("Stripe-Signature", ""))
    return JsonResponse({"is_new": receive(event)})
