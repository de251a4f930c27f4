"""The one table of who may do what: the apps' operations joined."""

from apps.metrics import operations as metrics
from apps.orgs.operations import Operation
from apps.pipeline import operations as pipeline

OPERATIONS: tuple[Operation, ...] = (*metrics.OPERATIONS, *pipeline.OPERATIONS)
