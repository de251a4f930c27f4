"""An organisation in an empty store; `sinks/` has its own, of every kind of store."""

import pytest

from devhealth.sinks import open_store
from tests.devhealth.stores import Organisation


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('store') / 'facts.db'}")
    store.migrate()
    yield store
    store.close()


@pytest.fixture
def acme(store):
    return Organisation(store)
