"""GraphQL: who asks. What their organisation may do stands beside it in `apps.billing.schema`."""

from typing import Self

import strawberry

from apps.orgs.services import Member


@strawberry.type(name="Organization", description="A tenant.")
class OrganizationNode:
    id: strawberry.ID
    slug: str = strawberry.field(description="First label of its host name.")
    name: str


@strawberry.type(description="The person that the token acts for, and where.")
class Viewer:
    id: strawberry.ID
    email: str
    role: str = strawberry.field(description="owner, admin, member or viewer.")
    organization: OrganizationNode

    @classmethod
    def of(cls, member: Member) -> Self:
        organization = member.organization
        return cls(
            id=strawberry.ID(str(member.user.id)),
            email=member.user.email,
            role=member.role,
            organization=OrganizationNode(
                id=strawberry.ID(str(organization.id)),
                slug=organization.slug,
                name=organization.name,
            ),
        )
