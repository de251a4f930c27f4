"""The ordinary client of ClickHouse, and what stands behind it, for tests of the embedded one."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import clickhouse_connect
import psutil
import urllib3
from clickhouse_connect.driver.client import Client


@contextmanager
def connected(uri: str, **options) -> Iterator[Client]:
    """As the sink does: no session, no compression; the pool is closed with it."""
    parts = urlsplit(uri)
    options = {"autogenerate_session_id": False, "compress": False} | options
    with urllib3.PoolManager() as pool:
        client = clickhouse_connect.get_client(
            host=parts.hostname,
            port=parts.port,
            username=parts.username,
            password=parts.password,
            database=parts.path[1:],
            pool_mgr=pool,
            **options,
        )
        with closing(client):
            yield client


def basic(uri: str) -> dict[str, str]:
    parts = urlsplit(uri)
    return urllib3.make_headers(basic_auth=f"{parts.username}:{parts.password}")


def front_of(directory: Path) -> psutil.Process:
    return psutil.Process(int((directory / "clickhouse" / "front.pid").read_text()))
