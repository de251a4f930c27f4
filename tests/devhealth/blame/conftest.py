import pytest

from tests.devhealth.sync.runs import HISTORY
from tests.repositories import make


@pytest.fixture
def repository(tmp_path):
    """Ada's file `c`, once `a`, one line of it by Grace, and `b`."""
    return make(tmp_path / "api.git", *HISTORY)
