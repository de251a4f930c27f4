"""What headers say of limits, in durations: whose clock is right does not matter.

GitHub says `X-RateLimit-*`, GitLab `RateLimit-*`; a reset is an epoch, a number of seconds or, at
Jira, a date. `Retry-After` is seconds or a date. All dates are read against the answer's `Date`.
"""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from devhealth.http.quota import Taught

LONGEST = 86_400.0  # seconds; whoever asks for more is asked again after a day
SHORTEST = 1.0  # of a refusal

_NUMBER = re.compile(r"\d{1,15}(\.\d{1,9})?", re.ASCII)
_EPOCHS = 100_000_000  # numbers above are instants, below they are durations


def read_limits(headers: httpx.Headers, now: float, age: float) -> Taught:
    """The numbers. `now`: of our clock when they came; `age`: seconds since then."""
    clock = _instant(headers.get("date", ""))
    clock = now if clock is None else clock
    reset = _when(_told(headers, "reset"), clock)
    return Taught(
        resource=headers.get("x-ratelimit-resource", ""),
        limit=_whole(_told(headers, "limit")),
        remaining=_whole(_told(headers, "remaining")),
        reset_in=None if reset is None else min(max(0.0, reset - clock - age), LONGEST),
        window=None if reset is None else round(reset, 3),
        wait=read_wait(headers, clock),
    )


def read_wait(headers: httpx.Headers, clock: float) -> float | None:
    """`Retry-After` in seconds, from 1 to a day. Null: none that can be read."""
    told = headers.get("retry-after", "").strip()
    if _NUMBER.fullmatch(told):
        return min(max(SHORTEST, float(told)), LONGEST)
    instant = _instant(told)
    return None if instant is None else min(max(SHORTEST, instant - clock), LONGEST)


def _told(headers: httpx.Headers, what: str) -> str:
    told: str = headers.get(f"x-ratelimit-{what}", headers.get(f"ratelimit-{what}", ""))
    return told.strip()


def _whole(told: str) -> int | None:
    return int(float(told)) if _NUMBER.fullmatch(told) else None


def _when(told: str, clock: float) -> float | None:
    if not _NUMBER.fullmatch(told):
        return _instant(told)
    return float(told) if float(told) > _EPOCHS else clock + float(told)


def _instant(told: str) -> float | None:
    """Seconds since 1970 of an HTTP or ISO date; without a zone it is UTC."""
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = read(told)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            continue
    return None
