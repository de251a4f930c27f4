"""What goes wrong says so in a sentence, and never says a password."""

from uuid import UUID

import pytest

from devhealth.errors import Permanent
from devhealth.models.records import Identity
from devhealth.sinks import ALIASES, canonical, open_store
from tests.devhealth.sinks.classes import GardenDay, Note
from tests.devhealth.sinks.refusals import PASSWORD, refused
from tests.devhealth.sinks.rows import SHELF, at

ORG = UUID(int=7)


# --- addresses


@pytest.mark.parametrize(
    ("uri", "named"),
    [
        ("oracle://host/db", "`oracle` is no known kind"),
        (f"oracle://me:{PASSWORD}@host/db", "`oracle` is no known kind"),
        (f"host=here password={PASSWORD}", "That is no known kind"),
        (f"host=here password={PASSWORD}://", "That is no known kind"),
        (PASSWORD, "That is no known kind"),
        ("", "That is no known kind"),
        ("POSTGRESQL://host/db", "`POSTGRESQL` is no known kind"),
        ("sqlite:/one/slash.db", "That is no known kind"),
    ],
)
def test_an_unknown_scheme_names_the_known_ones(uri, named):
    text = str(refused(open_store, uri))
    assert text.startswith(named)
    assert "a URI begins with postgresql://, sqlite://, clickhouse://, chdb://" in text


@pytest.mark.parametrize(
    "uri",
    [
        f"postgresql://me:{PASSWORD}@[half/db",
        f"postgresql://me:{PASSWORD}@host:port/db",
        f"postgresql://me:{PASSWORD}/with@slash:0pen@host/db",
        f"postgresql://host/db?pasword={PASSWORD}",
        f"postgresql://me:{PASSWORD}%zz@host/db",
    ],
)
def test_an_address_that_cannot_be_read_shows_how_one_looks(uri):
    text = str(refused(open_store, uri))
    assert "is not `postgresql://user:password@host:port/database`" in text


@pytest.mark.parametrize(
    "uri",
    [
        f"clickhouse://me:{PASSWORD}@[half/db",
        f"clickhouse://me:{PASSWORD}@host:port/db",
        f"clickhouse://me:{PASSWORD}@host:99999/db",
        f"clickhouse://me:0pen/{PASSWORD}@host:8123/db",
        f"clickhouse://me:12/{PASSWORD}@host:8123/db",
        f"clickhouse://me:12?{PASSWORD}=x@host:8123/db",
        f"clickhouse://me:12#{PASSWORD}@host:8123/db",
        f"clickhouse://me:pen?{PASSWORD}=x",
        f"clickhouse://me:{PASSWORD}@host/db?secure",
    ],
)
def test_a_clickhouse_address_that_cannot_be_read_shows_how_one_looks(uri):
    text = str(refused(open_store, uri))
    assert "is not `clickhouse://user:password@host:port/database`" in text


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ("colour=red", "has no option `colour`: secure, verify, replicated, sharded"),
        ("secure=perhaps", "The store's option `secure` is 1 or 0."),
        ("sharded=1", "A store that is sharded names its cluster, too"),
        ("secure=1&ca_cert=/none.pem", "There is no file /none.pem for the store's `ca_cert`."),
    ],
)
def test_a_clickhouse_option_that_is_none_is_named(options, reason):
    assert reason in str(refused(open_store, f"clickhouse://me:{PASSWORD}@host/db?{options}"))


@pytest.mark.parametrize("uri", ["chdb://", "chdb:///", "chdb://facts", "chdb://facts/more"])
def test_an_embedded_clickhouse_is_a_directory(uri):
    text = "An embedded ClickHouse is a directory: `chdb:///devhealth.chdb`."
    assert str(refused(open_store, uri)) == text


def test_an_embedded_clickhouse_has_one_option(tmp_path):
    text = str(refused(open_store, f"chdb:///{tmp_path}/facts?cluster=main"))
    assert text == "A store's URI has no option `cluster`: database."


@pytest.mark.parametrize(
    ("alias", "uri"),
    [
        ("postgres://me@host/db", "postgresql://me@host/db"),
        ("postgresql+asyncpg://me@host/db", "postgresql://me@host/db"),
        ("sqlite+aiosqlite:///facts.db", "sqlite:///facts.db"),
        ("clickhouse://me@host/db", "clickhouse://me@host/db"),
        ("nothing", "nothing"),
    ],
)
def test_other_spellings_of_a_scheme_mean_the_same(alias, uri):
    assert canonical(alias) == uri


@pytest.mark.parametrize("scheme", ALIASES)
def test_every_other_spelling_opens_a_store(scheme, tmp_path):
    open_store(f"{scheme}:///{tmp_path}/facts").close()


@pytest.mark.parametrize(
    "uri", ["sqlite://", "sqlite:///", "sqlite://facts.db", "sqlite:///:memory:"]
)
def test_a_sqlite_store_is_a_file(uri):
    assert str(refused(open_store, uri)) == "A SQLite store is a file: `sqlite:///devhealth.db`."


@pytest.mark.parametrize("scheme", ["postgresql", "clickhouse"])
def test_opening_does_not_connect(scheme):
    open_store(f"{scheme}://nobody@127.0.0.1:1/nowhere").close()


# --- questions


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"where": {"nothing": 1}}, "notes has no column `nothing` to filter on"),
        ({"where": {"org_id": ORG}}, "notes has no column `org_id` to filter on"),
        ({"where": {"1 = 1 or title": 1}}, "notes has no column `1 = 1 or title`"),
        ({"columns": ["number", "nothing", "none"]}, "notes has no column none, nothing"),
        ({"columns": ["org_id"]}, "notes has no column org_id"),
        ({"columns": []}, "asks for one column at least"),
        ({"at": "due", "since": at(0)}, "notes is not read by `due`"),
        ({"at": "nothing", "since": at(0)}, "notes is not read by `nothing`"),
        ({"since": at(0).replace(tzinfo=None)}, "is no instant with a time zone"),
        ({"since": "2026-01-01"}, "`2026-01-01` is no instant"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(acme, asked, reason):
    with pytest.raises(Permanent, match=reason):
        acme.read(Note, **asked)


def test_a_class_without_instants_has_no_window(acme):
    with pytest.raises(Permanent, match="identities is not read by an instant"):
        acme.read(Identity, at(0))


@pytest.mark.parametrize(
    ("cls", "keys", "reason"),
    [
        (Note, [(SHELF,)], "A key of notes is shelf_id, number"),
        (Note, [(SHELF, 1), (SHELF, 1, 2)], "A key of notes is shelf_id, number"),
        (Note, [(SHELF, "1")], "`1` is no whole number"),
        (Note, [("shelf", 1)], "`shelf` is no UUID"),
        (GardenDay, [(SHELF, "a", "all", "today")], "`today` is no day"),
    ],
)
def test_a_key_of_the_wrong_shape_is_refused(acme, cls, keys, reason):
    with pytest.raises(Permanent, match=reason):
        acme.get(cls, keys)
