"""Calls of the functions in `mechanics.sql`."""

from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

Rows = list[tuple[Any, ...]]


def call(statement: str, *values: Any) -> Rows:
    """A statement whose names are all qualified, in whatever schema the thread is.

    django-tenants sets the search path for every cursor, which would be a fifth of a job's cost;
    the functions bring their own, so that this cursor is Django's plain one.
    """
    with BaseDatabaseWrapper._cursor(connections[DEFAULT_DB_ALIAS]) as cursor:
        cursor.execute(statement, values)
        rows: Rows = cursor.fetchall()
    return rows
