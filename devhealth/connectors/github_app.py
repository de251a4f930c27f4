"""Tokens of a GitHub App's installation. Source: docs.github.com/apps, "Authenticating".

    token = Installation("https://api.github.com", app="Iv1.8a61", installation=7, key=pem)
    client = Client("https://api.github.com", auth=Refreshing(token), …)

The App signs who it is with its private key, for some minutes, and gets a token for an hour; the
token is renewed in time, and when GitHub refuses it. Neither is ever part of a text or a `repr`.
"""

import base64
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from devhealth.errors import Permanent, Transient
from devhealth.http import Guard, SystemClock, Unauthorized
from devhealth.http.posting import posted

Sign = Callable[[bytes], bytes]
Exchange = Callable[[str, str], Awaitable[tuple[int, Any]]]
"""(address, signed name) → status and JSON of a POST."""

_AGE = 60  # seconds that our clock may be ahead of GitHub's
_LIFE = 540  # seconds; GitHub takes up to 600
_EARLY = 300.0  # seconds before its end at which a token is renewed


@dataclass(slots=True, kw_only=True)
class Installation:
    """A `Token` for `Refreshing`. `api` is where REST begins; `app` its client id or app id."""

    api: str
    app: str
    installation: int
    sign: Sign = field(repr=False)
    exchange: Exchange = field(repr=False)
    now: Callable[[], float] = SystemClock().now
    _token: str = field(default="", init=False, repr=False)
    _until: float = field(default=0.0, init=False)

    async def __call__(self, *, is_rejected: bool) -> str:
        """Raises Unauthorized where the App may not have one, Transient where GitHub gives none."""
        if is_rejected or self.now() >= self._until - _EARLY:
            self._token, self._until = await self._asked()
        return self._token

    async def _asked(self) -> tuple[str, float]:
        address = f"{self.api.rstrip('/')}/app/installations/{self.installation}/access_tokens"
        status, answer = await self.exchange(address, signed(self.app, self.now(), self.sign))
        if status in (401, 403, 404):
            raise Unauthorized(
                "GitHub",
                status,
                f"it refused the App's installation {self.installation}; check its id and key, and "
                "that it is still installed.",
            )
        try:
            return answer["token"], datetime.fromisoformat(answer["expires_at"]).timestamp()
        except (KeyError, TypeError, ValueError) as error:
            raise Transient(f"GitHub answered {status} without a token: try later.") from error


def signed(app: str, now: float, sign: Sign) -> str:
    """RFC 7519, RS256: who asks, from a minute ago for ten minutes."""
    issued = int(now) - _AGE
    claims = {"iat": issued, "exp": issued + _AGE + _LIFE, "iss": app}
    parts = ({"alg": "RS256", "typ": "JWT"}, claims)
    text = ".".join(_packed(json.dumps(each).encode()) for each in parts)
    return f"{text}.{_packed(sign(text.encode()))}"


def signer(pem: str) -> Sign:
    """RSA with SHA-256 by the App's private key. Raises Permanent for what is no such key."""
    try:
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import padding, rsa
    except ImportError as error:
        raise Permanent("A GitHub App needs the package `cryptography`: install it.") from error
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise Permanent("The App's private key cannot be read: paste the whole file.") from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise Permanent("The App's private key is no RSA key: take the one that GitHub made.")
    return lambda text: key.sign(text, padding.PKCS1v15(), hashes.SHA256())


def posting(guard: Guard, headers: Mapping[str, str]) -> Exchange:
    """Over the network, to addresses that the guard allows."""

    async def post(address: str, name: str) -> tuple[int, Any]:
        sent = {**headers, "authorization": f"Bearer {name}"}
        return await posted(address, headers=sent, guard=guard)

    return post


def _packed(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()
