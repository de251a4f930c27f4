"""Records: the newest version of each key, tombstones apart."""

import asyncio
import logging
from datetime import UTC, datetime

import polars as pl
import pytest

from devhealth.errors import Permanent
from devhealth.models.records import CommitFile, Repository
from tests.devhealth.sinks.classes import Note
from tests.devhealth.sinks.rows import (
    ADA,
    REPO,
    at,
    commit_file,
    noon,
    note,
    read,
    stored_values,
)


def test_what_is_written_is_read(acme):
    acme.write([commit_file("a.py"), commit_file("b.py", previous_path="c.py")])
    assert read(acme, CommitFile) == [
        commit_file("a.py"),
        commit_file("b.py", previous_path="c.py"),
    ]


def test_write_tells_how_many_rows_it_was_given(acme):
    assert acme.write([note(1), note(2)]) == 2


def test_the_pipeline_writes_off_its_event_loop(acme):
    assert asyncio.run(acme.write_batch([note(1), note(2)])) == 2
    assert acme.read(Note).height == 2


def test_writing_twice_leaves_one_row(acme):
    for _ in range(2):
        acme.write([note(1)])
    assert read(acme, Note) == [note(1)]


def test_a_newer_version_wins(acme, versions):
    acme.write([note(1, title="old")])
    versions(1).write([note(1, title="new")])
    assert read(acme, Note) == [note(1, title="new")]


def test_a_late_older_version_loses(acme, versions):
    versions(1).write([note(1, title="new")])
    acme.write([note(1, title="old")])
    assert read(acme, Note) == [note(1, title="new")]


def test_a_record_is_replaced_as_a_whole(acme, versions):
    acme.write([note(1, title="old", pages=7, tags=["a"])])
    versions(1).write([note(1)])
    assert read(acme, Note) == [note(1)]


def test_the_same_version_written_again_replaces(acme):
    acme.write([note(1, title="first page of the list")])
    acme.write([note(1, title="second page of the list")])
    assert read(acme, Note) == [note(1, title="second page of the list")]


def test_of_equal_keys_in_one_batch_the_last_is_written(acme):
    acme.write([note(1, title="first"), note(2), note(1, title="last")])
    assert read(acme, Note) == [note(1, title="last"), note(2)]


def test_an_empty_batch_writes_nothing(acme, store):
    assert acme.write([]) == 0
    assert acme.org_id not in store.orgs()


def test_an_empty_frame_writes_nothing(acme):
    assert acme.write(acme.read(Note), Note) == 0


def test_rows_carry_the_version_they_were_written_with(acme, versions):
    acme.write([note(1), note(2)])
    versions(1).write([note(2)])
    assert stored_values(acme.read(Note), "number", "synced_at") == [(1, at(0)), (2, at(1))]


def test_a_version_is_cut_to_milliseconds(store, acme):
    sink = store.for_org(acme.org_id, version=at(0).replace(microsecond=1999))
    sink.write([note(1)])
    assert acme.newest_version(Note) == at(0).replace(microsecond=1000)


def test_a_version_of_a_year_that_no_store_keeps_is_refused(store, acme):
    with pytest.raises(Permanent, match="The clock says 2300, a year that no store keeps"):
        store.for_org(acme.org_id, version=datetime(2300, 1, 1, tzinfo=UTC))


def test_a_version_needs_a_time_zone(store, acme):
    with pytest.raises(Permanent, match="is no instant with a time zone"):
        store.for_org(acme.org_id, version=at(0).replace(tzinfo=None))


ACTS = {
    "write": lambda sink: sink.write([note(1, title="sesame")]),
    "read": lambda sink: sink.read(Note, where={"title": "sesame"}),
}


@pytest.mark.parametrize("act", ACTS)
def test_statements_are_noted_without_their_values(acme, caplog, act):
    acme.write([note(2)])
    with caplog.at_level(logging.DEBUG, "devhealth.sinks"):
        ACTS[act](acme)
    assert "notes" in caplog.text
    assert "sesame" not in caplog.text


# --- tombstones


def gone(number=1):
    return note(number, deleted_at=at(1), deleted_reason="swept")


def test_a_tombstone_hides_its_record(acme, versions):
    acme.write([note(1), note(2)])
    versions(1).write([gone(1)])
    assert read(acme, Note) == [note(2)]


@pytest.mark.parametrize("ask", ["page", "get"])
def test_a_tombstone_hides_everywhere(acme, ask):
    acme.write([gone(1)])
    asked = {"page": (Note,), "get": (Note, [(note(1).shelf_id, 1)])}[ask]
    assert getattr(acme, ask)(*asked).is_empty()


def test_tombstones_are_shown_on_request(acme):
    acme.write([gone(1), note(2)])
    assert read(acme, Note, deleted=True) == [gone(1), note(2)]


def test_a_newer_version_restores(acme, versions):
    versions(1).write([gone(1)])
    versions(2).write([note(1)])
    assert read(acme, Note) == [note(1)]


def test_a_late_older_version_does_not_restore(acme, versions):
    versions(1).write([gone(1)])
    acme.write([note(1)])
    assert read(acme, Note) == []


def test_the_newest_version_counts_tombstones(acme, versions):
    acme.write([note(1)])
    versions(1).write([gone(2)])
    assert acme.newest_version(Note) == at(1)


def test_without_rows_there_is_no_newest_version(acme):
    assert acme.newest_version(Note) is None


# --- windows and filters


@pytest.mark.parametrize(
    ("since", "until", "numbers"),
    [
        (None, None, [0, 1, 2, 9]),
        (noon(1), None, [1, 2]),
        (None, noon(1), [0]),
        (noon(0), noon(2), [0, 1]),
        (noon(1).date(), noon(2).date(), [1]),
        (noon(2), noon(0), []),
    ],
)
def test_a_window_is_half_open_and_leaves_out_what_has_no_instant(acme, since, until, numbers):
    acme.write([note(9), *(note(each, written_at=noon(each)) for each in range(3))])
    assert stored_values(acme.read(Note, since, until), "number") == numbers


def test_a_window_may_lie_on_the_version(acme, versions):
    acme.write([note(1)])
    versions(1).write([note(2)])
    assert stored_values(acme.read(Note, until=at(1), at="synced_at"), "number") == [1]


@pytest.mark.parametrize(
    ("where", "numbers"),
    [
        ({"title": "a"}, [1]),
        ({"title": None}, [3]),
        ({"title": ["a", "b"]}, [1, 2]),
        ({"title": ["a", None]}, [1, 3]),
        ({"title": ("b",), "pages": 5}, [2]),
        ({"title": []}, []),
        ({"owner_id": ADA}, [1]),
        ({"owner_id": str(ADA).upper()}, [1]),
        ({"is_open": True}, [2]),
        ({"weight": 1}, [3]),
        ({"written_at": noon(0)}, [1]),
        ({"due": noon(0).date()}, [2]),
        ({"owner_id": [ADA, str(REPO)]}, [1]),
        ({"is_open": [True, False]}, [2]),
        ({"weight": [0.1, 1]}, [3]),
        ({"written_at": [noon(0), noon(1)]}, [1]),
        ({"due": [noon(0).date(), noon(1)]}, [2]),
        ({"pages": list(range(40_000))}, [2]),
        ({"title": ["a'b", 'c"d', "\\", "😀", "\n", "b"]}, [2]),
    ],
)
def test_a_filter_takes_a_value_a_list_or_null(acme, where, numbers):
    acme.write(
        [
            note(1, title="a", owner_id=ADA, written_at=noon(0)),
            note(2, title="b", pages=5, is_open=True, due=noon(0).date()),
            note(3, weight=1.0),
        ]
    )
    assert stored_values(acme.read(Note, where=where), "number") == numbers


def test_columns_are_read_in_the_order_asked(acme):
    acme.write([note(1, title="a")])
    frame = acme.read(Note, columns=["synced_at", "title", "number"])
    assert frame.to_dicts() == [{"synced_at": at(0), "title": "a", "number": 1}]


def test_a_single_column_keeps_its_nulls(acme):
    acme.write([note(1), note(2, title=""), note(3, title="a")])
    titles = acme.read(Note, columns=["title"])["title"]
    assert titles.sort(nulls_last=True).to_list() == ["", "a", None]


def test_a_class_without_rows_reads_as_an_empty_frame_of_its_columns(acme):
    acme.write([note(1)])
    assert acme.read(CommitFile).schema == acme.read(CommitFile, deleted=True).schema
    assert acme.read(CommitFile).columns[:3] == ["repo_id", "commit_hash", "path"]


def test_a_filter_asks_the_newest_version_only(acme, versions):
    acme.write([note(1, title="old")])
    versions(1).write([note(1, title="new")])
    assert acme.read(Note, where={"title": "old"}).is_empty()


def test_a_window_asks_the_newest_version_only(acme, versions):
    acme.write([note(1, written_at=noon(0))])
    versions(1).write([note(1, written_at=noon(9))])
    assert acme.read(Note, noon(0), noon(1)).is_empty()


def test_a_page_and_its_order_ask_the_newest_version_only(acme, versions):
    acme.write([note(1, pages=1), note(2, pages=2)])
    versions(1).write([note(1, pages=3)])
    assert acme.page(Note, order=[("pages", "asc")])["number"].to_list() == [2, 1]


# --- by key


def test_get_brings_the_rows_of_keys_and_nothing_for_a_missing_one(acme):
    acme.write([commit_file("a.py"), commit_file("b.py"), commit_file("c.py")])
    keys = [(REPO, "c0ffee", "a.py"), (str(REPO), "c0ffee", "c.py"), (REPO, "c0ffee", "none")]
    assert stored_values(acme.get(CommitFile, keys), "path") == ["a.py", "c.py"]


def test_get_takes_whole_keys_never_a_mixture_of_two(acme):
    acme.write([commit_file("a.py", commit_hash="1"), commit_file("b.py", commit_hash="2")])
    assert acme.get(CommitFile, [(REPO, "1", "b.py"), (REPO, "2", "a.py")]).is_empty()


def test_get_brings_a_row_once(acme):
    acme.write([note(1)])
    assert acme.get(Note, [(note().shelf_id, 1)] * 2).height == 1


def test_get_of_no_keys_is_an_empty_frame_of_the_same_columns(acme):
    acme.write([note(1)])
    assert acme.get(Note, []).schema == acme.get(Note, [(note().shelf_id, 1)]).schema


def test_get_of_many_keys(acme):
    acme.write([note(each) for each in range(2000)])
    keys = [(note().shelf_id, each) for each in range(0, 40_000, 2)]
    assert acme.get(Note, [*keys, *keys[:10]]).height == 1000


# --- frames


def test_a_frame_that_was_read_can_be_written(acme, versions):
    written = note(1, title="a", tags=["x"], owner_id=ADA, written_at=noon(0), is_open=False)
    acme.write([written])
    versions(1).write(acme.read(Note).with_columns(pages=pl.lit(7, pl.UInt32)), Note)
    written.pages = 7
    assert read(acme, Note) == [written]


def test_a_frame_may_have_other_columns_in_any_order(acme):
    acme.write([note(1, title="a")])
    frame = acme.read(Note)
    acme.write(frame.select(pl.lit(1).alias("more"), *reversed(frame.columns)), Note)
    assert read(acme, Note) == [note(1, title="a")]


ODD = ("", " ", r"\N", r"\.", 'a "b", c', "a\nb", "a\n\\.\nb", "a\rb", "null", "ä\u2028b")


def test_a_frame_of_odd_texts_is_stored_as_it_is(acme):
    """One by one, too: a text that cannot go the fast way takes all of its frame along."""
    acme.write([commit_file(text) for text in ODD])
    frame = acme.read(CommitFile).with_columns(previous_path="path", loc_added=pl.lit(7, pl.Int64))
    for part in frame.iter_slices(1):
        acme.write(part, CommitFile)
    assert {file.previous_path for file in read(acme, CommitFile)} == set(ODD)
    acme.write(frame.with_columns(previous_path=pl.lit(None, pl.String)), CommitFile)
    assert {(file.previous_path, file.loc_added) for file in read(acme, CommitFile)} == {(None, 7)}


def test_a_frame_needs_its_class(acme):
    with pytest.raises(Permanent, match="written with its class"):
        acme.write(pl.DataFrame({"number": [1]}))


def test_a_frame_that_lacks_columns_is_refused_by_name(acme):
    with pytest.raises(Permanent, match=r"A frame of notes lacks shelf_id, number\.$"):
        acme.write(acme.read(Note).drop("shelf_id", "number").clear(1), Note)


def test_a_key_of_one_column(acme):
    repository = Repository(
        repo_id=REPO, source_id="local", provider="local", full_name="a", url=""
    )
    acme.write([repository])
    assert acme.get(Repository, [(REPO,)]).height == 1
