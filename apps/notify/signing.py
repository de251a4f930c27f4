"""Signatures of the Standard Webhooks format (standardwebhooks.com), and the secrets they need."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from uuid import UUID

PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    """`whsec_` and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def headers(message_id: UUID, at: int, body: bytes, by: Iterable[str]) -> dict[str, str]:
    """What a receiver verifies by. `at`: seconds of the epoch; `by`: a signature by each secret."""
    signatures = (_signature(secret, f"{message_id}.{at}.".encode() + body) for secret in by)
    return {
        "content-type": "application/json",
        "webhook-id": str(message_id),
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(f"v1,{each}" for each in signatures),
    }


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
