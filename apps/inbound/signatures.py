"""Whether a provider has said it: by the raw bytes, in constant time.

GitHub, Jira  `X-Hub-Signature-256`, `X-Hub-Signature`: HMAC-SHA256 of the body, in hex
GitLab        `webhook-signature`: Standard Webhooks (id, timestamp and body), where the hook has a
              signing token; else `X-Gitlab-Token`: the secret itself
Source: docs.github.com, developer.atlassian.com, docs.gitlab.com, standardwebhooks.com.
"""

import hmac
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from apps import standard_webhooks

KEY_BYTES: Final = 32
SKEW: Final = timedelta(minutes=5)  # of a timestamp that is signed along

_HEADERS: Final = {"github": "X-Hub-Signature-256", "jira": "X-Hub-Signature"}


def new_secret(provider: str) -> str:
    """As its settings take it; GitLab's is both a secret token and a signing token."""
    if provider == "gitlab":
        return standard_webhooks.new_secret()
    return secrets.token_urlsafe(KEY_BYTES)


def is_signed(
    provider: str,
    known: Iterable[str],
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
) -> bool:
    """By any of the secrets. Without a secret nothing is."""
    judge = _gitlab if provider == "gitlab" else _hub
    told = headers if provider == "gitlab" else {"": headers.get(_HEADERS[provider], "")}
    return any(judge(secret, told, body, now) for secret in known if secret)


def _hub(secret: str, told: Mapping[str, str], body: bytes, now: datetime) -> bool:
    expected = "sha256=" + hmac.new(secret.encode(), body, sha256).hexdigest()
    return _are_same(told[""], expected)


def _gitlab(secret: str, told: Mapping[str, str], body: bytes, now: datetime) -> bool:
    """A signature that is there decides; a wrong one is not made good by the token."""
    if signatures := told.get("webhook-signature", ""):
        return _is_standard(secret, told, signatures, body, now)
    return _are_same(told.get("X-Gitlab-Token", ""), secret)


def _is_standard(
    secret: str, told: Mapping[str, str], signatures: str, body: bytes, now: datetime
) -> bool:
    sent_at, event_id = told.get("webhook-timestamp", ""), told.get("webhook-id", "")
    if not sent_at.isascii() or not sent_at.isdecimal() or len(sent_at) > len(str(10**12)):
        return False
    if abs(now.timestamp() - int(sent_at)) > SKEW.total_seconds():
        return False
    expected = standard_webhooks.signature(secret, event_id, int(sent_at), body)
    return any([_are_same(each, expected) for each in signatures.split()])


def _are_same(told: str, expected: str) -> bool:
    return hmac.compare_digest(told.encode(), expected.encode())
