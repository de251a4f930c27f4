"""One unit for one worker, at the same cost whatever is pending: `queue_claim` in mechanics.sql.

An organisation's share of the queue is locked first (fewest running, then oldest), then its oldest
due unit, then the slots that it needs, in order of name. Whoever ends a unit locks in the same
order. A unit whose slot is taken is parked until somebody leaves that slot.
"""

import json
import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models.functions import Now
from django_tenants.utils import get_tenant_model

from apps.queue.mechanics import call
from apps.queue.models import WorkUnit
from devhealth.models.states import State

LEASE = timedelta(seconds=15)
WORKER = f"{socket.gethostname()}:{os.getpid()}"

# With the schema to work in, so that nobody has to ask for it. Null: no such organisation.
_CLAIM = """
select claim.*, tenant.schema_name, tenant.ready_at is not null
from public.queue_claim(%s, %s, %s) as claim
left join public.{tenants} tenant on tenant.id = claim.organization
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """A unit as a worker got it."""

    id: int
    organization_id: UUID
    queue: str
    actor: str
    ids: dict[str, Any]
    fence: int
    claimed_at: datetime
    starts: int
    delays: int
    stop_requested: bool
    request_id: str
    slots: list[str]
    is_more_due: bool
    """Whether it left something that another worker could do."""
    schema: str | None
    """The organisation's. Null: there is no such organisation, or it is nobody's work."""
    is_ready: bool
    """Whether that schema has its tables."""


def claim(queue: str) -> Claim | None:
    """The unit that comes next in a queue, now running and leased; None if none is due."""
    tenants = connection.ops.quote_name(get_tenant_model()._meta.db_table)
    rows = call(_CLAIM.format(tenants=tenants), queue, LEASE, WORKER)
    if not rows:
        return None
    unit, organization_id, actor, ids, *rest = rows[0]
    return Claim(unit, organization_id, queue, actor, json.loads(ids), *rest)


def end_pending(unit_id: int, state: State) -> None:
    """End a unit that nobody works on. Its row is locked by the caller."""
    WorkUnit.objects.filter(id=unit_id).update(
        state=state, waits_for=None, finished_at=Now(), stop_requested=False
    )


def begin_again(unit: WorkUnit) -> None:
    """Pending, due now, as if it had never begun. Its row is locked by the caller."""
    WorkUnit.objects.filter(id=unit.id).update(
        state=State.PENDING,
        starts=0,
        delays=0,
        stop_requested=False,
        finished_at=None,
        not_before=Now(),
        waits_for=None,
    )
