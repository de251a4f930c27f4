"""Who may do what: an operation, the least role that may, the scope that its token needs.

Each app declares its own as constants and as one tuple; `config/operations.py` joins them.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.utils.module_loading import import_string

from apps.orgs.models import Role, Scope

RANKS = (Role.VIEWER, Role.MEMBER, Role.ADMIN, Role.OWNER)  # each may what those before it may


@dataclass(frozen=True, slots=True)
class Operation:
    """Something that a person may do here, `<resource>.<verb>`; a `Role`, a `Scope`."""

    name: str
    role: str
    scope: str

    @property
    def roles(self) -> tuple[str, ...]:
        """All that may, the least one first."""
        return RANKS[RANKS.index(self.role) :]


AUDIT_READ = Operation("audit.read", Role.ADMIN, Scope.AUDIT_READ)

ORGANIZATION_READ = Operation("organization.read", Role.VIEWER, Scope.ORGANIZATION_READ)
ORGANIZATION_UPDATE = Operation("organization.update", Role.OWNER, Scope.ORGANIZATION_WRITE)
ORGANIZATION_DELETE = Operation("organization.delete", Role.OWNER, Scope.ORGANIZATION_WRITE)
ORIGINS_UPDATE = Operation("origins.update", Role.OWNER, Scope.ORGANIZATION_WRITE)

MEMBERS_READ = Operation("members.read", Role.VIEWER, Scope.MEMBERS_READ)
MEMBERS_UPDATE = Operation("members.update", Role.ADMIN, Scope.MEMBERS_WRITE)
MEMBERS_REMOVE = Operation("members.remove", Role.ADMIN, Scope.MEMBERS_WRITE)
MEMBERS_LEAVE = Operation("members.leave", Role.VIEWER, Scope.MEMBERS_WRITE)

INVITATIONS_READ = Operation("invitations.read", Role.ADMIN, Scope.MEMBERS_READ)
INVITATIONS_CREATE = Operation("invitations.create", Role.ADMIN, Scope.MEMBERS_WRITE)
INVITATIONS_RESEND = Operation("invitations.resend", Role.ADMIN, Scope.MEMBERS_WRITE)
INVITATIONS_REVOKE = Operation("invitations.revoke", Role.ADMIN, Scope.MEMBERS_WRITE)

TOKENS_READ = Operation("tokens.read", Role.VIEWER, Scope.TOKENS_READ)
TOKENS_CREATE = Operation("tokens.create", Role.VIEWER, Scope.TOKENS_WRITE)
TOKENS_REVOKE = Operation("tokens.revoke", Role.VIEWER, Scope.TOKENS_WRITE)
ALL_TOKENS_READ = Operation("all_tokens.read", Role.ADMIN, Scope.TOKENS_READ)
ALL_TOKENS_REVOKE = Operation("all_tokens.revoke", Role.ADMIN, Scope.TOKENS_WRITE)

OPERATIONS = (
    AUDIT_READ,
    ORGANIZATION_READ,
    ORGANIZATION_UPDATE,
    ORGANIZATION_DELETE,
    ORIGINS_UPDATE,
    MEMBERS_READ,
    MEMBERS_UPDATE,
    MEMBERS_REMOVE,
    MEMBERS_LEAVE,
    INVITATIONS_READ,
    INVITATIONS_CREATE,
    INVITATIONS_RESEND,
    INVITATIONS_REVOKE,
    TOKENS_READ,
    TOKENS_CREATE,
    TOKENS_REVOKE,
    ALL_TOKENS_READ,
    ALL_TOKENS_REVOKE,
)


def scopes_of(role: str) -> frozenset[str]:
    """All that a role has any use for, by the joined table of all apps."""
    table: Iterable[Operation] = import_string(settings.OPERATION_TABLE)
    return frozenset(str(each.scope) for each in table if role in each.roles)
