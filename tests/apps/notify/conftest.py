"""A receiver that the operator allows, and an organisation that has registered it."""

import pytest

from tests.apps.notify.receiver import receiving
from tests.apps.notify.registered import Registered, register


@pytest.fixture
def receiver(settings):
    settings.WEBHOOK_HOSTS = ["127.0.0.1"]
    with receiving() as found:
        yield found


@pytest.fixture
def endpoint(committed, tenants, receiver) -> Registered:
    """acme's, which takes every event."""
    return register(tenants["acme"], receiver.url)
