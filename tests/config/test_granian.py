"""The real server: four threads, one process, two organisations at once."""

import http.client
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.servers import serving


@pytest.fixture(scope="module")
def port(services, tenants):
    with serving(services) as number:
        yield number


def slug_of(port, tenant):
    """Whose organisation `me` is, asked over a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        headers = {"Authorization": f"Bearer {tenant.text}"}
        connection.request("GET", "/api/v1/me", headers=headers)
        return json.load(connection.getresponse())["organization"]["slug"]
    finally:
        connection.close()


def test_interleaved_requests_never_mix(port, tenants):
    asked = [tenants[("acme", "globex")[number % 2]] for number in range(80)]
    with ThreadPoolExecutor(8) as pool:
        answered = list(pool.map(lambda tenant: slug_of(port, tenant), asked))
    assert answered == [tenant.organization.slug for tenant in asked]
