from threading import Event

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test.utils import CaptureQueriesContext

from config import health
from tests.tenants import client

ANY_HOST = ["localhost", "acme.localhost", "10.0.0.7"]


@pytest.mark.parametrize("host", ANY_HOST)
@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_probes_answer_on_any_host_without_a_token(stranger, host, path):
    assert client(host).get(path).json()["status"] == "ok"


def test_a_redis_that_is_gone_is_named(stranger, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = stranger.get("/readyz")
    assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")
    assert answer.json()["detail"] == "Not ready: redis."


def test_a_store_that_is_gone_is_named(stranger, settings):
    settings.DATABASE_URI = "postgresql://devhealth@127.0.0.1:1/devhealth"
    assert stranger.get("/readyz").json()["detail"] == "Not ready: store."


def test_a_migration_that_is_missing_is_named(stranger, monkeypatch):
    monkeypatch.setattr(health, "_is_migrated", Event())
    (newest,) = MigrationLoader(connection).graph.leaf_nodes("queue")
    MigrationRecorder(connection).record_unapplied(*newest)
    assert stranger.get("/readyz").json()["detail"] == "Not ready: migrations."


def test_migrations_are_looked_at_once_in_a_process(stranger, monkeypatch):
    monkeypatch.setattr(health, "_is_migrated", Event())
    stranger.get("/readyz")
    with CaptureQueriesContext(connection) as captured:
        stranger.get("/readyz")
    assert not [each for each in captured if "django_migrations" in each["sql"]]


def test_a_process_lives_whatever_is_behind_it(stranger, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert stranger.get("/livez").status_code == 200


def test_the_docs_are_served_from_here(stranger):
    page = stranger.get("/api/v1/docs").content.decode()
    assert "https://" not in page
    asset = stranger.get("/static/ninja/swagger-ui.css")
    assert b"".join(asset.streaming_content)
