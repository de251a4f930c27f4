"""What a credential holds, and how it lies in its row: sealed for its organisation and itself."""

import json
import time
from dataclasses import asdict, dataclass
from uuid import UUID

from django.db import connection

from apps.integrations.models import Integration
from apps.secret_keys import seal, unseal
from devhealth.errors import Permanent

EARLY = 60.0  # seconds before its end at which a token is renewed


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """Its repr tells nothing of it.

    refresh       what gets the next token. '': nothing does
    until         when the token ends, in seconds of the epoch. 0: nobody has said
    client_id     with `client_secret`: of the organisation's own app. '': it is the operator's
    installation  of a GitHub App: it is all that is needed, there is no token
    """

    token: str = ""
    email: str = ""
    refresh: str = ""
    until: float = 0.0
    client_id: str = ""
    client_secret: str = ""
    installation: int = 0

    def __repr__(self) -> str:
        return "Secret(…)"

    def is_old(self) -> bool:
        """Whether the token has ended, or is about to."""
        return bool(self.until) and time.time() >= self.until - EARLY


def opened(integration: Integration) -> Secret:
    """Raises `CannotOpen`, and `Permanent` for one that was restored without its credential."""
    if (held := integration.held) is None:
        raise Permanent(f"`{integration.name}` has no credential: connect it again.")
    return Secret(**json.loads(unseal(held.sealed, about=_row(integration.pk))))


def sealed(integration_id: UUID, secret: Secret) -> str:
    return seal(json.dumps(asdict(secret)), about=_row(integration_id))


def resealed(integration_id: UUID, text: str) -> str:
    """The same by the newest key. Raises `CannotOpen`."""
    about = _row(integration_id)
    return seal(unseal(text, about=about), about=about)


def _row(integration_id: UUID) -> str:
    """Of which organisation, too: a copy in another one's schema opens nothing."""
    return f"{connection.schema_name}:credential:{integration_id}"
