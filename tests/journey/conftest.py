"""A service that works by itself, as in life: a thread for each page, one for units of work."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import close_old_connections, connections

from tests import work
from tests.chromium import CHROMIUM, opened, serving
from tests.journey.lab import PYTHON, moonbase
from tests.journey.walk import Walk

MISSING = CHROMIUM is None or not PYTHON.exists()
REASON = "`make journey` brings the OAuth server, `apt-get install chromium` the browser"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:  # of all folders that were collected
        if item.path.parent == Path(__file__).parent:
            item.add_marker("journey")
            item.add_marker(pytest.mark.skipif(MISSING, reason=REASON))


@pytest.fixture
def site(committed: None, unhurried: Any, settings: Any, monkeypatch: Any) -> Iterator[str]:
    """The account host's address; a worker works."""
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # playwright has a loop here
    with serving() as port, working():
        settings.ACCOUNT_URL = f"http://localhost:{port}"
        settings.STRIPE_RETURN_URL = f"http://{{organization}}.localhost:{port}/admin/plan/"
        yield settings.ACCOUNT_URL


@contextmanager
def working() -> Iterator[None]:
    ended = threading.Event()

    def go_on() -> None:
        while not ended.wait(0.1):
            work.run_all()
            close_old_connections()
        connections.close_all()

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@pytest.fixture
def lab(site: str, settings: Any, tmp_path: Any) -> Iterator[Any]:
    settings.PROVIDER_HOSTS = ["127.0.0.1"]
    with moonbase(tmp_path, f"{site}/oauth/callback") as found:
        settings.PROVIDER_APPS = {"gitlab": found.app()}
        yield found


@pytest.fixture
def paid(stripe: Any, site: str) -> Any:
    stripe.hook = f"{site}/webhooks/stripe"
    return stripe


@pytest.fixture
def walk(site: str) -> Iterator[Walk]:
    with opened(viewport={"width": 1100, "height": 760}) as page:
        walk = Walk(page, site)
        page.on("console", lambda message: walk.said.append(message.text))
        yield walk
