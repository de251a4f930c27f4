"""How e-mail leaves: one address instead of Django's eight settings."""

from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

SMTP = "django.core.mail.backends.smtp.EmailBackend"
CONSOLE = "django.core.mail.backends.console.EmailBackend"
PORTS = {"smtp": 587, "smtps": 465, "smtp+plain": 25}
PATIENCE = 10  # seconds for the mail server


def mail_settings(url: str) -> dict[str, Any]:
    """Django's settings of `console://`, `smtp://` (STARTTLS), `smtps://` or `smtp+plain://`."""
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError:  # its text would repeat the password
        scheme, host, port = "", None, None
    if scheme == "console":
        return {"EMAIL_BACKEND": CONSOLE}
    if scheme not in PORTS or not host:
        raise ImproperlyConfigured(f"EMAIL_URL begins with console, {', '.join(PORTS)}.")
    return {
        "EMAIL_BACKEND": SMTP,
        "EMAIL_HOST": host,
        "EMAIL_PORT": port or PORTS[scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": scheme == "smtp",
        "EMAIL_USE_SSL": scheme == "smtps",
        "EMAIL_TIMEOUT": PATIENCE,
    }
