"""What this app's units of work do."""

from apps.alerts import evaluating
from apps.queue.actors import tenant_actor
from apps.queue.work import Work


@tenant_actor("alerts.evaluate", ended=evaluating.evaluate_ended)
def evaluate(work: Work) -> None:
    """All rules of an organisation."""
    evaluating.evaluate(work)
