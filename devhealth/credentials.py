"""Who asks a provider: where the secret lies, never the secret itself.

It is read from a variable or a file, sent in a header, and part of no text, no `repr` and no list
of processes; only who writes a token behind `--auth` puts it into the last.
"""

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from devhealth.connectors import github, github_app, gitlab
from devhealth.errors import Permanent
from devhealth.http import Anonymous, Auth, Basic, Bearer, Guard, Refreshing
from devhealth.http.auth import Token

VARIABLES = {"github": "GITHUB_TOKEN", "gitlab": "GITLAB_TOKEN", "jira": "JIRA_TOKEN"}
USERS = {"github": "x-access-token", "gitlab": "oauth2"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """`name` tells where it is from. `user` and what `secret` gives are for a clone."""

    name: str
    auth: Auth
    user: str = ""
    secret: Callable[[], Awaitable[str]] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """A GitHub App: its client id or app id, the file of its private key, and where it works."""

    id: str
    key: Path
    installation: int


def is_bare(told: str | None) -> bool:
    """Whether it is a token itself, which everybody on this machine can read."""
    return told not in (None, "env", "none") and not str(told).startswith(("env:", "file:"))


def of_token(provider: str, told: str | None, *, email: str | None = None) -> Credential:
    """By `env` or nothing (the provider's own variable), `env:NAME`, `file:PATH`, `none`, a token.

    `email` is whose token of Jira it is, else JIRA_EMAIL says so; without one it is OAuth's. Raises
    Permanent where there is none to be had there.
    """
    if told == "none":
        return Credential(name="nobody", auth=Anonymous(), secret=_giving(""))
    name, token = _read(provider, told)
    whose = (email or os.environ.get("JIRA_EMAIL", "")).strip() if provider == "jira" else ""
    return of_text(provider, name, token, email=whose)


def of_text(provider: str, name: str, token: str, *, email: str = "") -> Credential:
    """A token that somebody was given; `name` says where it lies. Raises Permanent for no token."""
    if not token.isascii() or not token.isprintable() or " " in token or not token:
        raise Permanent(f"What {name} has is no token: write the token there, and nothing else.")
    auth: Auth = Basic(email, token) if email else Bearer(token)
    if provider == "gitlab":
        auth = gitlab.token_of(token)
    return Credential(name=name, auth=auth, user=USERS.get(provider, ""), secret=_giving(token))


def of_app(app: App, *, api: str, guard: Guard) -> Credential:
    """Of an installation; `api` is where REST begins. Raises Permanent for a key that is none."""
    token = installation_token(app.id, _text(app.key), app.installation, api=api, guard=guard)
    return of_changing("github", f"installation {app.installation}", token)


def installation_token(
    app: str, pem: str, installation: int, *, api: str, guard: Guard
) -> github_app.Installation:
    """Signed for by the App's private key. Raises Permanent for a key that is none."""
    return github_app.Installation(
        api=api,
        app=app,
        installation=installation,
        sign=github_app.signer(pem),
        exchange=github_app.posting(guard, github.HEADERS),
    )


def of_changing(provider: str, name: str, token: Token) -> Credential:
    """By a token that is renewed; `name` says whose it is."""

    async def secret() -> str:
        return await token(is_rejected=False)

    user = USERS.get(provider, "")
    return Credential(name=name, auth=Refreshing(token), user=user, secret=secret)


def _read(provider: str, told: str | None) -> tuple[str, str]:
    """Where it is from, and the token."""
    how, _, rest = (told or "env").partition(":")
    if how == "file" and rest:
        return rest, _text(Path(rest)).strip()
    if told is not None and is_bare(told):
        return "--auth", told
    name = rest or VARIABLES[provider]
    token = os.environ.get(name, "").strip()
    if not token:
        raise Permanent(
            f"There is no token in {name}: put one there, or say --auth env:NAME, --auth file:PATH "
            "or, for what everybody may see, --auth none."
        )
    return name, token


def _text(path: Path) -> str:
    try:
        return path.expanduser().read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Permanent(f"{path} cannot be read: check the path and its permissions.") from error


def _giving(token: str) -> Callable[[], Awaitable[str]]:
    async def secret() -> str:
        return token

    return secret
