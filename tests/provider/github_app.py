"""A GitHub App's side of a `Peer`: installations, whose they are, and their tokens."""

from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.provider.exchange import Asked, Told
from tests.provider.oauth import OAuth

SLUG = "devhealth-app"
ORGANIZATION = {"login": "acme", "id": 100, "type": "Organization"}
ADA = {"login": "ada", "id": 7, "type": "User"}


def private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(*pem, serialization.NoEncryption()).decode()


@dataclass
class Installations:
    """`seen`: what the person sees, account by number; `role`: theirs in the organisation."""

    oauth: OAuth
    seen: dict[int, Any] = field(default_factory=lambda: {41: ORGANIZATION})
    role: str = "admin"
    gone: bool = False
    """Uninstalled."""

    def __post_init__(self) -> None:
        route = self.oauth.peer.route
        route("GET", "/api/v3/user/installations", self._seen)
        route("GET", "/api/v3/user/memberships/orgs/acme", self._membership)
        route("POST", "/api/v3/app/installations/{id}/access_tokens", self._token)
        route("GET", "/api/v3/installation/repositories", self._repositories)

    def app(self, key: str) -> dict[str, str]:
        """As `PROVIDER_APPS` has it."""
        return self.oauth.app(app_id="7", key=key, slug=SLUG)

    def _seen(self, asked: Asked) -> Any:
        found = [{"id": number, "account": account} for number, account in self.seen.items()]
        return self.oauth.opened(asked, {"total_count": len(found), "installations": found})

    def _membership(self, asked: Asked) -> Any:
        return self.oauth.opened(asked, {"role": self.role, "state": "active"})

    def _token(self, asked: Asked) -> Told:
        if self.gone:
            return Told(status=404, json={})
        token = f"canary-installation-{asked.fields['id']}"
        self.oauth.live.add(token)
        return Told(status=201, json={"token": token, "expires_at": "2100-01-01T00:00:00Z"})

    def _repositories(self, asked: Asked) -> Any:
        if "canary-installation" not in asked.headers.get("authorization", ""):
            return Told(status=403, json={})
        found = {"full_name": "acme/api", "owner": ORGANIZATION, "private": True}
        return self.oauth.opened(asked, {"total_count": 1, "repositories": [found]})
