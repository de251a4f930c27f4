"""GraphQL: `viewer`, and what their organisation may have and do."""

from datetime import datetime

import strawberry
from strawberry.types import Info

from apps.billing import entitlements
from apps.billing.entitlements import LIMIT_TEXTS, TEXTS
from apps.cost import Cost
from apps.orgs import schema as orgs

QUESTIONS = 8  # that entitlements are read by, Redis included


@strawberry.type(name="Limit", description="One limit of the organisation's.")
class LimitNode:
    name: str
    limit: int | None = strawberry.field(description=LIMIT_TEXTS["limit"])
    used: int | None = strawberry.field(description=LIMIT_TEXTS["used"])
    left: int | None = strawberry.field(description=LIMIT_TEXTS["left"])
    is_own: bool = strawberry.field(description=LIMIT_TEXTS["is_own"])


@strawberry.type(name="Entitlements", description="Every limit, and where they come from.")
class EntitlementsNode:
    tier: str = strawberry.field(description=TEXTS["tier"])
    source: str = strawberry.field(description=TEXTS["source"])
    state: str = strawberry.field(description=TEXTS["state"])
    period_end: datetime | None = strawberry.field(description=TEXTS["period_end"])
    limits: list[LimitNode]


@strawberry.type(description="The person that the token acts for, and where.")
class Viewer(orgs.Viewer):
    @strawberry.field(
        description="What the organisation may have and do. It takes `billing:read`.",
        metadata={"cost": Cost(questions=QUESTIONS)},
    )
    def entitlements(self, info: Info) -> EntitlementsNode:
        found = entitlements.entitlements(by=info.context.member)
        told = {name: getattr(found.plan, name) for name in TEXTS}
        return EntitlementsNode(**told, limits=[limit_node(each) for each in found.limits])


def limit_node(limit: entitlements.Limit) -> LimitNode:
    return LimitNode(
        name=limit.name,
        limit=limit.limit,
        used=limit.used,
        left=limit.left,
        is_own=limit.is_own,
    )


@strawberry.type
class BillingQuery:
    @strawberry.field(description="Who asks.")
    def viewer(self, info: Info) -> Viewer:
        return Viewer.of(info.context.member)
