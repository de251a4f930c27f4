from datetime import UTC, datetime, timedelta

from devhealth.processors.durations import hours, minutes

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_minutes_and_hours_are_rounded_to_6_decimals():
    assert minutes(NOON, NOON + timedelta(seconds=100)) == 1.666667
    assert hours(NOON, NOON + timedelta(minutes=100)) == 1.666667


def test_without_one_end_there_is_no_duration():
    assert minutes(None, NOON) is None
    assert hours(NOON, None) is None
