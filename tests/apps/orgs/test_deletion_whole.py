"""acme is deleted, and whatever is kept anywhere is looked through for anything of acme's."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from apps.metrics.store import store
from apps.orgs import deletion
from apps.orgs.models import Membership, User
from apps.queue import bells
from tests import work
from tests.isolation import world as worlds
from tests.isolation.marks import leaks
from tests.isolation.test_beside import everything, held

pytestmark = pytest.mark.jobs

STORES = ("postgresql", "sqlite", "clickhouse")


@pytest.fixture(params=STORES)
def world(request: Any, tmp_path: Any, tenants: Any, django_db_blocker: Any, settings: Any):
    """acme and globex with all that they may have, in one of the stores."""
    if request.param == "sqlite":
        settings.DATABASE_URI = f"sqlite:///{tmp_path / 'facts.db'}"
    if request.param == "clickhouse":
        settings.DATABASE_URI = request.getfixturevalue("clickhouse")
    with django_db_blocker.unblock():
        store().migrate()
        made = worlds.create_world()
        for each in (made.acme, made.globex):
            key = f"{each.organization.slug}:{each.organization.id}"
            bells.broker(settings.REDIS_URL).client.set(key, each.organization.slug)
        yield made
        worlds.forget(made)
        User.objects.filter(email="both@example.com").delete()


def kept(organization_id: Any) -> Iterator[tuple[str, str]]:
    """Every row of every table of the control database, the schema of the facts as this one's."""
    with connection.cursor() as cursor:
        cursor.execute("select set_config('devhealth.org', %s, false)", [str(organization_id)])
        cursor.execute(
            "select quote_ident(schemaname) || '.' || quote_ident(tablename) from pg_tables"
            " where schemaname !~ '^(pg_|information_schema)' order by 1"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"select t::text from {table} t")
            yield from ((table, row) for (row,) in cursor.fetchall())
        cursor.execute("select set_config('devhealth.org', '', false)")
        cursor.execute("select 'schema', nspname from pg_namespace")
        yield from cursor.fetchall()


def stored(tmp_path: Any) -> Iterator[tuple[str, str]]:
    """What the store has beside PostgreSQL: the bytes of files, or every row of every table."""
    for path in tmp_path.glob("facts*"):
        yield path.name, f"{path.name} {path.read_bytes().decode('latin-1')}"
    if settings.DATABASE_URI.startswith("clickhouse"):
        opened: Any = store()
        base = opened.address.layout.database
        listed = f"select name from system.tables where database = '{base}'"
        for (table,) in opened.rows(listed):
            rows = opened.rows(f"select * from `{base}`.`{table}`")
            yield from ((table, str(row)) for row in rows)


def found(world: Any, tmp_path: Any, secrets: frozenset[str]) -> set[tuple[str, str]]:
    rows = [row for each in (world.acme, world.globex) for row in kept(each.organization.id)]
    rows += stored(tmp_path)
    rows += [("redis", str(each)) for each in everything(bells.broker(settings.REDIS_URL).client)]
    return {(place, leak) for place, row in rows for leak in leaks(row, secrets)}


def test_nothing_of_acmes_is_left_anywhere_and_globexs_is_as_it_was(world, tmp_path):
    both = User.objects.create_user("both@example.com")
    for each in (world.acme, world.globex):
        Membership.objects.create(organization=each.organization, user=both, role="viewer")
    secrets = world.secrets(world.acme) | {world.acme.organization.id.hex}
    places = {place for place, _ in found(world, tmp_path, secrets)}
    assert {"public.orgs_user", "public.queue_answer", "redis", "schema"} <= places
    assert {"devhealth.commits", f"facts.{world.acme.organization.id.hex}.db", "commits"} & places
    before = held(world.globex)
    deletion.ask(world.acme.organization, world.acme.organization.slug)
    work.run_all("sync")
    assert found(world, tmp_path, secrets) == set()
    assert held(world.globex) == before
    assert {place for place, _ in found(world, tmp_path, world.secrets(world.globex))}
