"""What a browser's login keeps between requests, sealed: a second factor that is being set up, say.

`settings.SESSION_ENGINE` names this module.
"""

from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from apps.secret_keys import CannotOpen, seal, unseal

ABOUT = "browser session"


class SessionStore(DatabaseStore):
    """Django's, in PostgreSQL. What no key opens is empty: whose it was logs in again."""

    def encode(self, session_dict: dict[str, Any]) -> str:
        return seal(super().encode(session_dict), about=ABOUT)

    def decode(self, session_data: str) -> dict[str, Any]:
        try:
            signed = unseal(session_data, about=ABOUT)
        except CannotOpen:
            return {}
        kept: dict[str, Any] = super().decode(signed)
        return kept
