"""How often something may be tried within a while, counted in Redis by one script call.

Passwords: 10 times in any 15 minutes, by address and by account.

An attempt is counted before the password is looked at, so that no number of threads tries more;
one that was right is taken back. Accounts that there are and those that there are not count alike.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from redis import Redis, RedisError

from apps.errors import TooManyRequests, Unavailable

MOST = 10
WINDOW = 15 * 60  # seconds
PATIENCE = 2.0  # seconds for Redis

_SCRIPT = Path(__file__).with_name("attempts.lua").read_text()


@dataclass(frozen=True, slots=True)
class Attempt:
    id: str
    keys: tuple[str, ...]
    account: str


def begin(address: str, email: str) -> Attempt:
    """Raises `TooManyRequests`, and `Unavailable` while nobody can count."""
    account = _key("account", email.lower())
    attempt = Attempt(uuid4().hex, (_key("address", address), account), account)
    try:
        wait = _take(attempt.keys, attempt.id, most=MOST, window=WINDOW)
    except RedisError as error:
        raise Unavailable("Nobody can log in right now.") from error
    if wait:
        raise TooManyRequests(
            "Too many attempts to log in. Try again later.",
            code="too_many_attempts",
            retry_after=wait / 1000,
        )
    return attempt


def wait_for(kind: str, name: str, *, most: int, window: int) -> float:
    """Counts one more of these by this name; 0, or the seconds until there may be one.

    window  seconds in which there may be at most so many
    """
    try:
        return _take([_key(kind, name)], uuid4().hex, most=most, window=window) / 1000
    except RedisError as error:
        raise Unavailable("This cannot be counted right now. Try again later.") from error


def forgive(attempt: Attempt) -> None:
    """It was right: the account begins anew, and the address is charged with nothing."""
    try:
        redis = _redis(settings.REDIS_URL)
        redis.delete(attempt.account)
        for key in attempt.keys:
            redis.zrem(key, attempt.id)
    except RedisError as error:
        raise Unavailable("Nobody can log in right now.") from error


def _take(keys: Sequence[str], id: str, *, most: int, window: int) -> int:
    """Milliseconds to wait; 0: it is counted."""
    redis = _redis(settings.REDIS_URL)
    wait: Any = redis.eval(_SCRIPT, len(keys), *keys, window * 1000, most, id)
    return int(wait)


def _key(kind: str, name: str) -> str:
    """Redis is told no address and no account."""
    return f"attempts:{kind}:{hashlib.sha256(name.encode()).hexdigest()}"


@cache
def _redis(url: str) -> Redis:
    return Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
