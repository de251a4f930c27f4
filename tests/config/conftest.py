from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import urllib3
from clickhouse_connect.driver.client import Client

from config import embedded
from tests.fronts import connected


@pytest.fixture(scope="module")
def no_services_of_others() -> Iterator[None]:
    """What the environment names would be used instead of being started."""
    with pytest.MonkeyPatch.context() as patch:
        for name in embedded.NAMES:
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="module")
def front_home(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("clickhouse")


@pytest.fixture(scope="module")
def uri(front_home) -> Iterator[str]:
    with embedded.clickhouse(front_home, durable=False) as address:
        yield address


@pytest.fixture
def client(uri) -> Iterator[Client]:
    with connected(uri) as connection:
        yield connection


@pytest.fixture
def get(uri) -> Iterator[Callable[..., urllib3.BaseHTTPResponse]]:
    """A bare request, without a user unless it names one."""
    with urllib3.HTTPConnectionPool("127.0.0.1", urlsplit(uri).port) as pool:

        def request(path: str, method: str = "GET", body: bytes | str | None = None, **headers):
            return pool.request(method, path, body=body, headers=headers, retries=False)

        yield request
