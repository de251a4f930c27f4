"""COPY out of PostgreSQL, where psycopg's own would cost too much."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from devhealth.sinks.postgres_copy import copied


@pytest.fixture
def connection(services: Any) -> Iterator[psycopg.Connection]:
    with psycopg.connect(services.database_uri) as connection:
        yield connection


def test_rows_come_as_csv(connection):
    assert copied(connection, "values (1, 'a,b'), (2, null)") == b'1,"a,b"\n2,\n'


def test_no_row_is_no_text(connection):
    assert copied(connection, "select 1 where false") == b""


def test_many_rows_come_whole(connection):
    rows = copied(connection, "select * from generate_series(1, 100000)")
    assert rows.count(b"\n") == 100_000


def test_a_refused_query_is_an_error(connection):
    with pytest.raises(psycopg.errors.UndefinedTable):
        copied(connection, "select * from nowhere")


def test_an_error_after_some_rows_is_an_error(connection):
    with pytest.raises(psycopg.errors.DivisionByZero):
        copied(connection, "select 1 / (50000 - n) from generate_series(1, 100000) as n")


def test_the_connection_goes_on_after_an_error(connection):
    with pytest.raises(psycopg.errors.DivisionByZero):
        copied(connection, "select 1 / (50000 - n) from generate_series(1, 100000) as n")
    connection.rollback()
    assert copied(connection, "select 1") == b"1\n"


def test_a_query_that_is_cancelled_is_an_error(connection):
    connection.execute("set local statement_timeout = '50ms'")
    with pytest.raises(psycopg.errors.QueryCanceled):
        copied(connection, "select pg_sleep(5)")
