"""What is said to a provider's OAuth: ask people, exchange a code, renew, revoke.

Each takes `PATIENCE` seconds at most: a row is locked meanwhile, and a transaction that rests
longer than 15 s is lost. Nothing here reads or writes the database.
"""

import asyncio
import warnings
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from authlib.deprecate import AuthlibDeprecationWarning
from django.conf import settings

from apps.integrations.provider_apps import ProviderApp
from devhealth.connectors import github
from devhealth.errors import Permanent, Transient
from devhealth.http import Guard
from devhealth.http.addresses import Pinned, system_resolve

# Our guarded transport is httpx's; Authlib would rather have httpx2, and says so at every start.
warnings.simplefilter("ignore", AuthlibDeprecationWarning)
from authlib.integrations.httpx_client import AsyncOAuth2Client, OAuthError  # noqa: E402

PATIENCE = 10.0
METHOD = "client_secret_post"
REFUSED = {"invalid_grant", "bad_verification_code", "bad_refresh_token"}
OUR_FAULT = {
    "incorrect_client_credentials",
    "invalid_client",
    "invalid_request",
    "invalid_scope",
    "redirect_uri_mismatch",
    "unauthorized_client",
    "unsupported_grant_type",
}


class GrantRefused(Permanent):
    """The provider takes this code or refresh token no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """Paths below the site, and what is asked for. `is_proven`: by PKCE (RFC 7636)."""

    authorize: str
    exchange: str
    scopes: tuple[str, ...]
    is_proven: bool = True
    is_lasting: bool = False
    """A grant without a refresh token is good until it is revoked."""
    more: Mapping[str, str] = field(default_factory=dict)


DIALECTS: Final[Mapping[str, Dialect]] = {
    "github": Dialect(
        authorize="/login/oauth/authorize",
        exchange="/login/oauth/access_token",
        scopes=("repo", "read:org"),
        is_lasting=True,
    ),
    "gitlab": Dialect(
        authorize="/oauth/authorize",
        exchange="/oauth/token",
        scopes=("read_api", "read_repository"),
    ),
    "jira": Dialect(
        authorize="/authorize",
        exchange="/oauth/token",
        scopes=("read:jira-work", "read:jira-user", "offline_access"),
        is_proven=False,
        more={"audience": "api.atlassian.com", "prompt": "consent"},
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """`until`: seconds of the epoch, 0: nobody has said; `scopes`: none where nobody has said."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    until: float
    scopes: frozenset[str]


def callback() -> str:
    """Registered at the providers: one for all organisations."""
    return f"{settings.ACCOUNT_URL}/oauth/callback"


def where_to_ask(provider: str, app: ProviderApp, state: str, verifier: str) -> str:
    """The provider's page. Raises Unsafe for an address that is none of a provider's."""
    if app.is_installed:
        return f"{app.url}/apps/{app.slug}/installations/new?{httpx.QueryParams(state=state)}"
    dialect = DIALECTS[provider]
    address = _checked(_site(app) + dialect.authorize)
    client = _client(app, scope=" ".join(dialect.scopes), redirect_uri=callback())
    proof = verifier if dialect.is_proven else None
    url, _ = client.create_authorization_url(
        address, state=state, code_verifier=proof, **dialect.more
    )
    return str(url)


def exchanged(provider: str, app: ProviderApp, code: str, verifier: str) -> Tokens:
    """What a code is worth. Raises `GrantRefused`, Permanent, Transient."""
    dialect = DIALECTS[provider]
    is_proven = dialect.is_proven and not app.is_installed  # no challenge went along
    proof = {"code_verifier": verifier} if is_proven else {}

    async def ask(client: Any) -> Any:
        return await client.fetch_token(
            _site(app) + dialect.exchange, code=code, redirect_uri=callback(), **proof
        )

    return _tokens(app, _said(app, ask))


def renewed(provider: str, app: ProviderApp, refresh: str) -> Tokens:
    """By a refresh token, which is good no more then. Raises as `exchanged`."""

    async def ask(client: Any) -> Any:
        client.token = {"refresh_token": refresh}
        address = _site(app) + DIALECTS[provider].exchange
        return await client.refresh_token(address, refresh_token=refresh)

    return _tokens(app, _said(app, ask))


def revoked(provider: str, app: ProviderApp, token: str, refresh: str) -> bool:
    """Whether the provider has been told that the tokens are good no more; Jira cannot be told.

    Of GitHub this one token: its grant is the person's, for other organisations too.
    """
    if provider == "jira":
        return False

    async def ask(client: Any) -> Any:
        if provider == "gitlab":
            answer = await client.revoke_token(f"{app.url}/oauth/revoke", token=refresh or token)
        else:
            address = f"{github.addresses(app.url)[0]}/applications/{app.client_id}/token"
            answer = await client.request(
                "DELETE",
                address,
                json={"access_token": token},
                headers=github.HEADERS,
                auth=httpx.BasicAuth(app.client_id, app.client_secret),
            )
        return answer.status_code < 300

    try:
        return bool(_said(app, ask))
    except (Permanent, Transient):
        return False


def _said(app: ProviderApp, ask: Callable[[Any], Awaitable[Any]]) -> Any:
    """What the provider answers, its errors in our words: none repeats what it sent."""
    host = urlsplit(_checked(_site(app))).hostname

    async def within() -> Any:
        async with asyncio.timeout(PATIENCE), _client(app) as client:
            return await ask(client)

    try:
        return asyncio.run(within())
    except OAuthError as error:
        raise _judged(str(host), str(error.error)) from None
    except (httpx.HTTPError, TimeoutError, ValueError, TypeError) as error:
        raise Transient(f"{host} did not answer for a token: try again later.") from error


def _judged(host: str, word: str) -> Permanent | Transient:
    if word in REFUSED:
        return GrantRefused(f"{host} takes this authorization no more: connect again.")
    if word in OUR_FAULT:
        return Permanent(
            f"{host} refuses the app: its client id, secret or callback address is wrong. Whoever "
            "registered it must correct that."
        )
    return Transient(f"{host} gave no token: try again later.")


def _client(app: ProviderApp, **more: Any) -> Any:
    return AsyncOAuth2Client(
        client_id=app.client_id,
        client_secret=app.client_secret,
        token_endpoint_auth_method=METHOD,
        revocation_endpoint_auth_method=METHOD,
        code_challenge_method="S256",
        transport=Pinned(_guard(), httpx.AsyncHTTPTransport(trust_env=False)),
        trust_env=False,
        timeout=PATIENCE,
        **more,
    )


def _tokens(app: ProviderApp, told: Mapping[str, Any]) -> Tokens:
    """Raises Transient for an answer that holds no token."""
    access, refresh = told.get("access_token"), told.get("refresh_token") or ""
    if not isinstance(access, str) or not access or not isinstance(refresh, str):
        raise Transient(f"{urlsplit(_site(app)).hostname} gave no token: try again later.")
    scopes = frozenset(str(told.get("scope") or "").replace(",", " ").split())
    until = float(told.get("expires_at") or 0)
    return Tokens(access=access, refresh=refresh, until=until, scopes=scopes)


def _site(app: ProviderApp) -> str:
    return app.url or str(settings.ATLASSIAN_URLS["auth"])


def _checked(address: str) -> str:
    _guard().check_url(httpx.URL(address))
    return address


def _guard() -> Guard:
    return Guard(allowed=tuple(settings.PROVIDER_HOSTS), resolve=system_resolve)
