import re
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.utils import DataError, IntegrityError
from django_tenants.utils import schema_context, schema_exists

from apps.orgs import schemas
from apps.pipeline.models import Recompute

NEW = "org_new"
# What the catalogue tells of a schema, its own name apart.
SHAPES = (
    "select table_name, column_name, ordinal_position, column_default, is_nullable, data_type,"
    " character_maximum_length, is_identity, identity_generation, udt_name"
    " from information_schema.columns where table_schema = %(schema)s order by 1, 2",
    "select conrelid::regclass::text, conname, contype, pg_get_constraintdef(oid), convalidated"
    " from pg_constraint where connamespace = %(schema)s::regnamespace order by 1, 2",
    "select tablename, indexname, replace(indexdef, %(schema)s, '') from pg_indexes"
    " where schemaname = %(schema)s order by 1, 2",
    "select tgrelid::regclass::text, tgname, replace(pg_get_triggerdef(oid), %(schema)s, '')"
    " from pg_trigger where not tgisinternal and tgrelid in"
    " (select oid from pg_class where relnamespace = %(schema)s::regnamespace) order by 1, 2",
    "select app, name from django_migrations order by 1, 2",
)


def shape(schema):
    with schema_context(schema), connection.cursor() as cursor:
        told = []
        for each in SHAPES:
            cursor.execute(each, {"schema": schema})
            told.append([tuple(map(plain, row)) for row in cursor.fetchall()])
        return told


def plain(cell):
    """PostgreSQL tells a condition with other casts once it has read its own words."""
    return (
        re.sub(r"::(character varying|text)(\[\])?|[()]", "", cell)
        if isinstance(cell, str)
        else cell
    )


def newest(app="pipeline"):
    """The app's newest migration, and the one before it."""
    graph = MigrationLoader(None, ignore_no_migrations=True).graph
    (leaf,) = graph.leaf_nodes(app)
    return leaf[1], max(name for label, name in graph.forwards_plan(leaf)[:-1] if label == app)


def forget(schema, app="pipeline"):
    """The migration is told to be missing, what it made is still there."""
    with schema_context(schema), connection.cursor() as cursor:
        cursor.execute(
            "delete from django_migrations where (app, name) = (%s, %s)", [app, newest(app)[0]]
        )


def unapply(schema, app="pipeline"):
    """As if the app's newest migration had never been applied."""
    with schema_context(schema):
        MigrationExecutor(connection).migrate([(app, newest(app)[1])])


@pytest.fixture
def copied(tenants, db):
    schemas.create(NEW)
    return NEW


def test_nothing_is_left_of_a_schema_whose_making_failed(tenants, db, monkeypatch):
    monkeypatch.setattr(schemas, "_LIKE", "select 'select 1 / 0 as nobody_does'")
    with pytest.raises(DataError), transaction.atomic():
        schemas.create(NEW)
    assert not schema_exists(NEW)


def test_a_copy_is_what_migrations_make(copied):
    forget(schemas.TEMPLATE)  # it lags: a copy of it would, too
    schemas.create("org_migrated")
    assert all(shape("org_migrated"))
    assert shape(copied) == shape("org_migrated")


def test_a_copy_lacks_nothing(copied):
    assert schemas.lacking([copied]) == set()


def test_a_copy_counts_on_where_its_rows_end(copied):
    with schema_context(copied), connection.cursor() as cursor:
        cursor.execute(
            "insert into django_migrations (app, name, applied) values ('a', 'b', now())"
            " returning id = (select max(id) + 1 from django_migrations)"
        )
        assert cursor.fetchone() == (True,)


def test_a_copy_guards_its_states(copied):
    with schema_context(copied), pytest.raises(IntegrityError, match="begins as pending"):
        Recompute.objects.create(state="running", requested_by=uuid4())


def test_what_a_newer_release_added_is_nothing_that_lacks(copied):
    with schema_context(copied), connection.cursor() as cursor:
        cursor.execute(
            "insert into django_migrations (app, name, applied)"
            " values ('pipeline', '9999_x', now())"
        )
    assert schemas.lacking([copied]) == set()


def test_schemas_that_lack_one_or_are_gone_are_found_among_many(copied, monkeypatch):
    monkeypatch.setattr(schemas, "AT_ONCE", 2)
    forget(copied)
    known = [schemas.TEMPLATE, "org_gone", "org_lost", schemas.TEMPLATE, copied]
    assert schemas.lacking(known) == {"org_gone", "org_lost", copied}


def test_a_schema_gets_what_it_lacks_and_nothing_twice(copied):
    unapply(copied)
    assert [schemas.bring_up(copied), schemas.bring_up(copied)] == [1, 0]
    assert schemas.lacking([copied]) == set()


def test_a_schema_that_is_gone_is_not_made_anew(tenants, db):
    with pytest.raises(LookupError):
        schemas.bring_up("org_gone")
    assert not schema_exists("org_gone")
