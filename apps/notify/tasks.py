"""What this app's units of work do: each calls one service."""

from apps.notify import delivering, forgetting
from apps.queue.actors import public_actor, tenant_actor
from apps.queue.work import Work


@tenant_actor("notify.deliver", ended=delivering.deliver_ended)
def deliver(work: Work) -> None:
    """One message to one endpoint."""
    delivering.deliver(work)


@public_actor("notify.forget", ended=forgetting.forget_ended)
def forget(work: Work) -> None:
    """Messages of long ago."""
    forgetting.forget(work)
