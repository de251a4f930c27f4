"""A repository to sync into the organisation."""

import pytest

from tests.devhealth.sync.runs import HISTORY
from tests.repositories import make


@pytest.fixture
def repository(tmp_path):
    return make(tmp_path / "api.git", *HISTORY)
