"""The way from the async library back to Django: a service in a thread, inside the tenant."""

import asyncio
from collections.abc import Callable, Mapping
from contextvars import copy_context
from typing import Any, ParamSpec, TypeVar

from django.db import connection
from django_tenants.utils import get_tenant_model, tenant_context

from apps.queue.work import Work

P = ParamSpec("P")
T = TypeVar("T")


async def inside(work: Work, service: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What the service returns, run in the work's organisation on a connection of its own.

    It commits by itself: what it wrote stands, whatever becomes of the work. Raises what the
    service raises, and `Interrupted` if the work is no longer ours to do.
    """
    work.checkpoint()
    return await _in_a_thread({"pk": work.organization_id}, service, *args, **kwargs)


async def inside_schema(
    schema_name: str, service: Callable[P, T], *args: P.args, **kwargs: P.kwargs
) -> T:
    """The same in the organisation of this schema, where there is no work: in a request, say."""
    return await _in_a_thread({"schema_name": schema_name}, service, *args, **kwargs)


async def _in_a_thread(
    where: Mapping[str, Any], service: Callable[P, T], *args: P.args, **kwargs: P.kwargs
) -> T:
    context = copy_context()

    def called() -> T:
        return context.run(_entered, where, service, *args, **kwargs)

    return await asyncio.to_thread(called)


def _entered(
    where: Mapping[str, Any], service: Callable[..., Any], *args: Any, **kwargs: Any
) -> Any:
    try:
        organization = get_tenant_model().objects.get(**where)
        with tenant_context(organization):
            return service(*args, **kwargs)
    finally:
        connection.close()  # the thread is asyncio's; nobody would ever close it
