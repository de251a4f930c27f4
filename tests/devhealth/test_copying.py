"""Rows out of one sink and into another: the same rows, whatever they hold."""

from datetime import timedelta
from uuid import uuid4

import pytest

from devhealth import copying
from devhealth.errors import Permanent
from devhealth.models.records import Commit, PullRequest
from devhealth.sinks import open_store
from devhealth.sinks.tables import CLASSES
from tests.isolation.stored_rows import rows_of


@pytest.fixture
def sinks(tmp_path):
    store = open_store(f"sqlite:///{tmp_path / 'facts.db'}")
    store.migrate()
    yield store.for_org(uuid4()), store.for_org(uuid4())
    store.close()


def told(sink, cls):
    return sink.read(cls).drop(cls.version).sort(*cls.key)


@pytest.mark.parametrize("size", [1, 2, 1000])
def test_every_class_comes_back_as_it_was(sinks, size):
    here, there = sinks
    for rows in rows_of("acme"):
        here.write(rows)
    for cls in CLASSES:
        text = [copying.lines(cls, each) for each in copying.frames(here, cls, size)]
        lines = [line for each in text for line in each.splitlines(keepends=True)]
        assert copying.put(there, cls, copying.parsed(cls, lines, size)) == 2
        assert told(there, cls).equals(told(here, cls))


def test_no_more_than_a_batch_is_held(sinks):
    here, _ = sinks
    here.write([row for rows in rows_of("acme") for row in rows if isinstance(row, Commit)])
    assert [each.height for each in copying.frames(here, Commit, 1)] == [1, 1]


def test_tombstones_and_older_versions_stay_behind(sinks):
    here, _ = sinks
    (rows,) = [each for each in rows_of("acme") if isinstance(each[0], Commit)]
    rows[0].deleted_at = here.version - timedelta(days=1)
    here.write(rows)
    assert sum(each.height for each in copying.frames(here, Commit)) == 1


def test_texts_of_every_kind_come_back(sinks):
    here, there = sinks
    (rows,) = [each for each in rows_of("acme") if isinstance(each[0], PullRequest)]
    rows[0].title = 'a "b"\n\\ \u2028 ü 漢 \t'
    here.write(rows)
    lines = "".join(copying.lines(PullRequest, each) for each in copying.frames(here, PullRequest))
    kept = lines.split("\n")[:-1]
    assert len(kept) == 2
    copying.put(there, PullRequest, copying.parsed(PullRequest, [f"{each}\n" for each in kept]))
    assert told(there, PullRequest).equals(told(here, PullRequest))


def test_a_column_that_is_new_is_filled_and_one_that_nobody_knows_refused(sinks):
    here, _ = sinks
    (rows,) = [each for each in rows_of("acme") if isinstance(each[0], Commit)]
    here.write(rows)
    (frame,) = copying.frames(here, Commit)
    older = frame.drop("subject") if "subject" in frame.columns else frame.drop("parent_count")
    line = older.select("repo_id", "hash").write_ndjson()
    (filled,) = copying.parsed(Commit, line.splitlines(keepends=True))
    assert filled.columns == frame.columns
    with pytest.raises(Permanent, match="newer release"):
        list(copying.parsed(Commit, ['{"repo_id": "x", "mood": 1}\n']))
