"""States of OAuth: kept when a browser leaves for a provider, taken once when it comes back."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from apps.errors import Forbidden
from apps.inbound.models import OAuthState
from apps.orgs.models import Organization
from apps.secret_keys import seal, unseal

LIFE = timedelta(minutes=10)
INVALID = (
    "This way back was used, is older than ten minutes, or belongs to another browser or "
    "organisation: begin again where you wanted to connect."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Browser:
    """Who begins, and who comes back: one session of one organisation."""

    organization_id: UUID
    session_id: UUID


def keep(browser: Browser, held: str, **fields: Any) -> str:
    """A state's text. `held` lies sealed; what was never taken and is too old is forgotten."""
    OAuthState.objects.filter(expires_at__lte=timezone.now()).delete()
    text = secrets.token_urlsafe(32)
    OAuthState.objects.create(
        digest=_digest(text),
        organization_id=browser.organization_id,
        session_id=browser.session_id,
        sealed=seal(held, about=_about(browser.organization_id, text)),
        expires_at=timezone.now() + LIFE,
        **fields,
    )
    return text


def organization_of(text: str) -> Organization:
    """Whose state it is, which stays good. Raises `Forbidden`."""
    ids = OAuthState.objects.filter(digest=_digest(text), expires_at__gt=timezone.now())
    found: Organization | None = Organization.objects.filter(
        id__in=list(ids.values_list("organization_id", flat=True))
    ).first()
    if found is None:
        raise Forbidden(INVALID, code="invalid_state")
    return found


def take(text: str, purpose: str, browser: Browser) -> tuple[OAuthState, str]:
    """The row and what it held; nobody takes it again. Raises `Forbidden`, whatever is wrong.

    A stranger who tries takes nothing away.
    """
    where: Mapping[str, Any] = {
        "digest": _digest(text),
        "purpose": purpose,
        "organization": browser.organization_id,
        "session": browser.session_id,
        "now": timezone.now(),
    }
    rows = list(OAuthState.objects.raw(_TAKE, where))
    if not rows:
        raise Forbidden(INVALID, code="invalid_state")
    return rows[0], unseal(rows[0].sealed, about=_about(browser.organization_id, text))


_TAKE = """
delete from inbound_oauthstate
where digest = %(digest)s and purpose = %(purpose)s and organization_id = %(organization)s
  and session_id = %(session)s and expires_at > %(now)s
returning *
"""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _about(organization_id: UUID, text: str) -> str:
    return f"oauth-state:{organization_id}:{_digest(text)}"
