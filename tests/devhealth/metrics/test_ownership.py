"""Whose today's code is, small enough to be counted by hand."""

from datetime import UTC, datetime
from itertools import count

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devhealth.metrics.ownership import by_path, of_repositories, owners, standing, under
from devhealth.models.records import BlameFile
from devhealth.sinks.tables import table_of

JANUARY, MARCH = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 3))
NOON, EVENING = (datetime(2026, 5, 1, hour, tzinfo=UTC) for hour in (12, 18))

# Ada has 60 of the 100 lines, Grace 30, the bot 10.
LINES = [
    ("api/a.py", "ada", 40),
    ("api/a.py", "grace", 10),
    ("api/deep/b.py", "ada", 20),
    ("api/deep/b.py", "bot", 10),
    ("apis.md", "grace", 20),
]


def frame(lines, **values):
    rows = [
        {
            "repo_id": "r",
            "path": path,
            "author_email": author,
            "author_id": author,
            "lines": number,
            "oldest_at": JANUARY,
            "newest_at": MARCH,
            "blamed_at": NOON,
            "actor_kind": "bot" if author == "bot" else "human",
        }
        | values
        for path, author, number in lines
    ]
    return pl.DataFrame(rows, schema=table_of(BlameFile).schema)


def numbers(rows):
    return rows.select("path", "files", "lines", "authors", "bus_factor", "top_share").rows()


def test_bots_are_left_out_unless_all_are_asked_for():
    rows = frame(LINES)
    assert numbers(of_repositories(standing(rows))) == [("", 3, 90, 2, 1, 0.666667)]
    assert numbers(of_repositories(standing(rows, "all"))) == [("", 3, 100, 3, 1, 0.6)]


def test_directories_and_files_come_by_path():
    assert numbers(by_path(standing(frame(LINES), "all"))) == [
        ("api/", 2, 80, 3, 1, 0.75),
        ("apis.md", 1, 20, 1, 1, 1.0),
    ]


def test_what_is_under_a_directory_comes_by_its_whole_path():
    assert numbers(by_path(standing(frame(LINES)), "api/")) == [
        ("api/a.py", 1, 50, 2, 1, 0.8),
        ("api/deep/", 1, 20, 1, 1, 1.0),
    ]


def test_a_file_is_its_own_row():
    rows = standing(frame(LINES))
    assert numbers(by_path(rows, "api/a.py")) == [("api/a.py", 1, 50, 2, 1, 0.8)]


def test_repositories_are_told_apart():
    both = pl.concat([frame([("a", "ada", 1)]), frame([("a", "grace", 2)], repo_id="q")])
    rows = of_repositories(standing(both))
    assert rows.select("repo_id", "lines").rows() == [("q", 2), ("r", 1)]


def test_the_bus_factor_is_the_fewest_with_half_of_the_lines():
    """3 of 8 lines are less than half, 3 + 2 are more."""
    rows = frame([("a", "ada", 3), ("a", "grace", 2), ("a", "mary", 2), ("a", "joan", 1)])
    assert numbers(of_repositories(standing(rows))) == [("", 1, 8, 4, 2, 0.375)]


def test_owners_come_by_their_ids_with_their_share():
    place = under(standing(frame(LINES)), "api/a.py")
    assert owners(place).rows() == [("ada", 40, 0.8), ("grace", 10, 0.2)]


@pytest.mark.parametrize(
    ("prefix", "lines"), [("", 100), ("api", 80), ("api/", 80), ("/api/deep", 30), ("ap", 0)]
)
def test_a_prefix_is_a_directory_or_a_file(prefix, lines):
    assert under(standing(frame(LINES), "all"), prefix)["lines"].sum() == lines


def test_one_identity_under_two_addresses_is_one_author():
    rows = pl.concat(
        [frame([("a", "ada", 1)]), frame([("a", "ada", 2)], author_email="ada@home.example")]
    )
    assert numbers(of_repositories(standing(rows))) == [("", 1, 3, 1, 1, 1.0)]


def test_of_two_sets_of_a_file_the_newest_counts_and_tombstones_never():
    older, newer = frame([("a", "ada", 5)]), frame([("a", "grace", 2)], blamed_at=EVENING)
    dead = frame([("a", "mary", 9)], blamed_at=EVENING, deleted_at=EVENING)
    found = standing(pl.concat([older, newer, dead]))
    assert found.select("author_id", "lines").rows() == [("grace", 2)]


def test_instants_span_all_lines():
    early, late = frame([("a/x", "ada", 1)]), frame([("a/y", "ada", 1)], newest_at=NOON)
    found = by_path(standing(pl.concat([early, late])))
    assert found.select("oldest_at", "newest_at").rows() == [(JANUARY, NOON)]


def test_nothing_is_owned_where_nothing_is_blamed():
    nothing = frame([])
    assert by_path(standing(nothing)).is_empty()
    assert owners(standing(nothing)).is_empty()


sets = st.dictionaries(
    st.tuples(st.sampled_from(["a", "d/b", "d/e/c", "f/g"]), st.sampled_from("xyz")),
    st.integers(1, 9),
    max_size=9,
)


@given(sets)
def test_lines_and_files_of_the_parts_add_up_to_the_whole(lines):
    rows = standing(frame([(path, who, number) for (path, who), number in lines.items()]))
    whole, parts = of_repositories(rows), by_path(rows)
    for name in ("lines", "files"):
        assert parts[name].sum() == whole[name].sum()


@given(sets)
def test_the_bus_factor_is_what_counting_gives(lines):
    rows = standing(frame([(path, who, number) for (path, who), number in lines.items()]))
    for repository in of_repositories(rows).iter_rows(named=True):
        per_author = sorted(owners(rows)["lines"], reverse=True)
        running = (sum(per_author[:n]) for n in count(1))
        fewest = next(n for n, lines in enumerate(running, 1) if 2 * lines >= sum(per_author))
        assert repository["bus_factor"] == fewest
