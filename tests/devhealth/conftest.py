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


@pytest.fixture
def hours_later(acme):
    """Two hours pass between this run and the next."""

    def wait():
        for _ in range(120):
            acme.sink()

    return wait


@pytest.fixture(params=["sqlite", "postgresql", "clickhouse"])
def any_store(request, tmp_path):
    """Each kind of store in turn, prepared; others' rows may be in it."""
    if request.param == "sqlite":
        uri = f"sqlite:///{tmp_path / 'facts.db'}"
    elif request.param == "postgresql":
        uri = request.getfixturevalue("services").database_uri
    else:
        uri = request.getfixturevalue("clickhouse")
    store = open_store(uri)
    store.migrate()
    yield store
    store.close()
