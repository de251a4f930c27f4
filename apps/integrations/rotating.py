"""Keys change without anybody noticing: what an older key has sealed is sealed by the newest."""

from uuid import UUID

from django.db import transaction
from django_tenants.utils import tenant_context

from apps.inbound import endpoints
from apps.integrations.models import Credential
from apps.integrations.sealing import resealed
from apps.notify import sealing as webhooks
from apps.orgs.models import Organization
from apps.secret_keys import is_by_newest_key


def rotate(organization: Organization) -> int:
    """How many secrets were sealed anew: of credentials, and of webhooks in both directions.

    Raises `CannotOpen` for one whose key is missing. Each in a transaction of its own, so that it
    may be cut short and run again at any time.
    """
    with tenant_context(organization):
        ids = list(Credential.objects.values_list("integration_id", flat=True))
        credentials = sum(_rotate(id) for id in ids)
        return credentials + endpoints.rotate(organization.pk) + webhooks.rotate(organization.pk)


def _rotate(integration_id: UUID) -> bool:
    with transaction.atomic():
        row = Credential.objects.select_for_update().filter(integration=integration_id).first()
        if row is None or is_by_newest_key(row.sealed):
            return False
        row.sealed = resealed(integration_id, row.sealed)
        row.save(update_fields=["sealed"])
    return True
