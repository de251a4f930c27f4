"""Organisations' schemas: made like a template, and brought to today's shape.

A schema is current if its `django_migrations` names every migration of the tenants' apps; those
that it names beyond them are of a newer release, which this one can live with. Whoever changes a
schema holds its advisory lock, whoever copies the template shares it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django_tenants.utils import schema_exists

TEMPLATE = "organization_template"
AT_ONCE = 250  # schemas that one statement reads, each with two locks until it ends

_LIKE = Path(__file__).with_name("template.sql").read_text()
_LOCK = "hashtextextended('devhealth schema ' || %s, 0)"
_READABLE = """
select name from unnest(%s::text[]) as name
where to_regclass(format('%%I.django_migrations', name)) is not null
"""
_OF_ONE = """
select {text} where (
    select count(distinct (app, name)) from {schema}.django_migrations
    where app || '.' || name = any (array(select name from needed))
) < (select count(*) from needed)
"""


def needed() -> list[str]:
    """The migrations of the tenants' apps that this release has: `app.name`."""
    labels = {each.label for each in apps.get_app_configs() if each.name in settings.TENANT_APPS}
    graph = MigrationLoader(None, ignore_no_migrations=True).graph
    return sorted(f"{app}.{name}" for app, name in graph.nodes if app in labels)


def lacking(schemas: Sequence[str]) -> set[str]:
    """Those that `bring_up` would change: a statement for every `AT_ONCE` of them."""
    names = needed()
    return {each for part in _parts(schemas) for each in _lacking(part, names)}


def _parts(schemas: Sequence[str]) -> Iterator[Sequence[str]]:
    return (schemas[start : start + AT_ONCE] for start in range(0, len(schemas), AT_ONCE))


def _lacking(schemas: Sequence[str], names: list[str]) -> set[str]:
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(_READABLE, [list(schemas)])
        readable = [name for (name,) in cursor.fetchall()]
        if not readable:
            return set(schemas)
        each = [_OF_ONE.format(text="%s::text", schema=quote(name)) for name in readable]
        cursor.execute(
            f"with needed as (select unnest(%s::text[]) as name) {' union all '.join(each)}",
            [names, *readable],
        )
        return {name for (name,) in cursor.fetchall()} | (set(schemas) - set(readable))


# --- one schema ----------------------------------------------------------------------------------


def create(schema: str) -> None:
    """In the caller's transaction: a copy of the template, or, where it lags, by migrations."""
    with connection.cursor() as cursor:
        cursor.execute(f"create schema {connection.ops.quote_name(schema)}")
        cursor.execute(f"select pg_advisory_xact_lock_shared({_LOCK})", [TEMPLATE])
    if lacking([TEMPLATE]):
        _migrate(schema)
    else:
        _copy(TEMPLATE, schema)


def bring_up(schema: str) -> int:
    """Apply what is missing, one transaction a migration; how many. Waits for whoever else does."""
    with locked(schema):
        if not schema_exists(schema):
            if schema != TEMPLATE:
                raise LookupError("It is not there.")
            with connection.cursor() as cursor:
                cursor.execute(f"create schema {connection.ops.quote_name(schema)}")
        return _migrate(schema)


@contextmanager
def locked(schema: str) -> Iterator[None]:
    """Nobody else changes this schema's shape meanwhile, in whatever process."""
    with connection.cursor() as cursor:
        cursor.execute(f"select pg_advisory_lock({_LOCK})", [schema])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"select pg_advisory_unlock({_LOCK})", [schema])


def missing() -> bool:
    """Whether the schema that the connection is on, the public one say, lacks any migration."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _migrate(schema: str) -> int:
    here = connection.tenant
    try:
        # Else the public schema's own table would be taken for this one's.
        connection.set_schema(schema, include_public=False)
        MigrationRecorder(connection).ensure_schema()
        connection.set_schema(schema)
        executor = MigrationExecutor(connection)
        leaves = executor.loader.graph.leaf_nodes()
        plan = executor.migration_plan(leaves)
        executor.migrate(leaves, plan)
    finally:
        connection.set_tenant(here)
    return len(plan)


def _copy(source: str, target: str) -> None:
    here = connection.tenant
    try:
        connection.set_schema(source, include_public=False)
        with connection.cursor() as cursor:
            cursor.execute(_LIKE, {"source": source, "target": target})
            statements = [statement for (statement,) in cursor.fetchall()]
        connection.set_schema(target)
        with connection.cursor() as cursor:
            cursor.execute(";\n".join(statements))
    finally:
        connection.set_tenant(here)
