"""PostgreSQL's second lock, tried with SQL of our own: it holds without the sinks' filters."""

import psycopg
import pytest
from psycopg import errors

from tests.devhealth.sinks.classes import TEST_CLASSES, GardenDay, Note
from tests.devhealth.sinks.rows import garden, note

pytestmark = pytest.mark.parametrize("kind", ["postgresql"], indirect=True)

SELECT = "select title from devhealth.notes"
UPDATE = "update devhealth.notes set title = 'taken'"
DELETE = "delete from devhealth.notes"
INSERT = (
    "insert into devhealth.notes (org_id, synced_at, shelf_id, number) values (%s, now(), %s, 9)"
)
OTHER = "00000000-0000-4000-8000-00000000ffff"


@pytest.fixture
def raw(uri):
    """A session as the sinks have it; what it does is undone."""
    with psycopg.connect(uri) as connection:
        connection.execute("set role devhealth_rows")
        yield connection
        connection.rollback()


@pytest.fixture
def owner(uri):
    """The role that connects, and that owns the tables."""
    with psycopg.connect(uri) as connection:
        yield connection
        connection.rollback()


@pytest.fixture(autouse=True)
def _rows(acme, globex):
    for sink, name in ((acme, "acme"), (globex, "globex")):
        sink.write([note(1, title=name)])
        sink.write([garden()])


def enter(connection, org):
    connection.execute("select set_config('devhealth.org', %s, false)", (str(org),))


def test_without_a_setting_no_row_is_seen(raw):
    assert raw.execute(SELECT).fetchall() == []


@pytest.mark.parametrize("org", ["", OTHER])
def test_with_an_empty_or_another_setting_no_row_is_seen(raw, org):
    enter(raw, org)
    assert raw.execute(SELECT).fetchall() == []


def test_with_a_setting_ones_own_rows_are_seen(raw, acme):
    enter(raw, acme.org_id)
    assert raw.execute(SELECT).fetchall() == [("acme",)]


def test_a_setting_that_is_no_uuid_is_an_error_never_everything(raw):
    enter(raw, "' or true --")
    with pytest.raises(errors.InvalidTextRepresentation):
        raw.execute(SELECT)


@pytest.mark.parametrize("org", [None, "", OTHER])
@pytest.mark.parametrize("statement", [UPDATE, DELETE])
def test_without_ones_own_setting_no_row_is_changed(raw, org, statement):
    if org is not None:
        enter(raw, org)
    assert raw.execute(statement).rowcount == 0


@pytest.mark.parametrize("org", [None, "", OTHER])
def test_without_ones_own_setting_no_row_is_written(raw, org, acme):
    if org is not None:
        enter(raw, org)
    with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
        raw.execute(INSERT, (acme.org_id, OTHER))


def test_one_cannot_change_or_delete_anothers_row(raw, acme, globex):
    enter(raw, acme.org_id)
    changed = raw.execute(f"{UPDATE} where org_id = %s", (globex.org_id,)).rowcount
    assert (changed, raw.execute(DELETE).rowcount) == (0, 1)


def test_one_cannot_give_a_row_away(raw, acme, globex):
    enter(raw, acme.org_id)
    with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
        raw.execute("update devhealth.notes set org_id = %s", (globex.org_id,))


def test_copying_past_the_policy_is_refused(raw, acme):
    enter(raw, acme.org_id)
    with (
        pytest.raises(errors.FeatureNotSupported),
        raw.cursor().copy(
            "copy devhealth.notes (org_id, synced_at, shelf_id, number) from stdin"
        ) as copy,
    ):
        copy.write_row((acme.org_id, "now", OTHER, 1))


def test_the_lock_holds_for_the_owner_of_the_tables(owner):
    tables = owner.execute(
        "select count(*) from pg_tables "
        "where schemaname = 'devhealth' and tableowner = current_user"
    ).fetchone()
    assert tables[0] > len(TEST_CLASSES)
    assert owner.execute(SELECT).fetchall() == []


@pytest.mark.parametrize("table", [cls.table for cls in TEST_CLASSES])
def test_every_table_of_rows_is_under_the_lock(owner, table):
    locked = owner.execute(
        "select relrowsecurity and relforcerowsecurity from pg_class where oid = %s::regclass",
        (f"devhealth.{table}",),
    )
    assert locked.fetchone() == (True,)


def test_the_role_of_the_sinks_is_no_owner_and_no_superuser(owner):
    role = owner.execute(
        "select rolsuper, rolbypassrls, rolcanlogin, "
        "(select count(*) from pg_tables where tableowner = rolname and schemaname = 'devhealth') "
        "from pg_roles where rolname = 'devhealth_rows'"
    )
    assert role.fetchone() == (False, False, False, 0)


def test_a_connection_that_served_acme_shows_globex_nothing(open_uri, uri, acme, globex):
    """The same pooled session, one transaction later, with another setting and without one."""
    store, seen, sessions = open_uri(uri), [], set()
    for enter_as in (acme.org_id, globex.org_id, None):
        with store.transaction(enter_as) if enter_as else store.connection() as connection:
            sessions.add(connection.info.backend_pid)
            seen.append([title for (title,) in connection.execute(SELECT)])
    assert (seen, len(sessions)) == ([["acme"], ["globex"], []], 1)


def test_a_pooled_connection_forgets_role_and_organisation(open_uri, uri, acme):
    store = open_uri(uri)
    store.for_org(acme.org_id).read(Note)
    with store.connection() as connection:
        left = connection.execute(
            "select current_user = session_user, current_setting('devhealth.org', true)"
        )
        assert left.fetchone() == (True, "")


def test_a_failed_transaction_leaves_no_organisation_behind(store, acme):
    with pytest.raises(ZeroDivisionError), store.transaction(acme.org_id):
        raise ZeroDivisionError
    with store.connection() as connection:
        assert connection.execute(SELECT).fetchall() == []


@pytest.mark.parametrize("cls", [Note, GardenDay])
def test_rows_on_their_way_in_are_gone_after_the_transaction(store, acme, globex, cls):
    acme.write([note(2)])
    with store.transaction(globex.org_id) as connection:
        names = connection.execute(
            "select relname from pg_class where relname like 'arriving_%%' "
            "and relnamespace = pg_my_temp_schema() and relkind = 'r'"
        )
        left = [connection.execute(f"select 1 from pg_temp.{name}").fetchone() for (name,) in names]
    assert set(left) == {None}
