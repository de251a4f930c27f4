"""A process whose threads all need a token at once: ORGANIZATION INTEGRATION THREADS HOW.

It says "ready", and goes on when it is told to.
"""

import asyncio
import json
import sys
from threading import Barrier
from uuid import UUID

import django

django.setup()

from django_tenants.utils import get_tenant_model, tenant_context  # noqa: E402

from apps.integrations.models import Integration  # noqa: E402
from apps.integrations.refreshing import Grant  # noqa: E402
from apps.integrations.sealing import opened  # noqa: E402
from tests.tenants import in_threads  # noqa: E402


def renew(organization_id: UUID, integration_id: UUID, threads: int, refused: bool) -> list[str]:
    """What each thread is given, all by what was stored before anybody asked."""
    organization = get_tenant_model().objects.get(pk=organization_id)
    with tenant_context(organization):
        secret = opened(Integration.objects.select_related("credential").get(pk=integration_id))
    together = Barrier(threads)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()

    def ask(number: int) -> list[str]:
        grant = Grant(
            schema_name=organization.schema_name, integration_id=integration_id, secret=secret
        )
        together.wait()
        return [asyncio.run(grant(is_rejected=refused))]

    return in_threads(ask, threads)


if __name__ == "__main__":
    organization, integration, threads, refused = sys.argv[1:]
    given = renew(UUID(organization), UUID(integration), int(threads), refused == "refused")
    sys.stdout.write(json.dumps(given))
