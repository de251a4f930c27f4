"""When people work: weekdays and hours by their own clocks, some evenings and weekends, holidays.

Instants are whole seconds since 1970, UTC; days are whole days since then.
"""

from datetime import UTC, date, datetime, timedelta

from devhealth.synthetic.dice import Dice
from devhealth.synthetic.world import Person

MINUTE, HOUR, DAY = 60, 3_600, 86_400
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_DAY = date(1970, 1, 1)

HOLIDAYS = frozenset({(1, 1), (5, 1), (12, 24), (12, 25), (12, 26), (12, 31)})


def at(seconds: int) -> datetime:
    return EPOCH + timedelta(seconds=seconds)


def day_of(day: date) -> int:
    return (day - FIRST_DAY).days


def date_of(day: int) -> date:
    return FIRST_DAY + timedelta(days=day)


def is_weekend(day: int) -> bool:
    return (day + 3) % 7 >= 5  # 1970 began on a Thursday


def is_quiet(day: int) -> bool:
    """A holiday, or a day on which nobody does anything: about one in sixty."""
    found = date_of(day)
    return (found.month, found.day) in HOLIDAYS or day % 61 == 7


def offset(person: Person, seconds: int) -> int:
    """Of their clock, in minutes east of UTC."""
    summer = 60 if person.has_summer_time and _is_summer(seconds) else 0
    return person.utc_offset_minutes + summer


def works(dice: Dice, day: int) -> bool:
    """Whether somebody works on a day: most weekdays, few others, no holidays."""
    if is_quiet(day):
        return False
    return dice.chance(4 if is_weekend(day) else 92)


def moment(dice: Dice, person: Person, day: int) -> int:
    """An instant of somebody's day: mostly within hours, else in the evening or early."""
    throw = dice.below(100)
    if throw < 84:
        minute = dice.between(9 * 60, 18 * 60 - 1)
    elif throw < 95:
        minute = dice.between(18 * 60, 24 * 60 - 1)
    else:
        minute = dice.between(6 * 60, 9 * 60 - 1)
    local = day * DAY + minute * MINUTE + dice.below(60)
    return local - offset(person, local) * MINUTE


def at_work(dice: Dice, person: Person, seconds: int) -> int:
    """The same instant, or where that is neither on a working day nor by day, in the next
    morning's first two hours."""
    local = seconds + offset(person, seconds) * MINUTE
    day, second = divmod(local, DAY)
    if not _is_off(day) and 7 * HOUR <= second < 20 * HOUR:
        return seconds
    day += second >= 7 * HOUR or _is_off(day)
    while _is_off(day):
        day += 1
    local = day * DAY + 9 * HOUR + dice.below(2 * HOUR)
    return max(seconds, local - offset(person, local) * MINUTE)


def _is_off(day: int) -> bool:
    return is_weekend(day) or is_quiet(day)


def _is_summer(seconds: int) -> bool:
    year = date_of(seconds // DAY).year
    return _last_sunday(year, 3) + HOUR <= seconds < _last_sunday(year, 10) + HOUR


def _last_sunday(year: int, month: int) -> int:
    """Its beginning. Both months have 31 days."""
    last = day_of(date(year, month, 31))
    return (last - (last + 4) % 7) * DAY
