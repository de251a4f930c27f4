from datetime import UTC, datetime, time

import pytest

from devhealth.models.directory import BusinessHours
from devhealth.processors.calendar import Calendar


def told(moment, offset, **hours):
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    return Calendar(BusinessHours(**hours)).time_of_week(at, offset)


@pytest.mark.parametrize(
    ("moment", "offset", "expected"),
    [
        ("2026-01-05 08:59:59", 0, "after_hours"),  # a Monday
        ("2026-01-05 09:00:00", 0, "working_hours"),
        ("2026-01-05 17:59:59", 0, "working_hours"),
        ("2026-01-05 18:00:00", 0, "after_hours"),
        ("2026-01-05 17:45:00", 345, "after_hours"),  # 23:30+0545
        ("2026-01-04 18:15:00", 345, "after_hours"),  # Monday 00:00+0545, Sunday in UTC
        ("2026-01-04 18:14:59", 345, "weekend"),  # Sunday 23:59:59+0545
        ("2026-01-10 00:00:00", -1, "after_hours"),  # Friday 23:59
        ("2026-01-10 00:00:00", 0, "weekend"),
    ],
)
def test_the_authors_own_clock_says_when_it_was(moment, offset, expected):
    assert told(moment, offset) == expected


def test_without_an_offset_the_organisations_zone_counts():
    assert told("2026-07-06 16:30:00", None, timezone="Europe/Berlin") == "after_hours"  # 18:30
    assert told("2026-01-05 16:30:00", None, timezone="Europe/Berlin") == "working_hours"  # 17:30


def test_business_hours_can_be_set():
    assert told("2026-01-05 08:30:00", 0, opens=time(8), closes=time(17)) == "working_hours"
    assert told("2026-01-05 17:00:00", 0, opens=time(8), closes=time(17)) == "after_hours"
