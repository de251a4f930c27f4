"""What can be done with alerts, and by whom."""

from apps.orgs.models import Role, Scope
from apps.orgs.operations import Operation

ALERTS_READ = Operation("alerts.read", Role.VIEWER, Scope.ALERTS_READ)
ALERT_RULES_CREATE = Operation("alert_rules.create", Role.ADMIN, Scope.ALERTS_WRITE)
ALERT_RULES_UPDATE = Operation("alert_rules.update", Role.ADMIN, Scope.ALERTS_WRITE)
ALERT_RULES_DELETE = Operation("alert_rules.delete", Role.ADMIN, Scope.ALERTS_WRITE)

OPERATIONS = (ALERTS_READ, ALERT_RULES_CREATE, ALERT_RULES_UPDATE, ALERT_RULES_DELETE)
