"""What lasts, through days."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from devhealth.metrics import Grouping
from devhealth.metrics.through import through
from devhealth.models.fields import DTYPES

INSTANT = DTYPES["instant"]
SCHEMA = {"group": pl.String, "thing": pl.String, "since": INSTANT, "until": INSTANT}
DAYS = date(2026, 1, 1), date(2026, 1, 4)


def at(hours):
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours)


def told(rows, by=("group",), span=DAYS):
    spans = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    found = through(spans, ("since", "until"), "thing", Grouping(by=by, span=span))
    return sorted(found.with_columns(pl.col("hours").round(6)).rows())


def test_a_thing_that_comes_back_on_the_same_day_is_there_once():
    rows = [("a", "x", at(2), at(4)), ("b", "x", at(4), at(6)), ("a", "x", at(6), at(30))]
    assert told(rows) == [
        ("a", date(2026, 1, 1), 20.0, 1, 1),
        ("a", date(2026, 1, 2), 6.0, 1, 0),
        ("b", date(2026, 1, 1), 2.0, 1, 0),
    ]


def test_of_no_group_all_count_together():
    rows = [(None, "x", at(0), at(24)), ("b", "y", at(12), None)]
    assert told(rows, (), span=(DAYS[0], DAYS[0])) == [(date(2026, 1, 1), 36.0, 2, 2)]


@pytest.mark.parametrize("by", [(), ("group",)])
def test_of_no_days_there_is_nothing(by):
    assert told([("a", "x", at(0), None)], by, (DAYS[1], DAYS[0])) == []
