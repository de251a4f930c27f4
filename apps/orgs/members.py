"""Who asks."""

from dataclasses import dataclass

from apps.errors import Forbidden, NotFound
from apps.orgs.models import ApiToken, Organization, User
from apps.orgs.operations import Operation


@dataclass(frozen=True, slots=True)
class Member:
    """Who asks: a person in the role that they have in one organisation, by a token."""

    organization: Organization
    user: User
    role: str
    token: ApiToken

    def require(self, operation: Operation) -> None:
        """Raises `Forbidden` unless the token was made for this and the role may do it."""
        if operation.scope not in self.token.scopes:
            raise Forbidden(
                f"This token lacks the scope `{operation.scope}`.", code="missing_scope"
            )
        if self.role not in operation.roles:
            raise Forbidden(
                f"`{operation.name}` is for the role {' or '.join(operation.roles)}; "
                f"you are {self.role} of this organisation.",
                code="missing_role",
            )

    def require_claim(self, organization_id: str | None) -> None:
        """An organisation named beside the token must be the token's. Raises `NotFound`."""
        require_claim(self.organization, organization_id)


def require_claim(organization: Organization, claim: str | None) -> None:
    """A claim is the organisation's id or says nothing; anything else is `NotFound`."""
    if claim and claim.strip().lower() != str(organization.id):
        raise NotFound("You have no organisation of this id.", code="unknown_organization")
