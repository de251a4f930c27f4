"""Whose pages in browsers may ask an organisation's API: a list of exact origins.

A page brings a token of its own: our cookies count for no API, and are never asked for.
"""

import hashlib
from collections.abc import Sequence
from urllib.parse import urlsplit

from django.db import transaction

from apps.errors import PreconditionFailed, PreconditionRequired, Unprocessable
from apps.orgs import audit, operations
from apps.orgs.members import Member
from apps.orgs.models import Organization

MOST = 20
LOCAL = ("localhost", "127.0.0.1")
DEFAULT_PORTS = {"https": 443, "http": 80}
ADVICE = (
    "An origin as browsers send it: https://app.example.com, with a port if it is not 443; http "
    "only of localhost. No path, no slash at the end, no `*`."
)


def read(*, by: Member) -> list[str]:
    """In order."""
    by.require(operations.ORGANIZATION_READ)
    return list(by.organization.allowed_origins)


def replace(
    origins: Sequence[str], *, by: Member, unless_changed_since: str | None = ""
) -> list[str]:
    """Exactly these from the next request on. Raises `Unprocessable` for what is no origin.

    unless_changed_since  a `version_of`; '': whichever it is; None: `PreconditionRequired`
    """
    by.require(operations.ORIGINS_UPDATE)
    if unless_changed_since is None:
        raise PreconditionRequired
    named = sorted({each.strip().lower() for each in origins})
    _require_origins(named)
    with transaction.atomic():
        rows = Organization.objects.select_for_update(no_key=True)
        organization = rows.get(id=by.organization.id)
        before = list(organization.allowed_origins)
        if unless_changed_since and unless_changed_since != version_of(before):
            raise PreconditionFailed
        organization.allowed_origins = named
        organization.save(update_fields=["allowed_origins"])
        audit.record(
            by,
            operations.ORIGINS_UPDATE,
            target=f"organization:{organization.pk}",
            before={"allowed_origins": before},
            after={"allowed_origins": named},
        )
    return named


def version_of(origins: Sequence[str]) -> str:
    """What `If-Match` is held against."""
    return hashlib.sha256("\0".join(origins).encode()).hexdigest()[:16]


def _require_origins(named: Sequence[str]) -> None:
    if len(named) > MOST:
        raise Unprocessable(f"At most {MOST} origins.", code="too_many_origins")
    for each in named:
        if not is_origin(each):
            raise Unprocessable(
                f"`{each}` is no origin. {ADVICE}",
                code="invalid_origin",
                errors=[{"pointer": "/body/origins", "detail": ADVICE}],
            )


def is_origin(text: str) -> bool:
    """Of https, or of this machine; written as browsers write it."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if port == DEFAULT_PORTS.get(parts.scheme) or not _is_host(host):
        return False
    is_secure = parts.scheme == "https" or (
        parts.scheme == "http" and (host in LOCAL or host.endswith(".localhost"))
    )
    return is_secure and text == f"{parts.scheme}://{host}{f':{port}' if port else ''}"


def _is_host(host: str) -> bool:
    """ASCII, as browsers send names of other alphabets, too."""
    return bool(host) and all(each.isascii() and (each.isalnum() or each in "-.") for each in host)
