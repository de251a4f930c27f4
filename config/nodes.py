"""`node`: a thing of any kind by its one id."""

from collections.abc import Mapping

import strawberry
from strawberry.types import Info

from apps import global_ids
from apps.cost import Cost
from apps.errors import NotFound
from apps.global_ids import GlobalNode, Read
from apps.metrics.graphql import node_kinds
from apps.orgs.services import Member
from apps.pipeline import schema as pipeline

KINDS: Mapping[str, Read] = {**node_kinds.NODES, **pipeline.NODES}


def read_node(info: Info, id: strawberry.ID, org_id: str | None = None) -> GlobalNode | None:
    by: Member = info.context.member
    by.require_claim(org_id)
    kind, key = global_ids.read(id)
    try:
        found: GlobalNode | None = KINDS[kind](key, by)
    except NotFound:
        return None
    return found


@strawberry.type
class NodeQuery:
    node: GlobalNode | None = strawberry.field(
        resolver=read_node,
        description="What a `globalId` names. Null: there is none of yours any more.",
        metadata={"cost": Cost(questions=2)},
    )
