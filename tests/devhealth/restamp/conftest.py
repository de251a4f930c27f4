import pytest

from tests.devhealth.restamp.runs import LIVES
from tests.devhealth.stores import Organisation
from tests.devhealth.sync.runs import sync
from tests.repositories import make


@pytest.fixture
def repository(tmp_path):
    return make(tmp_path / "api.git", *LIVES)


@pytest.fixture
def synced(acme, repository):
    """Acme, which has no Directory yet."""
    sync(acme, repository)
    return acme


@pytest.fixture
def globex(store):
    return Organisation(store)
