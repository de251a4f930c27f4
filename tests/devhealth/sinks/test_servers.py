"""PostgreSQL that is not there, or does not let us in: a sentence without the password."""

import socket
import time
from urllib.parse import urlsplit
from uuid import UUID

import psycopg
import pytest

from devhealth.errors import Permanent, Transient, Unusable
from tests.devhealth.sinks.classes import Note
from tests.devhealth.sinks.refusals import PASSWORD, refused
from tests.devhealth.sinks.rows import note

ORG = UUID(int=7)

pytestmark = pytest.mark.parametrize("kind", ["postgresql"], indirect=True)


def changed(uri, *, user=None, port=None, path=None, query=""):
    """The same address, of somebody with another password, elsewhere."""
    parts = urlsplit(uri)
    place = f"{user or parts.username}:{PASSWORD}@{parts.hostname}:{port or parts.port}"
    return parts._replace(netloc=place, path=path or parts.path, query=query).geturl()


@pytest.fixture
def reader(uri, administrator):
    """A role that may only read, with the password."""
    administrator.execute(
        f"create role sinks_reader login password '{PASSWORD}' in role devhealth_rows"
    )
    administrator.execute("alter role sinks_reader set default_transaction_read_only = on")
    yield changed(uri, user="sinks_reader")
    administrator.execute(
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity "
        "where usename = 'sinks_reader'"
    )
    administrator.execute("drop role sinks_reader")


@pytest.fixture
def outsider(uri, administrator):
    """A role that may connect and nothing else."""
    administrator.execute(f"create role sinks_outsider login password '{PASSWORD}'")
    yield changed(uri, user="sinks_outsider")
    administrator.execute(
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity "
        "where usename = 'sinks_outsider'"
    )
    administrator.execute("drop role sinks_outsider")


def read(uri, open_uri):
    return open_uri(uri).for_org(ORG).read(Note)


def test_a_wrong_password_is_a_sentence_without_it(uri, open_uri):
    error = refused(read, changed(uri), open_uri)
    assert isinstance(error, Permanent)
    assert str(error).endswith('let us in: password authentication failed for user "devhealth".')


def test_a_missing_database_is_named(uri, open_uri, administrator):
    real = urlsplit(uri)._replace(path="/nowhere").geturl()
    error = refused(read, real, open_uri)
    assert isinstance(error, Permanent)
    assert str(error).endswith('does not let us in: database "nowhere" does not exist.')


def test_a_port_where_nobody_listens_is_transient(uri, open_uri):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    error = refused(read, changed(uri, port=port), open_uri)
    assert isinstance(error, Transient)
    assert f"The store at 127.0.0.1:{port}/" in str(error)
    assert "Connection refused" in str(error)


def test_an_older_server_is_told_apart(uri, open_uri):
    error = refused(open_uri(uri, oldest=(99,)).orgs)
    assert isinstance(error, Unusable)
    assert "is PostgreSQL 18." in str(error)
    assert str(error).endswith(": 99 is the oldest that will do.")


def test_who_may_only_read_reads(reader, open_uri, store):
    assert read(reader, open_uri).is_empty()


def test_who_may_only_read_knows_whether_the_store_is_current(reader, open_uri, store):
    assert (open_uri(reader).is_current(), open_uri(reader).orgs()) == (True, store.orgs())


def test_who_may_only_read_cannot_write(reader, open_uri, store):
    error = refused(open_uri(reader).for_org(ORG).write, [note(1)])
    assert isinstance(error, Permanent)
    assert "refused: cannot execute INSERT in a read-only transaction" in str(error)


def test_who_may_not_enter_is_told(outsider, open_uri, store):
    error = refused(read, outsider, open_uri)
    assert isinstance(error, Permanent)
    assert 'refused: permission denied to set role "devhealth_rows"' in str(error)


def test_who_may_not_prepare_the_store_is_told(outsider, open_uri, new_uri):
    place = changed(new_uri(), user="sinks_outsider")
    assert isinstance(refused(open_uri(place).migrate), Permanent)


def test_options_of_the_address_are_kept(uri, open_uri):
    store = open_uri(f"{uri}?options=-c%20application_name%3Dchosen")
    with store.connection() as connection:
        shown = connection.execute("select current_setting('application_name')").fetchone()
    assert shown == ("chosen",)


def be_frozen(store, org_id):
    """Say nothing for too long, in the middle of a transaction."""
    with store.transaction(org_id) as connection:
        connection.execute("set local idle_in_transaction_session_timeout = 20")
        time.sleep(0.2)
        connection.execute("select 1")


def test_who_is_frozen_in_a_transaction_loses_it_and_may_try_again(store, acme):
    with pytest.raises(Transient, match="did not wait for us"):
        be_frozen(store, acme.org_id)


def test_a_transaction_waits_for_its_writer_as_long_as_a_lease(store, acme):
    with store.transaction(acme.org_id) as connection:
        shown = connection.execute("show idle_in_transaction_session_timeout").fetchone()
    assert shown == ("15s",)


@pytest.mark.parametrize("error", [psycopg.errors.SerializationFailure, psycopg.errors.DiskFull])
def test_the_servers_errors_have_a_kind(store, error):
    kind = Permanent if error is psycopg.errors.DiskFull else Transient
    with pytest.raises(kind), store.connection() as connection:
        connection.execute(f"do $$ begin raise sqlstate '{error.sqlstate}'; end $$")
