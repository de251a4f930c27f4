"""An organisation in an empty store, and a repository to sync into it."""

import pytest

from devhealth.sinks import open_store
from tests.devhealth.stores import Organisation
from tests.devhealth.sync.runs import HISTORY
from tests.repositories import make


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('store') / 'facts.db'}")
    store.migrate()
    yield store
    store.close()


@pytest.fixture
def acme(store):
    return Organisation(store)


@pytest.fixture
def repository(tmp_path):
    return make(tmp_path / "api.git", *HISTORY)
