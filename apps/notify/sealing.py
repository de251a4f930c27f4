"""How an endpoint's secrets lie in its row: sealed for its organisation and itself."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps.notify.models import Endpoint
from apps.secret_keys import is_by_newest_key, seal, unseal

SECRETS = ("sealed", "old_sealed")


def put(endpoint: Endpoint, secret: str) -> None:
    """Into a row that is not saved yet."""
    endpoint.sealed = seal(secret, about=_about(endpoint))


def replace(endpoint: Endpoint, secret: str, now: datetime, overlap: timedelta) -> None:
    """The one before goes on signing for a while; what was before that does not."""
    is_kept = bool(overlap)
    endpoint.old_sealed = endpoint.sealed if is_kept else ""
    endpoint.old_until = now + overlap if is_kept else None
    put(endpoint, secret)


def signing_secrets(endpoint: Endpoint, now: datetime) -> list[str]:
    """Those that sign now, the newest first. Raises `CannotOpen`."""
    sealed = [endpoint.sealed]
    if endpoint.old_until is not None and now < endpoint.old_until:
        sealed.append(endpoint.old_sealed)
    return [unseal(each, about=_about(endpoint)) for each in sealed]


def rotate(organization_id: UUID) -> int:
    """How many secrets were sealed anew, by the newest key. Raises `CannotOpen`.

    Each endpoint in a transaction of its own, so that it may be cut short and run again.
    """
    ids = Endpoint.objects.filter(organization_id=organization_id).values_list("id", flat=True)
    return sum(_rotate(each) for each in list(ids))


def _rotate(endpoint_id: UUID) -> int:
    with transaction.atomic():
        endpoint = Endpoint.objects.select_for_update().filter(id=endpoint_id).first()
        if endpoint is None:
            return 0
        held = {name: getattr(endpoint, name) for name in SECRETS}
        old = {name: text for name, text in held.items() if text and not is_by_newest_key(text)}
        about = _about(endpoint)
        new = {name: seal(unseal(text, about=about), about=about) for name, text in old.items()}
        if new:
            Endpoint.objects.filter(id=endpoint_id).update(**new)
    return len(new)


def _about(endpoint: Endpoint) -> str:
    return f"webhook:{endpoint.organization_id}:{endpoint.pk}"
