from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

from apps.queue import bells
from tests.isolation import world as worlds
from tests.isolation.world import World


@pytest.fixture(scope="package")
def seeded(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """acme and globex, committed, so that every connection sees them."""
    with django_db_blocker.unblock():
        made = worlds.create_world()
    settings.ANSWERS_SECONDS = 600  # what was answered to one is kept while the other asks
    yield made
    settings.ANSWERS_SECONDS = 0
    with django_db_blocker.unblock():
        worlds.forget(made)


@pytest.fixture
def world(seeded: World, db: None) -> World:
    """What a test changes is undone, and no password was tried yet."""
    redis = bells.broker(settings.REDIS_URL).client
    redis.delete("nothing", *redis.scan_iter("attempts:*"))
    return seeded
