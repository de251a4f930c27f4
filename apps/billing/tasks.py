"""What this app's units of work do."""

from apps.billing import subscriptions
from apps.queue.actors import tenant_actor
from apps.queue.work import Work


@tenant_actor("billing.refresh", ended=subscriptions.refresh_ended)
def refresh(work: Work) -> None:
    """What Stripe is paid for by now."""
    subscriptions.refresh(work)
