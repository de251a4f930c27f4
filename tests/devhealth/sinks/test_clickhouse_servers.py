"""ClickHouse over HTTP: servers that are not there, or refuse, or lose what was said."""

from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest

from devhealth.errors import Permanent, Transient, Unusable
from tests.between import between
from tests.devhealth.sinks.classes import GardenDay, Note
from tests.devhealth.sinks.refusals import PASSWORD, refused
from tests.devhealth.sinks.rows import at, garden, note, read

pytestmark = pytest.mark.parametrize("kind", ["clickhouse"], indirect=True)
ORG = UUID(int=7)


def changed(uri, user=None, password=PASSWORD, port=None, path=None):
    parts = urlsplit(uri)
    netloc = f"{user or parts.username}:{password}@127.0.0.1:{port or parts.port}"
    return parts._replace(netloc=netloc, path=path or parts.path).geturl()


@pytest.fixture
def line(uri, store):
    """A line to the prepared store that can go wrong."""
    with between(uri) as line:
        yield line


@pytest.fixture
def far(line, open_uri):
    """acme at the other end of that line."""
    store = open_uri(line.uri)
    sink = store.for_org(uuid4(), version=at(0))
    sink.read(Note)  # it is connected
    line.mend()
    yield sink
    store.close()


def is_insert(body):
    return body.startswith(b"INSERT")


def is_select(body):
    return b"select" in body.lower()


# --- strangers and absences


def test_a_stranger_is_told_that_the_store_does_not_let_us_in(uri, open_uri):
    error = refused(open_uri(changed(uri)).for_org(ORG).read, Note)
    assert isinstance(error, Unusable)
    assert str(error).startswith(f"The store at 127.0.0.1:{urlsplit(uri).port}/")
    assert "does not let us in: Authentication failed" in str(error)


@pytest.mark.parametrize("act", ["orgs", "migrate", "is_current"])
def test_a_port_without_a_server_may_have_one_later(uri, open_uri, act):
    error = refused(getattr(open_uri(changed(uri, port=1)), act))
    assert isinstance(error, Transient)
    assert "127.0.0.1:1/" in str(error)
    assert "does not answer: Connection refused." in str(error)


def test_a_name_that_is_no_hosts_is_told(uri, open_uri):
    named = changed(uri).replace("127.0.0.1", "store.invalid")
    error = refused(open_uri(named).orgs)
    assert isinstance(error, Transient)
    assert str(error).startswith("The store at store.invalid:")


def test_a_database_that_is_not_there_is_not_prepared(new_uri, open_uri):
    error = refused(open_uri(new_uri()).for_org(ORG).read, Note)
    assert isinstance(error, Unusable)
    assert "is not prepared: run `dev-hops migrate`" in str(error)


def test_an_older_server_is_told_apart(uri, open_uri):
    error = refused(open_uri(uri, oldest=(99, 8)).orgs)
    assert isinstance(error, Unusable)
    assert "is ClickHouse 2" in str(error)
    assert str(error).endswith(": 99.8 is the oldest that will do.")


# --- what a server says


def test_a_statement_that_the_server_ends_by_itself_is_its_operators(store):
    asked = "select sum(number) from system.numbers settings max_execution_time = 0.05"
    with pytest.raises(Unusable, match="ended a statement: Timeout exceeded"):
        store.rows(asked)


@pytest.mark.parametrize(
    ("code", "said", "kind_of_error", "told"),
    [
        (164, "Cannot execute query in readonly mode. (READONLY)", Unusable, "refused: Cannot"),
        (497, "me: Not enough privileges. (ACCESS_DENIED)", Unusable, "refused: me: Not enough"),
        (243, "Cannot reserve 1.00 MiB, not enough space.", Unusable, "is full: make room"),
        (1001, "std::exception: No space left on device", Unusable, "is full: make room"),
        (60, "Table x.notes does not exist. (UNKNOWN_TABLE)", Unusable, "is not prepared: run"),
        (47, "Unknown expression identifier `a`.", Unusable, "is not prepared: run"),
        (241, "Query memory limit exceeded: (for query).", Permanent, "ran out of memory for this"),
        (241, "Memory limit (total) exceeded.", Transient, "is busy: Memory limit (total)"),
        (236, "The front is ending. (ABORTED)", Transient, "does not answer: The front"),
        (279, "All connection tries failed.", Transient, "does not answer: All connection"),
        (225, "There is no ZooKeeper. (NO_ZOOKEEPER)", Transient, "does not answer: There is"),
        (53, "Type mismatch. (TYPE_MISMATCH)", Permanent, "refused a value: Type mismatch."),
        (252, "Too many parts (300). Merges are slower.", Transient, "is busy: Too many parts"),
        (202, "Too many simultaneous queries. Maximum: 100.", Transient, "is busy: Too many"),
        (242, "Table is in readonly mode. (TABLE_IS_READ_ONLY)", Transient, "does not answer: "),
        (999, "Session expired. (KEEPER_EXCEPTION)", Transient, "is busy: Session expired."),
    ],
)
def test_a_servers_errors_have_a_kind_and_a_sentence(line, far, code, said, kind_of_error, told):
    body = f"Code: {code}. DB::Exception: {said} (version 26.8.1.1 (official build))\n"
    line.answers = (500, {"X-ClickHouse-Exception-Code": str(code)}, body.encode())
    error = refused(far.write, [note(1)])
    assert type(error) is kind_of_error
    assert told in str(error)
    assert "version" not in str(error)


@pytest.mark.parametrize("status", [502, 503, 504])
def test_what_stands_before_a_server_may_be_asked_again(line, far, status):
    line.answers = (status, {}, b"<html>Bad gateway</html>")
    error = refused(far.read, Note)
    assert isinstance(error, Transient)


def test_an_answer_that_is_no_table_may_be_asked_for_again(line, far):
    line.answers = (200, {}, b"<html>Please log in to this network</html>")
    error = refused(far.read, Note)
    assert isinstance(error, Transient)
    assert "answered is no table: try again" in str(error)


def test_a_server_that_does_not_speak_tls_is_told_apart(uri, open_uri):
    error = refused(open_uri(f"{uri}?secure=1").orgs)
    assert isinstance(error, Unusable)


@pytest.mark.parametrize("compress", ["lz4", "gzip"])
def test_what_is_sent_may_be_compressed(uri, open_uri, compress):
    sink = open_uri(f"{uri}?compress={compress}").for_org(uuid4(), version=at(0))
    sink.write([note(each, title="x" * 1000) for each in range(100)])
    assert sink.read(Note).height == 100


def test_a_compression_that_is_none_is_told(uri, open_uri):
    error = refused(open_uri(f"{uri}?compress=zip").orgs)
    assert isinstance(error, Unusable)
    assert str(error).endswith("refused: Unsupported compression method zip.")


def test_an_erase_that_the_server_cannot_do_says_so_instead_of_waiting(store, acme):
    acme.write([note(1)])
    notes = store.dialect.table("notes")
    failing = f"throwIf(org_id = toUUID('{acme.org_id}'), 'the disk is on fire')"
    store.command(f"alter table {notes} delete where {failing} settings mutations_sync = 0")
    with pytest.raises(Transient, match=r"has not erased all yet: .*the disk is on fire"):
        acme.erase()
    named = f"position(command, '{acme.org_id}') > 0"
    store.command(f"kill mutation where {named}")
    acme.erase()
    assert acme.read(Note, deleted=True).is_empty()


# --- lines that break


def test_a_write_that_is_cut_in_mid_body_leaves_nothing(line, far):
    line.cut, line.wrong = True, is_insert
    with pytest.raises(Transient, match="does not answer"):
        far.write([note(each, title="x" * 100) for each in range(1000)])
    line.mend()
    assert read(far, Note) == []


def test_after_a_write_that_was_cut_the_next_works(line, far):
    line.cut, line.wrong = True, is_insert
    with pytest.raises(Transient):
        far.write([garden(0, picked=1)])
    line.mend()
    far.write([garden(0, picked=2)])
    assert far.latest(GardenDay)["picked"].to_list() == [2]


@pytest.mark.parametrize(
    ("rows", "table"), [([note(1), note(2)], "notes"), ([garden(0), garden(40)], "garden_days")]
)
def test_a_write_whose_answer_is_lost_is_sent_again_and_stands_once(store, line, far, rows, table):
    line.lost, line.wrong = 1, is_insert
    far.write(rows)
    assert line.asked == 2
    assert store.rows(
        f"select count() from {store.dialect.table(table)} where org_id = {{org:UUID}}",
        {"org": str(far.org_id)},
    ) == [(len(rows),)]


def test_a_read_whose_answer_is_lost_is_asked_again(line, far):
    far.write([note(1)])
    line.lost, line.wrong = 1, is_select
    assert read(far, Note) == [note(1)]


def test_a_server_that_has_gone_brings_no_values_into_the_log(line, far, caplog):
    line.lost, line.wrong = 1, is_select
    line.server_close()
    with pytest.raises(Transient):
        far.read(Note, where={"title": "sesame"})
    assert "sesame" not in caplog.text


def test_the_same_rows_written_on_purpose_are_no_repetition_of_a_block(far):
    for title in ("a", "b", "a"):
        far.write([note(1, title=title)])
    assert read(far, Note) == [note(1, title="a")]
