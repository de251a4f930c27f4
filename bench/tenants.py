"""What an organisation's schema costs: `python -m bench.tenants`, one JSON line a figure.

Real schemas, made by the service, in a PostgreSQL of our own. Times are by the clock, memory is of
the processes themselves.

    BENCH_TENANTS=200   fewer organisations than 1,000
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import psutil

from bench.jobs import house, tell

MOST = int(os.environ.get("BENCH_TENANTS", "1000"))
FEW = min(200, MOST)  # what the targets speak of
CHANGED = min(100, MOST)  # how many lack a migration
ROOT = Path(__file__).parent.parent
CATALOGUE = ("pg_class", "pg_attribute", "pg_index", "pg_constraint", "pg_depend", "pg_type")


def main() -> None:
    with house() as environment:
        before = sizes()
        by_migrations()
        creating(0, FEW)
        nothing_to_do(environment, FEW)
        creating(FEW, MOST)
        if MOST > FEW:
            nothing_to_do(environment, MOST)
        growth(before, sizes())
        one_change()
        entering()


# --- cases ---------------------------------------------------------------------------------------


def by_migrations() -> None:
    """As new organisations were made before: the template lags, so that all are applied."""
    from django.db import transaction

    from apps.orgs import schemas

    query("delete from organization_template.django_migrations where name = '0002_stamping'")
    spent = []
    for number in range(6):
        with transaction.atomic():
            spent.append(timed(lambda n=number: schemas.create(f"bench_{n}")))
            transaction.set_rollback(True)
    query(
        "insert into organization_template.django_migrations (app, name, applied)"
        " values ('pipeline', '0002_stamping', now())"
    )
    tell("schema_by_migrations", statistics.median(spent[1:]) * 1000, "ms", 1000)


def creating(first: int, until: int) -> None:
    """Whole organisations: schema, host, owner."""
    from apps.orgs.services import create_organization

    spent = [
        timed(
            lambda n=number: create_organization(
                "Bench", f"bench-{n}", owner_email=f"o{n}@bench.example", password=None
            )
        )
        for number in range(first, until)
    ]
    if spent:
        tell(f"organisation_created_at_{until}", statistics.median(spent) * 1000, "ms", 330)


def nothing_to_do(environment: dict[str, str], count: int) -> None:
    """The command itself, with its start; then what of it grows with organisations."""
    from apps.orgs import migrating

    command = [sys.executable, "manage.py", "migrate_tenants"]
    done = timed(
        lambda: subprocess.run(
            command, cwd=ROOT, env=os.environ | environment, check=True, capture_output=True
        )
    )
    tell(f"migrate_nothing_{count}", done, "s", 5)
    looked = statistics.median(timed(migrating.outdated) for _ in range(5))
    tell(f"migrate_nothing_{count}_look", looked * 1000, "ms", 1000)


def one_change() -> None:
    """The last migration, taken back and applied again: two columns and a table."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor
    from django_tenants.utils import schema_context

    from apps.orgs import migrating

    for jobs in (1, 2):
        for name in names()[:CHANGED]:
            with schema_context(name):
                MigrationExecutor(connection).migrate([("pipeline", "0001_first")])
        spent = timed(lambda n=jobs: exhausted(migrating.migrate(jobs=n)))
        tell(f"migrate_one_change_jobs_{jobs}", spent * 1000 / CHANGED, "ms an organisation", 360)


def entering() -> None:
    """One connection that works for all, as a worker's does: what both ends remember of them."""
    from django.db import connection
    from django_tenants.utils import schema_context

    connection.close()
    known = names()
    with schema_context(known[0]):
        visit()
    ours, theirs = resident(os.getpid()), resident(backend())
    began = time.monotonic()
    for name in known:
        with schema_context(name):
            visit()
    spent = time.monotonic() - began
    tell("entered_first_time", spent * 1000 / len(known), "ms an organisation", 20)
    tell("worker_memory", (resident(os.getpid()) - ours) / len(known), "kB an organisation", 10)
    tell("backend_memory", (resident(backend()) - theirs) / len(known), "kB an organisation", 500)
    tell("backend_memory_all", resident(backend()) / 1024, "MB", 1024)


def growth(before: dict[str, int], after: dict[str, int]) -> None:
    """Of the whole database, by organisation."""
    units = {"bytes": ("kB", 1024), "catalogue": ("kB", 1024)}
    for name, value in after.items():
        unit, by = units.get(name, ("rows", 1))
        most = {"bytes": 2048, "catalogue": 1024}.get(name, 5000)
        tell(f"organisation_{name}", (value - before[name]) / MOST / by, unit, most)


# --- measuring -----------------------------------------------------------------------------------


def sizes() -> dict[str, int]:
    """Bytes of the database and of its catalogue, rows of the catalogue."""
    ((database, catalogue),) = query(
        "select pg_database_size(current_database()), sum(pg_total_relation_size(oid))::bigint"
        " from pg_class where relnamespace = 'pg_catalog'::regnamespace and relkind = 'r'"
    )
    rows = {name: query(f"select count(*) from {name}")[0][0] for name in CATALOGUE}
    return {"bytes": database, "catalogue": catalogue, **rows}


def visit() -> None:
    """What a request or unit may ask: every table once."""
    from apps.pipeline.archives.tables import tenant_models

    for model in tenant_models():
        model._default_manager.first()


def names() -> list[str]:
    from apps.orgs.models import Organization

    return list(Organization.objects.order_by("slug").values_list("schema_name", flat=True))


def backend() -> int:
    """The process that serves our connection."""
    pid: int = query("select pg_backend_pid()")[0][0]
    return pid


def resident(pid: int) -> float:
    """kB of its own, shared buffers apart."""
    memory = psutil.Process(pid).memory_info()
    return (memory.rss - memory.shared) / 1024


def query(statement: str) -> list[Any]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def timed(act: Callable[[], Any]) -> float:
    began = time.monotonic()
    act()
    return time.monotonic() - began


def exhausted(rows: Iterable[Any]) -> None:
    for each in rows:
        if each.reason:
            raise SystemExit(each.reason)


if __name__ == "__main__":
    main()
