"""The real server: four threads, one process, two organisations at once."""

import http.client
import json
import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
READY = "Started worker"


@pytest.fixture(scope="module")
def port(services, tenants):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = free.getsockname()[1]
    environment = os.environ | services.environment()
    environment |= {"DJANGO_SETTINGS_MODULE": "config.settings", "DEVHEALTH_ENV": "development"}
    environment |= {"DJANGO_SECRET_KEY": "only for tests"}
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--blocking-threads", "4"]
    command += ["--host", "127.0.0.1", "--port", str(number), "config.wsgi:application"]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as server:
        for line in server.stdout:
            if READY in line:
                break
        yield number
        server.terminate()
        server.stdout.read()


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
