"""Who may do what: an operation, the least role that may, the scope that its token needs.

Each app declares its own as constants and as one tuple; `config/operations.py` joins them.
"""

from dataclasses import dataclass

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

OPERATIONS = (AUDIT_READ,)
