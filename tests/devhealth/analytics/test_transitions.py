"""From state to state, by hand."""

import polars as pl

from devhealth.analytics.transitions import CHANGE, transitions


def changes(*rows):
    schema = dict(zip(CHANGE, (pl.String, pl.Int64, pl.String), strict=True))
    return pl.DataFrame(list(rows), schema=schema, orient="row")


HISTORY = [("a", 0, "todo"), ("a", 1, "in_progress"), ("a", 2, "in_progress"), ("a", 3, "done")]
OTHER = [("b", 0, "todo"), ("b", 1, "in_progress")]


def test_each_way_is_counted_and_what_stays_goes_nowhere():
    every = changes(*HISTORY, *OTHER)
    assert transitions(every, every).rows() == [
        ("in_progress", "done", 1),
        ("todo", "in_progress", 2),
    ]


def test_what_came_before_these_days_says_from_where():
    assert transitions(changes(HISTORY[3]), changes(HISTORY[2])).rows() == [
        ("in_progress", "done", 1)
    ]


def test_a_filing_comes_from_nowhere():
    assert transitions(changes(HISTORY[0]), changes()).rows() == []
