"""Who may be told apart among a place's owners."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devhealth.analytics.owners import Owner, owners_shown
from devhealth.analytics.parts import Privacy
from devhealth.metrics.ownership import owners_of_places

SCHEMA = {"place": pl.String, "author_id": pl.String, "lines": pl.Int64, "actor_kind": pl.String}


def owners(lines, bots=()):
    """Of one place, by who has how many lines."""
    rows = [("p", who, count, "bot" if who in bots else "human") for who, count in lines.items()]
    return owners_of_places(pl.DataFrame(rows, schema=SCHEMA, orient="row"))


FIVE = {"ada": 60, "bob": 10, "cat": 10, "dan": 15, "eve": 5}
THREE = {"ada": 6, "bob": 3, "cat": 1}


def test_five_people_come_by_their_ids():
    shown = owners_shown(owners(FIVE), Privacy(5), 10)
    assert [each.author_id for each in shown.items] == sorted(FIVE)
    assert (shown.others_count, shown.others_lines, shown.is_private) == (0, 0, False)


def test_three_people_are_one_group():
    shown = owners_shown(owners(THREE), Privacy(5), 10)
    assert (shown.items, shown.others_count, shown.others_lines) == ([], 3, 10)
    assert (shown.others_share, shown.is_private) == (1.0, True)


def test_who_asks_sees_their_own_and_the_rest_together():
    shown = owners_shown(owners(THREE), Privacy(5, frozenset({"bob"})), 10)
    assert (shown.items, shown.others_lines) == ([Owner("bob", 3, 0.3)], 7)


def test_what_is_all_ones_own_hides_nobody():
    shown = owners_shown(owners({"ada": 6}), Privacy(5, frozenset({"ada"})), 10)
    assert (shown.items, shown.is_private) == ([Owner("ada", 6, 1.0)], False)


@pytest.mark.parametrize(("threshold", "told"), [(3, 0), (2, 3)])
def test_a_bot_is_no_person(threshold, told):
    shown = owners_shown(owners(THREE, bots={"cat"}), Privacy(threshold), 10)
    assert len(shown.items) == told


def test_places_are_counted_each_by_itself():
    rows = pl.DataFrame(
        [("a", "ada", 1, "human"), ("b", "ada", 3, "human"), ("b", "bob", 1, "human")],
        schema=SCHEMA,
        orient="row",
    )
    assert owners_of_places(rows).drop("is_person").rows() == [
        ("a", "ada", 1, 1.0),
        ("b", "ada", 3, 0.75),
        ("b", "bob", 1, 0.25),
    ]


@given(
    st.dictionaries(st.sampled_from("abcdefghij"), st.integers(1, 99), min_size=1),
    st.sets(st.sampled_from("abcdefghij")),
    st.integers(2, 8),
    st.integers(1, 9),
    st.sampled_from("abcdefghij"),
)
def test_nothing_is_lost_and_nobody_is_told_apart_among_too_few(
    lines, bots, threshold, first, asker
):
    found = owners(lines, bots)
    shown = owners_shown(found, Privacy(threshold, frozenset({asker})), first)
    assert sum(each.lines for each in shown.items) + shown.others_lines == sum(lines.values())
    assert len(shown.items) + shown.others_count == len(lines)
    if len(set(lines) - bots) < threshold:
        assert {each.author_id for each in shown.items} <= {asker}
