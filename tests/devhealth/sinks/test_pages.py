"""Pages: a total order, continued after a row, nulls last in both directions."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devhealth.errors import Permanent
from devhealth.models.fields import types_of
from devhealth.models.records import Repository
from devhealth.sinks.conditions import AtLeast, Has
from devhealth.sinks.query import page_order
from tests.devhealth.sinks.classes import GardenDay, Note
from tests.devhealth.sinks.rows import (
    ADA,
    HERBS,
    REPO,
    ROSES,
    SHELF,
    at,
    day,
    garden,
    noon,
    note,
)

SORTABLE = [name for name, (kind, _) in types_of(Note).items() if kind != "texts"]


def numbers(frame):
    return frame["number"].to_list()


def pages(sink, cls, order=(), limit=2, **asked):
    """Every row, page by page, as dictionaries; no more pages than rows can fill."""
    rows, after = [], None
    while True:
        page = sink.page(cls, order=order, after=after, limit=limit, **asked).to_dicts()
        rows += page
        if len(page) < limit:
            return rows
        after = [page[-1][name] for name, _ in page_order(cls, order)]


def test_without_an_order_rows_come_by_key(acme):
    acme.write([note(each) for each in (3, 1, 2)])
    assert numbers(acme.page(Note)) == [1, 2, 3]


def test_a_page_has_at_most_its_limit(acme):
    acme.write([note(each) for each in range(5)])
    assert numbers(acme.page(Note, limit=3)) == [0, 1, 2]


def test_a_limit_of_nothing_is_an_empty_page(acme):
    acme.write([note(1)])
    assert acme.page(Note, limit=0).is_empty()


def test_the_next_page_begins_after_the_row_given(acme):
    acme.write([note(each) for each in range(5)])
    assert numbers(acme.page(Note, after=[SHELF, 2])) == [3, 4]


def test_the_row_given_need_not_exist(acme):
    acme.write([note(each) for each in (1, 5)])
    assert numbers(acme.page(Note, after=[str(SHELF), 3])) == [5]


@pytest.mark.parametrize("way", ["asc", "desc"])
def test_ties_of_the_leading_column_are_told_apart_by_the_key(acme, way):
    acme.write([note(each, pages=7) for each in range(5)])
    assert [row["number"] for row in pages(acme, Note, [("pages", way)])] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 10])
@pytest.mark.parametrize(("way", "expected"), [("asc", [3, 1, 5, 2, 4]), ("desc", [5, 1, 3, 2, 4])])
def test_nulls_come_last_in_both_directions(acme, way, expected, limit):
    sizes = {1: 20, 2: None, 3: 10, 4: None, 5: 30}
    acme.write([note(each, pages=size) for each, size in sizes.items()])
    rows = pages(acme, Note, [("pages", way)], limit)
    assert [row["number"] for row in rows] == expected


def test_directions_may_differ(acme):
    acme.write([note(each, pages=each // 2) for each in range(4)])
    rows = pages(acme, Note, [("pages", "desc"), ("number", "asc")], 1)
    assert [row["number"] for row in rows] == [2, 3, 0, 1]


def test_all_may_descend(acme):
    acme.write([note(each) for each in range(4)])
    rows = pages(acme, Note, [("shelf_id", "desc"), ("number", "desc")], 1)
    assert [row["number"] for row in rows] == [3, 2, 1, 0]


def test_texts_are_ordered_by_their_code_points(acme):
    titles = ["Z", "a", "É", "\uffee", "😀", "", "ab", "a b", "B"]
    acme.write([note(each, title=title) for each, title in enumerate(titles)])
    rows = pages(acme, Note, [("title", "asc")])
    assert [row["title"] for row in rows] == sorted(titles)


def test_a_row_that_arrives_behind_the_cursor_is_seen_and_none_is_seen_twice(acme):
    acme.write([note(each) for each in (2, 4, 6)])
    first = acme.page(Note, limit=2)
    acme.write([note(each) for each in (1, 3, 5)])
    second = acme.page(Note, after=[SHELF, first["number"][-1]], limit=10)
    assert (numbers(first), numbers(second)) == ([2, 4], [5, 6])


def test_a_row_that_goes_away_while_paging_takes_none_with_it(acme, versions):
    acme.write([note(each) for each in range(4)])
    first = acme.page(Note, limit=2)
    versions(1).write([note(1, deleted_at=at(1)), note(2, deleted_at=at(1))])
    assert numbers(acme.page(Note, after=[SHELF, first["number"][-1]])) == [3]


def test_a_page_has_a_filter_and_a_window(acme):
    acme.write([note(each, written_at=noon(each), is_open=bool(each % 2)) for each in range(8)])
    asked = {"where": {"is_open": True}, "since": noon(2), "until": noon(7)}
    assert [row["number"] for row in pages(acme, Note, limit=1, **asked)] == [3, 5]


def test_the_window_of_a_page_is_of_the_instant_that_is_named(acme, versions):
    versions(1).write([note(1, written_at=noon(1))])
    versions(2).write([note(2, written_at=noon(1)), note(3, written_at=noon(1))])
    asked = {"at": "synced_at", "since": at(2), "until": at(3)}
    assert [row["number"] for row in pages(acme, Note, limit=1, **asked)] == [2, 3]


def test_rollups_are_paged_by_day_and_key_at_their_newest_version(acme, versions):
    acme.write([garden(each, garden_id=one) for each in range(3) for one in (HERBS, ROSES)])
    versions(1).write([garden(1, picked=7)])
    rows = pages(acme, GardenDay, [("day", "desc")], since=day(1))
    assert [(row["day"], row["garden_id"], row["picked"]) for row in rows] == [
        (day(2), str(ROSES), 0),
        (day(2), str(HERBS), 0),
        (day(1), str(ROSES), 7),
        (day(1), str(HERBS), 0),
    ]


def test_a_class_without_instants_is_paged(acme):
    rest = {"source_id": "local", "provider": "local", "url": ""}
    acme.write([Repository(repo_id=REPO, full_name="b", **rest)])
    acme.write([Repository(repo_id=ADA, full_name="a", **rest)])
    rows = pages(acme, Repository, [("full_name", "asc")], 1)
    assert [row["full_name"] for row in rows] == ["a", "b"]


# --- what cannot be asked


@pytest.mark.parametrize("name", ["nothing", "tags", "org_id", "number; drop table notes"])
def test_an_unknown_column_cannot_order(acme, name):
    with pytest.raises(Permanent, match=f"notes has no column `{name}` to order by"):
        acme.page(Note, order=[(name, "asc")])


def test_an_unknown_direction_is_refused(acme):
    with pytest.raises(Permanent, match="`up; drop table notes` is no direction: asc or desc"):
        acme.page(Note, order=[("number", "up; drop table notes")])


def test_a_page_goes_on_after_as_many_values_as_its_order_has(acme):
    with pytest.raises(Permanent, match="A page of notes goes on after 2 values"):
        acme.page(Note, after=[1])


@pytest.mark.parametrize("value", ["x", 1.5, None])
def test_a_page_goes_on_after_values_of_the_right_kind(acme, value):
    acme.write([note(1)])
    with pytest.raises(Permanent, match=r"cannot go on after no number|no whole number"):
        acme.page(Note, after=[SHELF, value])


def test_a_negative_limit_is_refused(acme):
    with pytest.raises(Permanent, match="A page has no -1 rows"):
        acme.page(Note, limit=-1)


# --- all of it at once


def few(*values):
    return st.none() | st.sampled_from(values)


any_notes = st.lists(
    st.builds(
        note,
        number=st.integers(0, 9),
        shelf_id=st.sampled_from([SHELF, ROSES]),
        title=few("", "a", "B", "é", "a\n"),
        pages=few(-1, 0, 2**60),
        weight=few(-1.5, 0.0, 1e300),
        is_open=few(True, False),
        written_at=few(noon(0), noon(1)),
        due=few(day(0), day(1)),
        owner_id=few(ADA, REPO),
    ),
    max_size=14,
)
any_order = st.lists(
    st.tuples(st.sampled_from(SORTABLE), st.sampled_from(["asc", "desc"])),
    max_size=3,
    unique_by=lambda part: part[0],
)


@given(any_notes, any_order, st.integers(1, 5))
def test_pages_together_are_all_rows_in_order(store, some, order, limit):
    sink = store.for_org(uuid4(), version=at(0))
    sink.write(some)
    expected = sink.read(Note).to_dicts()
    for name, way in reversed(page_order(Note, order)):
        expected.sort(key=nulls_last(name, way), reverse=way == "desc")
    assert pages(sink, Note, order, limit) == expected


def nulls_last(name, way):
    return lambda row: ((row[name] is None) == (way == "asc"), row[name])


# --- conditions ----------------------------------------------------------------------------------

TITLES = ["Fix the Door", "fix 100% of it", "Überall", "überall", "a_b", None, ""]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FIX", [0, 1]),
        ("the d", [0]),
        ("100%", [1]),
        ("%", [1]),
        ("_", [4]),
        ("über", [3]),
        ("BERALL", [2, 3]),
        ("nothing", []),
        ("it's", []),
    ],
)
def test_a_text_is_found_in_another_alike_by_all_stores(acme, text, expected):
    acme.write([note(number, title=title) for number, title in enumerate(TITLES)])
    assert numbers(acme.page(Note, {"title": Has(text)})) == expected


def test_at_least_so_much_is_so_much_and_more_and_no_null(acme):
    acme.write([note(1, weight=1.5), note(2, weight=1.0), note(3, weight=None), note(4, weight=9)])
    assert numbers(acme.page(Note, {"weight": AtLeast(1.5)})) == [1, 4]


def test_what_was_changed_is_found_as_it_is_now(acme, versions):
    """A version of old does not stand in for the newest one."""
    versions(0).write([note(1, title="old")])
    versions(1).write([note(1, title="new")])
    assert numbers(acme.page(Note, {"title": Has("old")})) == []
    assert numbers(acme.page(Note, {"title": Has("new")})) == [1]
