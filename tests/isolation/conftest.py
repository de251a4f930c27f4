from collections.abc import Iterator
from typing import Any

import pytest

from tests.isolation import world as worlds
from tests.isolation.world import World


@pytest.fixture(scope="package")
def seeded(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """acme and globex, committed, so that every connection sees them."""
    with django_db_blocker.unblock():
        made = worlds.create_world()
    yield made
    with django_db_blocker.unblock():
        worlds.forget(made)


@pytest.fixture
def world(seeded: World, db: None) -> World:
    """What a test changes is undone."""
    return seeded
