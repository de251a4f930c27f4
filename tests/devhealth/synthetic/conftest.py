"""The default world, made once."""

from datetime import date

import pytest

from devhealth.synthetic.making import make
from devhealth.synthetic.world import History, Item, World

UNTIL = date(2026, 11, 1)


@pytest.fixture(scope="session")
def world() -> World:
    return make(1, until=UNTIL)


@pytest.fixture(scope="session")
def histories(world: World) -> dict[str, History]:
    return {history.repository.key: history for history in world.histories()}


@pytest.fixture(scope="session")
def items(world: World) -> list[Item]:
    return [item for work in world.works() for item in work.items]


@pytest.fixture(scope="session")
def small() -> World:
    """Sixty days of three repositories, one of which is renamed."""
    return make(7, 60, 3, 8, until=UNTIL)
