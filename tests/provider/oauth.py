"""A provider's OAuth on a `Peer`, in the dialect of GitHub, GitLab or Jira Cloud.

Codes are good once, for the callback and the PKCE verifier that they were asked with; refresh
tokens are burned when they are used; what is burned or revoked opens nothing.
"""

import base64
import hashlib
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx

from tests.provider.exchange import Asked, Told
from tests.provider.peer import Peer

PATHS = {
    "github": ("/login/oauth/authorize", "/login/oauth/access_token"),
    "gitlab": ("/oauth/authorize", "/oauth/token"),
    "jira": ("/authorize", "/oauth/token"),
}
ACCOUNTS = {
    "github": ("/api/v3/user", {"login": "ada", "id": 7}),
    "gitlab": ("/api/v4/user", {"username": "ada"}),
    "jira": ("/ex/jira/{cloud}/rest/api/3/myself", {"emailAddress": "ada@acme.dev"}),
}
SITES = [
    {"id": "c-1", "url": "https://acme.atlassian.net", "name": "acme", "scopes": None},
    {"id": "c-2", "url": "https://lab.atlassian.net", "name": "lab", "scopes": None},
]


@dataclass
class OAuth:
    """`counts` of exchanges, renewals, reuses of burned tokens and revocations."""

    peer: Peer
    provider: str
    callback: str = "http://localhost:8000/oauth/callback"
    client_id: str = "the-client"
    client_secret: str = "canary-of-the-apps-secret"
    life: int = 7200
    """Seconds of an access token. 0: it lasts, and has no refresh token."""
    scopes: str | None = None
    """What people allow. Null: all that is asked for."""
    sites: list[Any] = field(default_factory=lambda: SITES[:1])
    counts: Counter[str] = field(default_factory=Counter)
    live: set[str] = field(default_factory=set)
    """Access tokens that open something."""
    instead: list[Told] = field(default_factory=list)
    """What is answered for a token, one after the other, before anything is done."""
    _codes: dict[str, Any] = field(default_factory=dict)
    _refreshes: dict[str, str] = field(default_factory=dict)
    _number: int = 0
    _turn: Any = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        authorize, token = PATHS[self.provider]
        account, told = ACCOUNTS[self.provider]
        route = self.peer.route
        route("GET", authorize, self._authorize)
        route("POST", token, self._token)
        route("GET", account, lambda asked: self.opened(asked, told))
        route("GET", "/oauth/token/accessible-resources", self._resources)
        route("POST", "/oauth/revoke", lambda asked: self._revoke(asked, asked.json["token"]))
        route(
            "DELETE",
            "/api/v3/applications/{id}/token",
            lambda asked: self._revoke(asked, asked.json["access_token"]),
        )

    def app(self, **more: str) -> dict[str, str]:
        """As `PROVIDER_APPS` has it."""
        url = "" if self.provider == "jira" else self.peer.url
        return {
            "url": url,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
        } | more

    def allow(self, address: str) -> str:
        """A person says yes: where their browser is led to."""
        answer = httpx.get(address, trust_env=False)
        if answer.status_code != 302:
            raise AssertionError(answer.text)
        return answer.headers["Location"]

    def expire(self) -> None:
        """No access token opens anything any more."""
        self.live.clear()

    def burn(self) -> None:
        """No refresh token does, either."""
        self._refreshes.clear()

    def code(self) -> str:
        """As it comes back from installing a GitHub App, where there is no PKCE."""
        code = self._new("code")
        self._codes[code] = {"scope": ""}
        return code

    def _authorize(self, asked: Asked) -> Told:
        query = asked.query
        if query["client_id"] != self.client_id or query["redirect_uri"] != self.callback:
            return Told(status=400, json={"error": "redirect_uri_mismatch"})
        code = self._new("code")
        self._codes[code] = query
        told = urlencode({"code": code, "state": query["state"]})
        return Told(status=302, headers={"Location": f"{self.callback}?{told}"})

    def _token(self, asked: Asked) -> Told:
        form = asked.json
        with self._turn:
            if self.instead:
                return self.instead.pop(0)
            if (form.get("client_id"), form.get("client_secret")) != (
                self.client_id,
                self.client_secret,
            ):
                return self._no("invalid_client")
            if form["grant_type"] == "refresh_token":
                return self._renew(form["refresh_token"])
            return self._exchange(form)

    def _exchange(self, form: dict[str, str]) -> Told:
        began = self._codes.pop(form["code"], None)
        if began is None or form["redirect_uri"] != self.callback:
            return self._no("invalid_grant")
        verifier, challenge = form.get("code_verifier"), began.get("code_challenge")
        if (verifier and _challenge(verifier)) != challenge:
            return self._no("invalid_grant")
        self.counts["exchanged"] += 1
        return self._grant(began["scope"] if self.scopes is None else self.scopes)

    def _renew(self, refresh: str) -> Told:
        if (scope := self._refreshes.pop(refresh, None)) is None:
            self.counts["reused"] += 1
            return self._no("invalid_grant")
        self.counts["renewed"] += 1
        return self._grant(scope)

    def _grant(self, scope: str) -> Told:
        access = self._new("access")
        self.live.add(access)
        told: dict[str, Any] = {"access_token": access, "token_type": "bearer", "scope": scope}
        if self.life:
            refresh = self._new("refresh")
            self._refreshes[refresh] = scope
            told |= {"refresh_token": refresh, "expires_in": self.life}
        return Told(json=told)

    def _no(self, word: str) -> Told:
        """GitHub says it with a 200."""
        body = {"error": word, "error_description": "canary of a description"}
        return Told(status=200 if self.provider == "github" else 400, json=body)

    def opened(self, asked: Asked, told: Any) -> Any:
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        return told if token in self.live else Told(status=401, json={"message": "no"})

    def _resources(self, asked: Asked) -> Any:
        scopes = ["read:jira-work", "read:jira-user"]
        return self.opened(asked, [{**each, "scopes": scopes} for each in self.sites])

    def _revoke(self, asked: Asked, token: str) -> Told:
        pair = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        is_ours = (
            asked.headers.get("authorization") == f"Basic {pair}"
            if self.provider == "github"
            else asked.json.get("client_secret") == self.client_secret
        )
        if not is_ours:
            return Told(status=401, json={})
        self.counts["revoked"] += 1
        self.live.discard(token)
        self._refreshes.pop(token, None)
        return Told(status=200, json={})

    def _new(self, kind: str) -> str:
        self._number += 1
        return f"canary-{kind}-{self._number}-of-{self.provider}"


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
