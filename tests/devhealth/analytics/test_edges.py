"""Who reviews whose work: who may be told apart, by hand."""

import polars as pl
import pytest

from devhealth.analytics.edges import COUNTS, ENDS, Edge, edges_shown
from devhealth.analytics.parts import Privacy

PEOPLE = ("a", "b", "c", "d", "e")
RING = [(each, PEOPLE[place - 1], place + 1) for place, each in enumerate(PEOPLE)]


def frame(*rows):
    schema = dict.fromkeys(ENDS, pl.String) | dict.fromkeys(COUNTS, pl.Int64)
    return pl.DataFrame([(*row, 1, 0) for row in rows], schema=schema, orient="row")


def ends(edges):
    return [(each.reviewer_id, each.author_id) for each in edges.items]


def test_five_who_review_five_are_told_apart_by_their_ids_and_not_by_their_numbers():
    found = edges_shown(frame(*reversed(RING)), Privacy(), PEOPLE)
    assert ends(found) == [("a", "e"), ("b", "a"), ("c", "b"), ("d", "c"), ("e", "d")]
    assert found.items[1] == Edge(
        reviewer_id="b", author_id="a", reviews_count=2, changes_requested_count=1,
        approvals_count=0,
    )  # fmt: skip
    assert (found.others_count, found.others_reviews_count, found.is_private) == (0, 0, False)


@pytest.mark.parametrize(
    "rows",
    [
        [(each, "a", 2) for each in "bcdef"],
        [("a", each, 2) for each in "bcdef"],
    ],
    ids=["five review one", "one reviews five"],
)
def test_too_few_at_either_end_are_one_group(rows):
    found = edges_shown(frame(*rows), Privacy(), "abcdef")
    assert (found.items, found.is_private) == ([], True)
    assert (found.others_count, found.others_reviews_count) == (5, 10)


@pytest.mark.parametrize(("who", "seen"), [("a", 2), ("c", 1)])
def test_who_asks_sees_the_edges_that_they_are_an_end_of(who, seen):
    found = edges_shown(frame(("a", "b", 3), ("c", "a", 4)), Privacy(5, frozenset({who})), "abc")
    assert len(found.items) == seen
    assert all(who in each for each in ends(found))
    assert found.others_reviews_count == 7 - sum(each.reviews_count for each in found.items)


def test_a_bot_does_not_make_people_enough():
    rows = [*RING[1:], ("bot", "a", 1)]
    assert edges_shown(frame(*rows), Privacy(), PEOPLE).is_private


def test_nobody_is_nobody():
    found = edges_shown(frame(), Privacy(), ())
    assert (found.items, found.others_count, found.is_private) == ([], 0, False)
