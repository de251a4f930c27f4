"""The way from the async library back to Django: a service in a thread, inside the tenant."""

import asyncio
from collections.abc import Callable
from contextvars import copy_context
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from django.db import connection
from django_tenants.utils import get_tenant_model, tenant_context

from apps.queue.work import Work

P = ParamSpec("P")
T = TypeVar("T")


async def inside(work: Work, service: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """`inside_organization` of a unit of work.

    Raises what the service raises, and `Interrupted` if the work is no longer ours to do.
    """
    work.checkpoint()
    return await inside_organization(work.organization_id, service, *args, **kwargs)


async def inside_organization(
    organization_id: UUID, service: Callable[P, T], *args: P.args, **kwargs: P.kwargs
) -> T:
    """What the service returns, run in the organisation on a connection of its own.

    It commits by itself: what it wrote stands, whatever becomes of the work. Raises what the
    service raises.
    """
    context = copy_context()

    def called() -> T:
        return context.run(_entered, organization_id, service, *args, **kwargs)

    return await asyncio.to_thread(called)


def _entered(organization_id: UUID, service: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    try:
        organization = get_tenant_model().objects.get(pk=organization_id)
        with tenant_context(organization):
            return service(*args, **kwargs)
    finally:
        connection.close()  # the thread is asyncio's; nobody would ever close it
