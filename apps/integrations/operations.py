"""What can be done with integrations, and by whom."""

from apps.orgs.models import Role, Scope
from apps.orgs.operations import Operation

INTEGRATIONS_READ = Operation("integrations.read", Role.VIEWER, Scope.INTEGRATIONS_READ)
INTEGRATIONS_CONNECT = Operation("integrations.connect", Role.ADMIN, Scope.INTEGRATIONS_WRITE)
INTEGRATIONS_UPDATE = Operation("integrations.update", Role.ADMIN, Scope.INTEGRATIONS_WRITE)
INTEGRATIONS_TEST = Operation("integrations.test", Role.ADMIN, Scope.INTEGRATIONS_WRITE)
INTEGRATIONS_DISCONNECT = Operation("integrations.disconnect", Role.ADMIN, Scope.INTEGRATIONS_WRITE)
INTEGRATIONS_DISCOVER = Operation("integrations.discover", Role.ADMIN, Scope.INTEGRATIONS_READ)

OPERATIONS = (
    INTEGRATIONS_READ,
    INTEGRATIONS_CONNECT,
    INTEGRATIONS_UPDATE,
    INTEGRATIONS_TEST,
    INTEGRATIONS_DISCONNECT,
    INTEGRATIONS_DISCOVER,
)
