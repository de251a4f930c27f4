"""A browser without a window: cookies by host, redirects across hosts, tokens of forms."""

import re
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.test import Client

from apps.orgs.models import User

FORM_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
ACCOUNT = "http://localhost:8000/"
REDIRECTS = (301, 302, 303)


class Browser:
    """Follows redirects to whatever host; `url` is where it is now."""

    def __init__(self) -> None:
        self._clients: dict[str, Client] = {}
        self._form_token = ""
        self.url = ACCOUNT

    def client(self, host: str) -> Client:
        if host not in self._clients:
            self._clients[host] = Client(
                SERVER_NAME=host, enforce_csrf_checks=True, headers={"Accept": "text/html"}
            )
        return self._clients[host]

    def log_in(self, person: User) -> None:
        """On the account host, whatever it would ask for."""
        self.client("localhost").force_login(person, settings.AUTHENTICATION_BACKENDS[0])

    def get(self, url: str, *, follow: bool = True) -> Any:
        return self._ask(url, None, follow)

    def post(self, url: str, data: dict[str, Any] | None = None, *, follow: bool = True) -> Any:
        """As a form of the page seen last."""
        return self._ask(url, {"csrfmiddlewaretoken": self._form_token, **(data or {})}, follow)

    def _ask(self, url: str, data: dict[str, Any] | None, follow: bool) -> Any:
        answer = self._send(url, data)
        while follow and answer.status_code in REDIRECTS:
            answer = self._send(answer["Location"], None)
        text = "" if answer.streaming else answer.content.decode(errors="replace")
        if found := FORM_TOKEN.search(text):
            self._form_token = found[1]
        return answer

    def _send(self, url: str, data: dict[str, Any] | None) -> Any:
        self.url = urljoin(self.url, url)
        parts = urlsplit(self.url)
        client = self.client(parts.hostname or "")
        path = f"{parts.path or '/'}?{parts.query}"
        return client.get(path) if data is None else client.post(path, data)
