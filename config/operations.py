"""The one table of who may do what: the apps' operations joined."""

from apps.alerts import operations as alerts
from apps.billing import operations as billing
from apps.integrations import operations as integrations
from apps.metrics import operations as metrics
from apps.notify import operations as notify
from apps.orgs import operations as orgs
from apps.orgs.operations import Operation
from apps.pipeline import operations as pipeline

OPERATIONS: tuple[Operation, ...] = (
    *orgs.OPERATIONS,
    *billing.OPERATIONS,
    *notify.OPERATIONS,
    *integrations.OPERATIONS,
    *metrics.OPERATIONS,
    *pipeline.OPERATIONS,
    *alerts.OPERATIONS,
)
