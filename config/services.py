"""Where the servers are and what the secret is: the environment, else what runs embedded."""

import os
import secrets
from base64 import urlsafe_b64encode
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from devhealth.sinks import LEAST_SECONDS, MOST_SECONDS, canonical

VARIABLES = ("CONTROL_DATABASE_URI", "DATABASE_URI", "REDIS_URL")
FROZEN = "15s"  # as long as a lease
PROVIDER_SITES = {"github": "https://github.com", "gitlab": "https://gitlab.com", "jira": ""}
_APP_FIELDS = {
    "url": "URL",
    "client_id": "CLIENT_ID",
    "client_secret": "CLIENT_SECRET",
    "app_id": "APP_ID",
    "key": "APP_KEY",
    "slug": "APP_SLUG",
}


def service_uris(state: Path) -> tuple[str, str, str]:
    """The three addresses. What is set wins over what runs embedded in `state`."""
    found = {name: os.environ[name] for name in VARIABLES if os.environ.get(name)}
    if len(found) < len(VARIABLES):
        found = (_embedded(state) or {}) | found
    missing = [name for name in VARIABLES if name not in found]
    if missing:
        raise ImproperlyConfigured(
            f"{', '.join(missing)}: not set, and no embedded services run in {state}. "
            f"Start them with `make demo`, or set {', '.join(VARIABLES)}."
        )
    return found["CONTROL_DATABASE_URI"], found["DATABASE_URI"], found["REDIS_URL"]


def password_of(uri: str) -> str:
    """What must never be shown of an address; '' where it has none."""
    try:
        return unquote(urlsplit(uri).password or "")
    except ValueError:
        return ""


def seconds(variable: str, default: float) -> float:
    """A length of time, from a millisecond to a day."""
    try:
        found = float(os.environ.get(variable) or default)
    except ValueError:
        found = 0
    if not LEAST_SECONDS <= found <= MOST_SECONDS:
        raise ImproperlyConfigured(f"{variable} is a number of seconds, from 0.001 to 86400.")
    return found


def networks(variable: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Comma separated: `10.0.0.0/8, 192.0.2.7`."""
    try:
        return tuple(
            ip_network(each.strip())
            for each in os.environ.get(variable, "").split(",")
            if each.strip()
        )
    except ValueError as error:
        raise ImproperlyConfigured(f"{variable} is a list of IP networks.") from error


def control_database(uri: str) -> dict[str, Any]:
    """Django's words for a PostgreSQL address.

    Who is frozen in the middle of a transaction loses it, and with it the locks that others need.
    """
    try:
        parts = conninfo_to_dict(canonical(uri))
    except ProgrammingError:  # its text repeats the address, password included
        raise ImproperlyConfigured("CONTROL_DATABASE_URI is no PostgreSQL address.") from None
    options = f"-c idle_in_transaction_session_timeout={FROZEN} {parts.pop('options', '')}".strip()
    return {
        "ENGINE": "django_tenants.postgresql_backend",
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "NAME": parts.pop("dbname", ""),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "OPTIONS": {"connect_timeout": 5, "options": options, **parts},
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


def secret_key(state: Path, development: bool) -> str:
    """DJANGO_SECRET_KEY; in development one made once and kept for this checkout."""
    key = os.environ.get("DJANGO_SECRET_KEY", "")
    if key:
        return key
    if not development:
        raise ImproperlyConfigured("Set DJANGO_SECRET_KEY (or DEVHEALTH_ENV=development).")
    return _kept_key(state / "secret_key", secrets.token_urlsafe(48))


def login_providers() -> dict[str, Any]:
    """allauth's, of those that DEVHEALTH_LOGIN_<NAME>_ID and _SECRET are set for.

    _URL: an instance of one's own, of GitHub or GitLab.
    """
    found: dict[str, Any] = {}
    for name in ("github", "gitlab", "google"):
        id, secret = (
            os.environ.get(f"DEVHEALTH_LOGIN_{name.upper()}_{what}", "")
            for what in ("ID", "SECRET")
        )
        if bool(id) != bool(secret):
            raise ImproperlyConfigured(
                f"DEVHEALTH_LOGIN_{name.upper()} needs both _ID and _SECRET."
            )
        if id:
            app = {"client_id": id, "secret": secret, "key": ""}
            scope = {"github": ["user:email"], "gitlab": ["read_user"], "google": ["email"]}[name]
            found[name] = {"APPS": [app], "SCOPE": scope}
            if url := os.environ.get(f"DEVHEALTH_LOGIN_{name.upper()}_URL", "").rstrip("/"):
                found[name][f"{name.upper()}_URL"] = url
    return found


def encryption_keys(state: Path, development: bool) -> tuple[str, ...]:
    """DEVHEALTH_ENCRYPTION_KEYS; in development one made once and kept for this checkout.

    In production none is made up: whoever lost it would have lost all that was sealed by it.
    """
    told = os.environ.get("DEVHEALTH_ENCRYPTION_KEYS", "")
    keys = tuple(each.strip() for each in told.split(",") if each.strip())
    if keys or not development:
        return keys
    made = urlsafe_b64encode(secrets.token_bytes(32)).decode()
    return (f"1:{_kept_key(state / 'encryption_key', made)}",)


def open_organization(development: bool) -> str:
    """The slug of the one that everybody may look at. '': none.

    Refused in production, whatever else is set: nobody opens an organisation by mistake.
    """
    slug = os.environ.get("DEVHEALTH_OPEN_ORGANIZATION", "").strip()
    if slug and not development:
        raise ImproperlyConfigured(
            "DEVHEALTH_OPEN_ORGANIZATION is for a demo: it lets everybody read an organisation. "
            "Unset it, or set DEVHEALTH_ENV=development."
        )
    return slug


def provider_apps() -> dict[str, dict[str, str]]:
    """The operator's OAuth apps by provider, of those that have one: what `ProviderApp` takes."""
    found = {}
    for provider, site in PROVIDER_SITES.items():
        told = {
            field: os.environ.get(f"DEVHEALTH_{provider.upper()}_{name}", "")
            for field, name in _APP_FIELDS.items()
        }
        if told["client_id"]:
            told["url"] = told["url"].rstrip("/") or site
            told["key"] = _text_or_file(told["key"])
            found[provider] = told
    return found


def _text_or_file(told: str) -> str:
    """A PEM itself, or the file that it is in."""
    if not told or told.startswith("-----"):
        return told.replace("\\n", "\n")
    try:
        return Path(told).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(
            "DEVHEALTH_GITHUB_APP_KEY is a private key in PEM, or the path of its file."
        ) from error


def _kept_key(path: Path, new: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    made = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        made.touch(mode=0o600)
        made.write_text(new)
        os.link(made, path)  # whole or not at all, whoever else starts now
    except FileExistsError:
        pass
    finally:
        made.unlink()
    return path.read_text()


def _embedded(state: Path) -> dict[str, str] | None:
    from config import embedded  # only here: its wheels are an optional extra

    return embedded.running(state)
