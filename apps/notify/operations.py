"""What can be done with outbound webhooks, and by whom."""

from apps.orgs.models import Role, Scope
from apps.orgs.operations import Operation

WEBHOOKS_READ = Operation("webhooks.read", Role.VIEWER, Scope.WEBHOOKS_READ)
WEBHOOKS_CREATE = Operation("webhooks.create", Role.ADMIN, Scope.WEBHOOKS_WRITE)
WEBHOOKS_UPDATE = Operation("webhooks.update", Role.ADMIN, Scope.WEBHOOKS_WRITE)
WEBHOOKS_DELETE = Operation("webhooks.delete", Role.ADMIN, Scope.WEBHOOKS_WRITE)
WEBHOOKS_ROTATE = Operation("webhooks.rotate", Role.ADMIN, Scope.WEBHOOKS_WRITE)
WEBHOOKS_TEST = Operation("webhooks.test", Role.ADMIN, Scope.WEBHOOKS_WRITE)
WEBHOOKS_REPLAY = Operation("webhooks.replay", Role.ADMIN, Scope.WEBHOOKS_WRITE)

OPERATIONS = (
    WEBHOOKS_READ,
    WEBHOOKS_CREATE,
    WEBHOOKS_UPDATE,
    WEBHOOKS_DELETE,
    WEBHOOKS_ROTATE,
    WEBHOOKS_TEST,
    WEBHOOKS_REPLAY,
)
