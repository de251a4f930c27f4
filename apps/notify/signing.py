"""What a message is sent with, so that its receiver knows whose it is."""

from collections.abc import Iterable
from uuid import UUID

from apps.standard_webhooks import signature


def headers(message_id: UUID, at: int, body: bytes, by: Iterable[str]) -> dict[str, str]:
    """What a receiver verifies by. `at`: seconds of the epoch; `by`: a signature by each secret."""
    signatures = [signature(secret, str(message_id), at, body) for secret in by]
    return {
        "content-type": "application/json",
        "webhook-id": str(message_id),
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(signatures),
    }
