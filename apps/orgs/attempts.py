"""How often passwords may be tried: 10 times in any 15 minutes, by address and by account.

An attempt is counted before the password is looked at, so that no number of threads tries more;
one that was right is taken back. Accounts that there are and those that there are not count alike.
"""

import hashlib
from collections.abc import Iterable
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
        wait = _take(_redis(settings.REDIS_URL), attempt.keys, attempt.id)
    except RedisError as error:
        raise Unavailable("Nobody can log in right now.") from error
    if wait:
        raise TooManyRequests(
            "Too many attempts to log in. Try again later.",
            code="too_many_attempts",
            retry_after=wait / 1000,
        )
    return attempt


def forgive(attempt: Attempt) -> None:
    """It was right: the account begins anew, and the address is charged with nothing."""
    try:
        redis = _redis(settings.REDIS_URL)
        redis.delete(attempt.account)
        for key in attempt.keys:
            redis.zrem(key, attempt.id)
    except RedisError as error:
        raise Unavailable("Nobody can log in right now.") from error


def _take(redis: Redis, keys: Iterable[str], id: str) -> int:
    names = list(keys)
    wait: Any = redis.eval(_SCRIPT, len(names), *names, WINDOW * 1000, MOST, id)
    return int(wait)


def _key(kind: str, name: str) -> str:
    """Redis is told no address and no account."""
    return f"attempts:{kind}:{hashlib.sha256(name.encode()).hexdigest()}"


@cache
def _redis(url: str) -> Redis:
    return Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
