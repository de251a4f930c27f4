"""A repository to sync into the organisation, whose clock can be put forward."""

import pytest

from tests.devhealth.sync.runs import HISTORY
from tests.repositories import make


@pytest.fixture
def repository(tmp_path):
    return make(tmp_path / "api.git", *HISTORY)


@pytest.fixture
def hours_later(acme):
    """Two hours pass between this run and the next."""

    def wait():
        for _ in range(120):
            acme.sink()

    return wait
