"""PostgreSQL's tables may be partitioned by organisation, as docs/stores.md says."""

import re
from pathlib import Path
from uuid import uuid4

import pytest

from devhealth.models.records import CommitFile
from tests.devhealth.sinks.rows import at, commit_file, read

DOCS = Path(__file__).parents[3] / "docs" / "stores.md"
pytestmark = pytest.mark.parametrize("kind", ["postgresql"], indirect=True)


@pytest.fixture(scope="module")
def partitioned(new_uri, open_uri):
    """A store with one organisation's row, after what the page tells an operator to do."""
    store = open_uri(new_uri())
    store.migrate()
    acme = store.for_org(uuid4(), version=at(0))
    acme.write([commit_file("a.py")])
    (recipe,) = re.findall(r"```sql\n(begin;.*?commit;)\n```", DOCS.read_text(), re.DOTALL)
    with store.connection() as connection:
        connection.execute(recipe.removeprefix("begin;").removesuffix("commit;"))
    store.migrate()
    return store, acme


def indexes(connection):
    found = connection.execute(
        "select indexname from pg_indexes where schemaname = 'devhealth' "
        "and tablename = 'commit_files'"
    )
    return sorted(name for (name,) in found)


def test_rows_that_stood_are_read(partitioned):
    _, acme = partitioned
    assert read(acme, CommitFile) == [commit_file("a.py")]


def test_a_newer_version_wins_in_a_partition(partitioned):
    store, acme = partitioned
    newer = store.for_org(acme.org_id, version=at(1))
    newer.write([commit_file("a.py"), commit_file("b.py")])
    acme.write([commit_file("b.py", loc_added=99)])
    assert [each.loc_added for each in read(newer, CommitFile)] == [3, 3]


def test_another_organisation_sees_nothing(partitioned):
    store, _ = partitioned
    assert read(store.for_org(uuid4()), CommitFile) == []


def test_the_databases_lock_holds_for_the_whole_table(partitioned):
    store, _ = partitioned
    with store.transaction(uuid4()) as connection:
        seen = connection.execute("select count(*) from devhealth.commit_files").fetchone()
    assert seen == (0,)


def test_the_store_is_current_and_has_its_indexes(partitioned):
    store, _ = partitioned
    with store.connection() as connection:
        made = indexes(connection)
    assert store.is_current()
    assert made == ["commit_files_committed_at", "commit_files_pkey"]
