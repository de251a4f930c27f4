"""Records of which some columns are changed: by their key, or by how it begins."""

from datetime import date
from uuid import UUID

import polars as pl
import pytest

from devhealth.errors import Permanent
from devhealth.models.records import CommitFile
from tests.devhealth.sinks.classes import GardenDay, Note
from tests.devhealth.sinks.rows import (
    ADA,
    REPO,
    SHELF,
    at,
    commit_file,
    garden,
    note,
    read,
    stored_values,
)

GRACE = UUID(int=9)
OTHER = UUID(int=10)


def titles(*given):
    """A frame that says titles of notes, by number."""
    return pl.DataFrame(
        [(str(SHELF), number, title) for number, title in given],
        schema={"shelf_id": pl.String, "number": pl.Int64, "title": pl.String},
        orient="row",
    )


def by_grace(*hashes):
    return pl.DataFrame(
        {"repo_id": str(REPO), "commit_hash": list(hashes), "author_id": str(GRACE)}
    )


def test_what_is_named_is_changed_and_the_rest_stays(acme, versions):
    acme.write([note(1, title="old", pages=7, tags=["a"]), note(2, title="other")])
    assert versions(1).amend(titles((1, "new")), Note) == 1
    assert read(acme, Note) == [note(1, title="new", pages=7, tags=["a"]), note(2, title="other")]


def test_what_was_changed_carries_the_version(acme, versions):
    acme.write([note(1), note(2)])
    versions(1).amend(titles((2, "new")), Note)
    assert stored_values(acme.read(Note), "number", "synced_at") == [(1, at(0)), (2, at(1))]


def test_every_record_whose_key_begins_so_is_changed(acme, versions):
    acme.write(
        [
            commit_file("a.py", commit_hash="1"),
            commit_file("b.py", commit_hash="1"),
            commit_file("a.py", commit_hash="2"),
            commit_file("a.py", commit_hash="1", repo_id=OTHER),
        ]
    )
    assert versions(1).amend(by_grace("1"), CommitFile) == 2
    assert stored_values(acme.read(CommitFile), "repo_id", "commit_hash", "path", "author_id") == [
        (str(REPO), "1", "a.py", str(GRACE)),
        (str(REPO), "1", "b.py", str(GRACE)),
        (str(REPO), "2", "a.py", str(ADA)),
        (str(OTHER), "1", "a.py", str(ADA)),
    ]


def test_what_says_so_already_stays_as_it_is(acme, versions):
    acme.write([note(1, title="old"), note(2, title=None), note(3)])
    assert versions(1).amend(titles((1, "old"), (2, None), (3, "new")), Note) == 1
    assert stored_values(acme.read(Note), "number", "synced_at") == [
        (1, at(0)),
        (2, at(0)),
        (3, at(1)),
    ]


def test_a_newer_version_stays_as_it_is(acme, versions):
    versions(1).write([note(1, title="newer")])
    assert acme.amend(titles((1, "late")), Note) == 0
    assert read(acme, Note) == [note(1, title="newer")]
    assert acme.newest_version(Note) == at(1)


def test_an_equal_version_is_changed(acme):
    acme.write([note(1, title="old")])
    assert acme.amend(titles((1, "new")), Note) == 1
    assert read(acme, Note) == [note(1, title="new")]


def test_a_write_of_before_that_comes_later_loses(acme, versions):
    acme.write([note(1, title="old", pages=7)])
    versions(2).amend(titles((1, "new")), Note)
    versions(1).write([note(1, title="late")])
    assert read(acme, Note) == [note(1, title="new", pages=7)]


def test_a_tombstone_is_changed_and_stays_one(acme, versions):
    acme.write([note(1, title="old", deleted_at=at(0), deleted_reason="swept")])
    assert versions(1).amend(titles((1, "new")), Note) == 1
    assert read(acme, Note) == []
    assert read(acme, Note, deleted=True) == [
        note(1, title="new", deleted_at=at(0), deleted_reason="swept")
    ]


def test_what_is_not_stored_is_not_made(acme, versions):
    acme.write([note(1)])
    assert versions(1).amend(titles((1, "new"), (2, "other")), Note) == 1
    assert stored_values(acme.read(Note), "number") == [1]


def test_nothing_is_changed_of_an_organisation_without_rows(globex):
    assert globex.amend(titles((1, "new")), Note) == 0
    assert read(globex, Note, deleted=True) == []


def test_nothing_is_changed_of_another_organisation(acme, globex, versions):
    acme.write([note(1, title="acme's")])
    globex.write([note(1, title="globex's")])
    versions(1).amend(titles((1, "new")), Note)
    assert read(globex, Note) == [note(1, title="globex's")]


def test_of_equal_keys_the_last_is_taken(acme, versions):
    acme.write([note(1, title="old")])
    assert versions(1).amend(titles((1, "first"), (1, "last")), Note) == 1
    assert read(acme, Note) == [note(1, title="last")]


def test_an_empty_frame_changes_nothing(acme):
    acme.write([note(1)])
    assert acme.amend(titles(), Note) == 0


VALUES = {
    "title": 'a\n"b"\\\'',
    "pages": 2**40,
    "weight": 0.1,
    "is_open": False,
    "written_at": at(7),
    "due": date(2026, 2, 28),
    "owner_id": ADA,
    "tags": ["a", "b,c", ""],
}


@pytest.mark.parametrize("name", [*VALUES])
@pytest.mark.parametrize("is_null", [True, False])
def test_a_column_of_any_kind_is_changed_to_a_value_and_to_null(acme, versions, name, is_null):
    was, is_now = ({name: VALUES[name]}, {}) if is_null else ({}, {name: VALUES[name]})
    acme.write([note(1, **was)])
    acme.write([note(2, **is_now)])
    other = acme.read(Note, where={"number": 2})
    rows = other.select("shelf_id", pl.lit(1, pl.Int64).alias("number"), name)
    assert versions(2).amend(rows, Note) == 1
    assert versions(3).amend(rows, Note) == 0
    assert read(acme, Note, where={"number": 1}) == [note(1, **is_now)]


@pytest.mark.parametrize(
    "names",
    [
        ("shelf_id", "number"),  # nothing to change
        ("title",),
        ("number", "title"),  # not how the key begins
        ("shelf_id", "number", "titel"),
    ],
)
def test_what_names_no_key_or_no_other_column_is_refused(acme, names):
    rows = pl.DataFrame({name: [None] for name in names})
    with pytest.raises(Permanent, match="notes"):
        acme.amend(rows, Note)


def test_versions_are_never_changed(acme):
    acme.write([garden()])
    rows = acme.latest(GardenDay).select("garden_id", "bed", "population", "day", "picked")
    with pytest.raises(Permanent, match="garden_days"):
        acme.amend(rows, GardenDay)


def test_null_is_refused_where_a_record_has_none(acme):
    acme.write([commit_file()])
    rows = by_grace("c0ffee").with_columns(author_id=pl.lit(None, pl.String))
    with pytest.raises(Permanent, match=r"commit_files\.author_id cannot be null"):
        acme.amend(rows, CommitFile)
