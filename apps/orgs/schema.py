"""GraphQL: `viewer`."""

import strawberry
from strawberry.types import Info

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


def viewer_of(member: Member) -> Viewer:
    organization = member.organization
    return Viewer(
        id=strawberry.ID(str(member.user.id)),
        email=member.user.email,
        role=member.role,
        organization=OrganizationNode(
            id=strawberry.ID(str(organization.id)),
            slug=organization.slug,
            name=organization.name,
        ),
    )


@strawberry.type
class OrgsQuery:
    @strawberry.field(description="Who asks.")
    def viewer(self, info: Info) -> Viewer:
        return viewer_of(info.context.member)
