"""One PostgreSQL and one Valkey for the session; acme and globex in them from the first test on.

What needs Django is imported where it is used: the library's tests run without it.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from tests import payloads
from tests.examples import FAST

if TYPE_CHECKING:
    from django.test import Client

    from config.embedded import Services
    from tests.stripe_server import FakeStripe
    from tests.tenants import Tenant

# `make properties` is patient, `make contract` thorough.
settings.register_profile("fast", max_examples=FAST, deadline=None)
settings.register_profile("patient", max_examples=7 * FAST, deadline=None)
settings.register_profile("thorough", max_examples=1000, deadline=None)
settings.load_profile("fast")

collect_ignore_glob = [] if payloads.FOLDER else ["*_payloads.py"]


def pytest_report_header() -> str:
    return payloads.REASON


@pytest.hookimpl(tryfirst=True)  # before pytest leaves out what `-m` says
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever asks ClickHouse has its mark, and whatever several connections see has one."""
    for item in items:
        params = getattr(getattr(item, "callspec", None), "params", {})
        fixtures = getattr(item, "fixturenames", ())
        if "clickhouse" in (*params.values(), *fixtures):
            item.add_marker("clickhouse")
        if "committed" in fixtures:
            item.add_marker("jobs")


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Services]":
    from config import embedded

    directory = tmp_path_factory.mktemp("services")
    started = embedded.start(directory, durable=False)
    yield started
    started.stop()
    embedded.remove(directory)  # as root the data lies outside of pytest's own directory


@pytest.fixture(scope="session")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of one ClickHouse, asked over HTTP as a server is."""
    from config import embedded

    with embedded.clickhouse(tmp_path_factory.mktemp("clickhouse"), durable=False) as uri:
        yield uri


@pytest.fixture(scope="session")
def django_db_setup(services: "Services", django_db_blocker: Any) -> Iterator[None]:
    """Our own cluster's database as it is: its role may not create another."""
    from django.core.management import call_command
    from django.db import connections

    from apps.metrics.store import store
    from tests.tenants import point_django_at

    point_django_at(services)
    with django_db_blocker.unblock():
        call_command("migrate_tenants", verbosity=0)
        store().migrate()
        yield
        store().close()
        connections.close_all()


@pytest.fixture(scope="session")
def tenants(django_db_setup: None, django_db_blocker: Any) -> "dict[str, Tenant]":
    from tests.tenants import create_tenant, widen

    with django_db_blocker.unblock():
        made = {slug: create_tenant(slug) for slug in ("acme", "globex")}
        widen(*(each.organization for each in made.values()))
    return made


@pytest.fixture
def acme(tenants: "dict[str, Tenant]", db: None) -> "Iterator[Tenant]":
    yield tenants["acme"]
    tenants["acme"].forget_rows()


@pytest.fixture
def globex(tenants: "dict[str, Tenant]", db: None) -> "Iterator[Tenant]":
    yield tenants["globex"]
    tenants["globex"].forget_rows()


@pytest.fixture
def stranger(tenants: "dict[str, Tenant]", db: None) -> "Client":
    """Somebody without a token."""
    from tests.tenants import client

    return client()


@pytest.fixture
def asker(acme: "Tenant") -> "Callable[[str, Iterable[str]], Client]":
    """A new person's client at acme, in a role, with a token of some scopes."""
    return acme.asker


@pytest.fixture
def unhurried(services: "Services") -> Iterator[Any]:
    """Nobody has tried a password or a code yet."""
    from django.conf import settings
    from redis import Redis

    redis = Redis.from_url(settings.REDIS_URL)
    redis.delete(*redis.keys("attempts:*"), *redis.keys("django:*"), "nothing")
    yield redis
    redis.close()


@pytest.fixture
def stripe(settings: Any) -> "Iterator[FakeStripe]":
    """A Stripe of the test's own, with two webhook secrets."""
    from tests import stripe_server

    with stripe_server.serving() as fake:
        settings.STRIPE_SECRET_KEY = stripe_server.KEY
        settings.STRIPE_WEBHOOK_SECRETS = [stripe_server.SECRET, stripe_server.OTHER_SECRET]
        settings.STRIPE_API_BASE = fake.url
        yield fake


@pytest.fixture
def committed(tenants: "dict[str, Tenant]", django_db_blocker: Any) -> Iterator[None]:
    """What the test writes is committed, and deleted afterwards: several connections see it."""
    from tests import work

    with django_db_blocker.unblock():
        yield
        work.forget(list(tenants.values()))
