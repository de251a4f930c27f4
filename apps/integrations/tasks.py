"""What this app's units of work do: each calls one service."""

from apps.integrations import expiring
from apps.queue.actors import tenant_actor
from apps.queue.work import Work


@tenant_actor("integrations.warn")
def warn(work: Work) -> None:
    """E-mails before credentials end."""
    expiring.warn(work)
