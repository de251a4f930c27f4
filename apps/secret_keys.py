"""Secrets at rest: AES-256-GCM under keys of the operator's own, bound to what they are about.

`DEVHEALTH_ENCRYPTION_KEYS` is a list of `id:key` (32 bytes, base64): the first seals, all open.
A sealed text is `v1.<key id>.<nonce and ciphertext>`; it opens only for the same `about`, so that
one that is copied to another row opens nothing.
"""

import base64
import binascii
import secrets
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from devhealth.errors import Permanent

VERSION = "v1"
NONCE_BYTES = 12
KEY_BYTES = 32


class CannotOpen(Permanent):
    """A sealed secret whose key is gone, that was changed, or that is of something else."""


def seal(secret: str, *, about: str) -> str:
    """By the first key. `about` names the row that it stays with."""
    id, key = next(iter(_keys(settings.ENCRYPTION_KEYS).items()))
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = nonce + AESGCM(key).encrypt(nonce, secret.encode(), _bound(id, about))
    return f"{VERSION}.{id}.{base64.urlsafe_b64encode(sealed).decode()}"


def unseal(sealed: str, *, about: str) -> str:
    """Raises `CannotOpen`, whatever is wrong."""
    try:
        version, id, text = sealed.split(".")
        raw = base64.urlsafe_b64decode(text)
        key = _keys(settings.ENCRYPTION_KEYS)[id]
        if version != VERSION:
            raise ValueError(version)
        nonce, hidden = raw[:NONCE_BYTES], raw[NONCE_BYTES:]
        return AESGCM(key).decrypt(nonce, hidden, _bound(id, about)).decode()
    except (ValueError, KeyError, InvalidTag) as error:
        raise CannotOpen(
            "A stored secret cannot be opened: its key is missing from DEVHEALTH_ENCRYPTION_KEYS, "
            "or it was changed. Put the key back, or connect again."
        ) from error


def is_by_newest_key(sealed: str) -> bool:
    """Whether rotating would leave it as it is."""
    return sealed.split(".")[1:2] == [next(iter(_keys(settings.ENCRYPTION_KEYS)))]


def new_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()


@cache
def _keys(told: tuple[str, ...]) -> dict[str, bytes]:
    """By id, in their order. Raises `ImproperlyConfigured`."""
    found = {}
    for each in told:
        id, _, text = each.partition(":")
        try:
            found[id] = base64.urlsafe_b64decode(text)
        except (binascii.Error, ValueError):
            found[id] = b""
        if not id.isalnum() or len(found[id]) != KEY_BYTES:
            raise ImproperlyConfigured(
                "DEVHEALTH_ENCRYPTION_KEYS is a comma separated list of id:key, letters and digits "
                "before the colon, 32 bytes in base64 after it."
            )
    if not found:
        raise ImproperlyConfigured("Set DEVHEALTH_ENCRYPTION_KEYS: secrets are stored under them.")
    return found


def _bound(id: str, about: str) -> bytes:
    return f"{VERSION}.{id}.{about}".encode()
