"""Who asks."""

from collections.abc import Set
from dataclasses import dataclass
from uuid import UUID

from apps.errors import Forbidden, NotFound
from apps.orgs.models import ApiToken, Organization, Session, User
from apps.orgs.operations import Operation, scopes_of


@dataclass(frozen=True, slots=True)
class Member:
    """Who asks: a person in the role that they have in one organisation.

    token    by which they ask. None: by a browser, which may whatever the role may
    session  that the browser or the token is of. None: it is an API token
    """

    organization: Organization
    user: User
    role: str
    token: ApiToken | None = None
    session: Session | None = None

    @property
    def key(self) -> UUID:
        """Of what they ask by."""
        by: ApiToken | Session | None = self.token or self.session
        if by is None:
            raise TypeError("A member asks by a token or in a session.")
        return by.id

    @property
    def staff_id(self) -> UUID | None:
        """Who of the operator's people acts as the person. None: nobody."""
        return None if self.session is None else self.session.staff_id

    @property
    def scopes(self) -> Set[str]:
        return scopes_of(self.role) if self.token is None else set(self.token.scopes)

    def may(self, operation: Operation) -> bool:
        return operation.scope in self.scopes and self.role in operation.roles

    def require(self, operation: Operation) -> None:
        """Raises `Forbidden` unless the token was made for this and the role may do it."""
        if self.token is not None and operation.scope not in self.scopes:
            raise Forbidden(
                f"This token lacks the scope `{operation.scope}`.", code="missing_scope"
            )
        if self.role not in operation.roles:
            raise Forbidden(
                f"`{operation.name}` is for the role {' or '.join(operation.roles)}; "
                f"you are {self.role} of this organisation.",
                code="missing_role",
            )

    def require_in_person(self) -> None:
        """Raises `Forbidden` for staff who act as the person."""
        if self.staff_id is not None:
            raise Forbidden(
                "Staff who act as somebody may not do this: it is for that person alone.",
                code="in_person_only",
            )

    def require_claim(self, organization_id: str | None) -> None:
        """An organisation named beside the token must be the token's. Raises `NotFound`."""
        require_claim(self.organization, organization_id)


def require_claim(organization: Organization, claim: str | None) -> None:
    """A claim is the organisation's id or says nothing; anything else is `NotFound`."""
    if claim and claim.strip().lower() != str(organization.id):
        raise NotFound("You have no organisation of this id.", code="unknown_organization")
