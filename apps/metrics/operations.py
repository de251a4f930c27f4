"""What can be done with metrics, and by whom."""

from apps.orgs.models import Role, Scope
from apps.orgs.operations import Operation

METRICS_READ = Operation("metrics.read", Role.VIEWER, Scope.METRICS_READ)

OPERATIONS = (METRICS_READ,)
