"""Every store, real and prepared; the contract tests run on each of them."""

import json
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from hypothesis import settings

from devhealth.sinks import STORES, Sink, Store
from tests.devhealth.sinks.classes import TEST_CLASSES
from tests.devhealth.sinks.rows import at

Open = Callable[..., Any]


@pytest.hookimpl(tryfirst=True)  # before pytest leaves out what `-m` says
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """`make contract` asks everything of every store; others that run these nothing of the engine
    within our own process, which is the same ClickHouse that they ask over HTTP."""
    for item in (each for each in items if Path(__file__).parent in each.path.parents):
        item.add_marker("contract")
    if settings.get_current_profile_name() == "thorough":
        return
    here = Path(__file__).parent
    left = [each for each in items if each.path.parent == here and _is_for_contract(each)]
    config.hook.pytest_deselected(items=left)
    items[:] = [each for each in items if each not in set(left)]


def _is_for_contract(item: pytest.Item) -> bool:
    kind = getattr(item, "callspec", None) and item.callspec.params.get("kind")  # type: ignore[attr-defined]
    return kind == "chdb"


@pytest.fixture(scope="session", params=["postgresql", "sqlite", "clickhouse", "chdb"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="session")
def administrator(
    services: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[psycopg.Connection]:
    """Who may make databases and roles: the embedded superuser, else whom the environment names."""
    from config import embedded_home

    uri = services.database_uri
    kept = embedded_home.find_home(tmp_path_factory.getbasetemp() / "services0") / "passwords.json"
    if kept.exists():
        password = json.loads(kept.read_text())["postgres"]
        uri = f"postgresql://postgres:{password}@127.0.0.1:{urlsplit(uri).port}/devhealth"
    with psycopg.connect(uri, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A process has one embedded ClickHouse, in one directory: the places in it are databases."""
    return tmp_path_factory.mktemp("engine") / "facts.chdb"


@pytest.fixture(scope="session")
def new_uri(
    kind: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], str]:
    """The address of one more place for a store, unprepared."""
    numbers = count()
    if kind == "sqlite":
        room = tmp_path_factory.mktemp("stores")
        return lambda: f"sqlite:///{room}/facts{next(numbers)}.db"
    if kind == "clickhouse":
        parts = urlsplit(request.getfixturevalue("clickhouse"))
        return lambda: parts._replace(path=f"/facts_{uuid4().hex}").geturl()
    if kind == "chdb":
        engine = request.getfixturevalue("engine")
        return lambda: f"chdb:///{engine}?database=facts_{uuid4().hex}"
    administrator = request.getfixturevalue("administrator")
    parts = urlsplit(request.getfixturevalue("services").database_uri)

    def create() -> str:
        name = f"sinks_{next(numbers)}"
        administrator.execute(f"drop database if exists {name} with (force)")
        administrator.execute(f"create database {name} owner {parts.username}")
        return parts._replace(path=f"/{name}").geturl()

    return create


@pytest.fixture(scope="session")
def uri(new_uri: Callable[[], str]) -> str:
    return new_uri()


@pytest.fixture(scope="session")
def open_uri() -> Iterator[Open]:
    """Open a store, by default with the tests' own classes; closed when the session ends."""
    opened: list[Store] = []

    def open_one(uri: str, classes: Any = TEST_CLASSES, **more: Any) -> Any:
        module = import_module(STORES[urlsplit(uri).scheme])
        opened.append(module.open_store(uri, classes, **more))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture(scope="session")
def store(uri: str, open_uri: Open) -> Store:
    store = open_uri(uri)
    store.migrate()
    return store


@pytest.fixture
def acme(store: Store) -> Sink:
    return store.for_org(uuid4(), version=at(0))


@pytest.fixture
def globex(store: Store) -> Sink:
    return store.for_org(uuid4(), version=at(0))


@pytest.fixture
def versions(store: Store, acme: Sink) -> Callable[[int], Sink]:
    """acme at another version: minutes after its first."""
    return lambda minute: store.for_org(acme.org_id, version=at(minute))
