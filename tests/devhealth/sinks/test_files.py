"""SQLite files that are not there, or are something else."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pytest

from devhealth.sinks.sqlite import PATIENCE, connect
from tests.devhealth.sinks.classes import Note
from tests.devhealth.sinks.refusals import refused
from tests.devhealth.sinks.rows import REPO, note

ORG = UUID(int=7)
MANY = 8


def test_a_missing_directory_is_named(open_uri, tmp_path):
    error = refused(open_uri(f"sqlite:///{tmp_path}/none/facts.db").migrate)
    assert (
        str(error) == f"The directory {tmp_path}/none of the store does not exist: make it first."
    )


@pytest.mark.parametrize("act", ["migrate", "orgs", "is_current"])
def test_a_file_that_is_no_database_is_named(open_uri, tmp_path, act):
    (tmp_path / "facts.db").write_text("Dear diary, " * 100)
    error = refused(getattr(open_uri(f"sqlite:///{tmp_path}/facts.db"), act))
    assert str(error).startswith(f"The file {tmp_path}/facts.db is no SQLite database")


def test_a_directory_is_no_file(open_uri, tmp_path):
    error = refused(open_uri(f"sqlite:///{tmp_path}").migrate)
    assert "cannot be opened: name a file" in str(error)


def test_reading_makes_no_file(open_uri, tmp_path):
    refused(open_uri(f"sqlite:///{tmp_path}/facts.db").for_org(ORG).read, Note)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["facts", "a b%20c.db", "fact's?.db", "Fakten-ä.sqlite3"])
def test_a_file_may_have_any_name(open_uri, tmp_path, name):
    (tmp_path / "facts.0.db").touch()
    store = open_uri(f"sqlite:///{tmp_path}/{name}".replace("?", "%3F"))
    store.migrate()
    store.for_org(ORG).write([note(1)])
    assert store.orgs() == [ORG]


def test_the_first_write_prepares_the_store(open_uri, tmp_path):
    store = open_uri(f"sqlite:///{tmp_path}/facts.db")
    store.for_org(ORG).write([note(1)])
    assert (store.is_current(), store.for_org(REPO).read(Note).height) == (True, 0)


def test_a_new_file_is_opened_by_many_at_once(tmp_path):
    paths = [tmp_path / f"{place}.db" for place in range(100)]
    with ThreadPoolExecutor(MANY) as pool:
        for path in paths:
            start = Barrier(MANY)
            opened = [pool.submit(opened_with_others, path, start) for _ in range(MANY)]
            assert [each.result() for each in opened] == ["wal"] * MANY


def opened_with_others(path, start):
    start.wait()
    connection = connect(path, PATIENCE, new=True)
    (mode,) = connection.execute("pragma journal_mode").fetchone()
    connection.close()
    return mode


def test_an_older_sqlite_is_told_apart(open_uri, tmp_path):
    uri = f"sqlite:///{tmp_path}/facts.db"
    assert str(refused(lambda: open_uri(uri, oldest=(99, 1)))).endswith(
        ": 99.1 is the oldest that will do."
    )


def test_a_full_disk_says_so_and_leaves_what_stood(open_uri, tmp_path):
    store = open_uri(f"sqlite:///{tmp_path}/facts.db")
    sink = store.for_org(ORG)
    sink.write([note(1)])
    with store.transaction(store.file_of(ORG)) as connection:  # the only one, so the next, too
        (pages,) = connection.execute("pragma page_count").fetchone()
        connection.execute(f"pragma max_page_count = {pages}")
    error = refused(sink.write, [note(each, title="x" * 1000) for each in range(2, 99)])
    assert str(error) == f"The disk of the store {store.file_of(ORG)} is full: make room."
    assert sink.read(Note)["number"].to_list() == [1]
