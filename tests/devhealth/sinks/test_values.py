"""Odd values come back as they were given, from every store the same."""

import math
import sys
from datetime import UTC, date, datetime, timedelta, timezone

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devhealth.errors import Permanent
from devhealth.models.records import Commit
from devhealth.sinks import Sink
from devhealth.sinks.values import frame_of
from tests.devhealth.sinks.classes import GardenDay, Note
from tests.devhealth.sinks.rows import (
    ADA,
    REPO,
    at,
    garden,
    noon,
    note,
    read,
)

TEXTS = [
    "",
    " ",
    "null",
    "NULL",
    "\\N",
    "\\.",
    "\\",
    "\\x41",
    '"',
    '""',
    "'; drop table notes; --",
    "a,b",
    "a\nb",
    "a\r\nb\r",
    "\n",
    "\t",
    "{}",
    "[]",
    "%s %(p0)s :p0 ?1 $1",
    "naïve Ωμέγα 日本語",
    "👩‍👩‍👧‍👦 \U0010ffff",
    "e\u0301 is not é",
    "\u202eright to left",
    "\ufeffmark",
    "\x01\x1f\x7f\x85\u2028",
]
LONG = "line, \"quoted\"\n\\N 'é'" * 50_000
"""About 1 MB."""


def back(sink: Sink, **values):
    """The same note after it was stored."""
    sink.write([note(1, **values)])
    return read(sink, Note)[0]


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_comes_back_as_it_was(acme, text):
    assert back(acme, title=text).title == text


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_found_by_itself(acme, text):
    acme.write([note(1, title=text), note(2, title=text + "."), note(3)])
    assert acme.read(Note, where={"title": text})["number"].to_list() == [1]


def test_a_text_of_a_megabyte(acme):
    assert back(acme, title=LONG).title == LONG


def test_an_empty_text_is_not_null(acme):
    acme.write([note(1, title=""), note(2)])
    assert [each.title for each in read(acme, Note)] == ["", None]


def test_many_odd_texts_stay_in_their_rows(acme):
    """More than a reader takes in one piece."""
    notes = [note(each, title=TEXTS[each % len(TEXTS)] * (each % 7)) for each in range(20_000)]
    acme.write(notes)
    assert read(acme, Note) == notes


@pytest.mark.parametrize(
    "tags", [[], [""], ["", ""], TEXTS, ["null", "NULL", "{a,b}"], ["a"] * 1000, [LONG]]
)
def test_a_list_of_texts_comes_back_as_it_was(acme, tags):
    assert back(acme, tags=tags).tags == tags


def test_an_empty_list_is_not_null(acme):
    acme.write([note(1, tags=[]), note(2)])
    assert [each.tags for each in read(acme, Note)] == [[], None]


@pytest.mark.parametrize("number", [0, 1, -1, 2**31, 2**53 + 1, 2**63 - 1, -(2**63) + 1])
def test_a_whole_number_comes_back_exactly(acme, number):
    assert back(acme, pages=number).pages == number


@pytest.mark.parametrize(
    "number", [0.1, 1 / 3, -1e-300, 5e-324, sys.float_info.max, sys.float_info.min, 2.0**53 + 2]
)
def test_a_number_comes_back_exactly(acme, number):
    assert back(acme, weight=number).weight == number


@pytest.mark.parametrize("flag", [True, False, None])
def test_a_truth_value_comes_back(acme, flag):
    assert back(acme, is_open=flag).is_open is flag


@pytest.mark.parametrize("day", [date(1900, 1, 1), date(2000, 2, 29), date(2299, 12, 31)])
def test_a_day_comes_back(acme, day):
    assert back(acme, due=day).due == day


@pytest.mark.parametrize(
    "instant",
    [
        datetime(1900, 1, 1, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999000, UTC),
        datetime(2026, 3, 29, 1, 30, 0, 1000, UTC),
        datetime(2299, 12, 31, 23, 59, 59, 999000, UTC),
    ],
)
def test_an_instant_comes_back(acme, instant):
    assert back(acme, written_at=instant).written_at == instant


@pytest.mark.parametrize("year", [1931, 1969, 2026])
def test_an_instant_is_cut_to_milliseconds_never_rounded(acme, year):
    instant = datetime(year, 12, 31, 23, 59, 59, 999999, UTC)
    assert back(acme, written_at=instant).written_at == instant.replace(microsecond=999000)


def test_an_instant_of_another_zone_is_the_same_instant(acme):
    instant = noon(0).astimezone(timezone(timedelta(hours=14)))
    assert back(acme, written_at=instant).written_at == noon(0)


def test_a_frame_of_microseconds_is_cut_alike(acme):
    acme.write([note(1, written_at=noon(0))])
    moved = pl.lit(noon(0) + timedelta(microseconds=1999), pl.Datetime("us", "UTC"))
    acme.write(acme.read(Note).with_columns(written_at=moved), Note)
    assert read(acme, Note)[0].written_at == noon(0) + timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("given", "held"),
    [("a\0b", "a\ufffdb"), ("\0", "\ufffd"), ("half \ud83d", "half \ufffd"), ("\udc80\0", "�" * 2)],
)
def test_what_no_store_can_hold_in_a_text_is_replaced(acme, given, held):
    assert back(acme, title=given, tags=[given]) == note(1, title=held, tags=[held])


def test_what_was_replaced_is_still_found_by_what_was_given(acme):
    acme.write([note(1, title="a\0b")])
    assert acme.read(Note, where={"title": "a\0b"}).height == 1


def test_keys_that_are_one_after_the_replacement_are_one_row(acme):
    acme.write([garden(bed="a\0"), garden(bed="a\ufffd", picked=1)])
    assert read(acme, GardenDay) == [garden(bed="a\ufffd", picked=1)]


WRONG = [
    ("pages", 2**63, "whole number of 64 bits"),
    ("pages", "7", "whole number of 64 bits"),
    ("pages", True, "whole number of 64 bits"),
    ("weight", math.nan, "finite number"),
    ("weight", math.inf, "finite number"),
    ("title", 7, "text"),
    ("title", b"a", "text"),
    ("is_open", 1, "truth value"),
    ("written_at", datetime(2026, 1, 1), "instant with a time zone"),
    ("written_at", "2026-01-01", "instant with a time zone"),
    ("due", "2026-01-01", "day"),
    ("owner_id", "nobody", "UUID"),
    ("owner_id", 7, "UUID"),
    ("tags", ["a", None], "list of texts"),
    ("tags", "a", "list of texts"),
]


@pytest.mark.parametrize(("name", "value", "noun"), WRONG)
def test_a_wrong_value_is_refused_by_its_column(acme, name, value, noun):
    with pytest.raises(Permanent, match=rf"^notes\.{name} was given what is no {noun}\.$"):
        acme.write([note(1), note(2, **{name: value})])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("due", date(1899, 12, 31)),
        ("due", date(2300, 1, 1)),
        ("written_at", datetime(1899, 12, 31, 23, 59, tzinfo=UTC)),
        ("written_at", datetime(9999, 12, 31, tzinfo=UTC)),
    ],
)
def test_a_year_that_not_every_store_holds_is_refused(acme, name, value):
    with pytest.raises(Permanent, match=rf"^notes\.{name} was given the year {value.year}: "):
        acme.write([note(1), note(2, **{name: value})])


@pytest.mark.parametrize(("since", "found"), [(date(1, 1, 1), 1), (date(9999, 12, 31), 0)])
def test_a_window_may_begin_or_end_in_any_year(acme, since, found):
    acme.write([note(1, written_at=noon(0))])
    assert acme.read(Note, since).height == found


def test_null_is_refused_where_it_cannot_be(acme):
    with pytest.raises(Permanent, match=r"^notes\.number cannot be null\.$"):
        acme.write([note(None)])


def test_a_frame_with_not_a_number_is_refused(acme):
    acme.write([garden()])
    frame = acme.latest(GardenDay).with_columns(height_p50=pl.lit(math.nan))
    with pytest.raises(Permanent, match=r"garden_days\.height_p50 .* no finite number"):
        acme.write(frame, GardenDay)


@pytest.mark.parametrize(("name", "value", "noun"), [each for each in WRONG if each[0] != "tags"])
def test_a_wrong_value_to_filter_on_is_refused(acme, name, value, noun):
    with pytest.raises(Permanent, match=rf"is no {noun}\.$"):
        acme.read(Note, where={name: value})


def test_a_list_cannot_be_filtered_on(acme):
    with pytest.raises(Permanent, match="notes cannot be filtered on the list `tags`"):
        acme.read(Note, where={"tags": ["a"]})


notes = st.builds(
    note,
    number=st.integers(0, 5),
    title=st.none() | st.text(max_size=20),
    pages=st.none() | st.integers(-(2**63) + 1, 2**63 - 1),
    weight=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    is_open=st.none() | st.booleans(),
    written_at=st.none()
    | st.datetimes(datetime(1900, 1, 1), datetime(2299, 12, 31), timezones=st.just(UTC)).map(
        lambda when: when.replace(microsecond=when.microsecond // 1000 * 1000)
    ),
    due=st.none() | st.dates(date(1900, 1, 1), date(2299, 12, 31)),
    owner_id=st.none() | st.uuids(),
    tags=st.none() | st.lists(st.text(max_size=5), max_size=4),
)


@given(notes)
def test_any_note_comes_back_as_it_was(store, any_note):
    sink = store.for_org(REPO, version=at(0))
    sink.write([any_note])
    any_note.title = any_note.title and any_note.title.replace("\0", "\ufffd")
    any_note.tags = any_note.tags and [tag.replace("\0", "\ufffd") for tag in any_note.tags]
    assert read(sink, Note, where={"number": any_note.number}) == [any_note]


@given(notes)
def test_a_frame_of_any_note_is_what_the_store_gives_back(store, any_note):
    sink = store.for_org(REPO, version=at(0))
    sink.write([any_note])
    stored = sink.get(Note, [(any_note.shelf_id, any_note.number)]).drop("synced_at")
    assert frame_of(Note, [any_note]).equals(stored)


def test_a_commit_of_production_comes_back(acme):
    commit = Commit(
        repo_id=REPO,
        hash="c0ffee",
        author_name="Ada, “the first”",
        author_email="ada@example.com",
        authored_at=noon(0),
        author_utc_offset_minutes=-210,
        committer_email="",
        committed_at=noon(1),
        parent_count=1,
        subject="Fix \\N\n\n'quotes'",
        co_author_emails=["a@example.com", ""],
        loc_added=1,
        loc_deleted=2,
        loc_changed=3,
        files_changed=1,
        size_bucket="small",
        is_revert=False,
        ai_assistance="none",
        author_id=ADA,
        actor_kind="human",
    )
    acme.write([commit])
    assert read(acme, Commit) == [commit]
