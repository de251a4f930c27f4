"""Buckets that fill up again evenly, in Redis: one script call takes from one, or looks into it.

To be available comes before limits: while Redis is away nothing is counted, and nobody waits for
it. It is asked again every few seconds.
"""

import logging
import time
from functools import cache
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from prometheus_client import CollectorRegistry, Counter, generate_latest
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

log = logging.getLogger("devhealth.billing")

PATIENCE = 0.25  # seconds for Redis
AWAY = 5.0  # seconds without a question after one that had no answer
TOLD_EVERY = 60.0  # seconds

registry = CollectorRegistry()
UNCOUNTED = Counter(
    "devhealth_uncounted",
    "What this process let pass uncounted, because Redis did not answer: requests and documents.",
    registry=registry,
)

_SCRIPT = Path(__file__).with_name("buckets.lua").read_text()


class Level(NamedTuple):
    """wait  milliseconds until so much can be taken; 0: it was taken; -1: it never can be
    left  what is in the bucket
    next  milliseconds until there is one more; 0: it is full"""

    wait: int
    left: int
    next: int


class Buckets:
    """Of one Redis, for all threads of this process."""

    def __init__(self, url: str) -> None:
        redis = Redis.from_url(
            url,
            socket_timeout=PATIENCE,
            socket_connect_timeout=PATIENCE,
            retry=Retry(NoBackoff(), 0),  # what was asked twice would be taken twice
        )
        self._script = redis.register_script(_SCRIPT)
        self._away_until = self._told_at = float("-inf")

    def take(self, key: str, most: int, seconds: int, cost: int) -> Level | None:
        """All of it or nothing. `cost` 0: only look. None: nobody can say.

        most     what it holds; nothing is missing in one that nobody has taken from
        seconds  in which an empty one fills up
        """
        if time.monotonic() >= self._away_until:
            try:
                return Level(*self._script(keys=[key], args=[most, seconds * 1000, cost]))
            except RedisError as error:
                self._note(error)
        if cost:
            UNCOUNTED.inc()
        return None

    def _note(self, error: RedisError) -> None:
        """The error's kind only: its text may hold an address."""
        now = time.monotonic()
        self._away_until = now + AWAY
        if now >= self._told_at + TOLD_EVERY:
            self._told_at = now
            log.warning(
                "Redis does not answer (%s): no limit counts what is asked.", type(error).__name__
            )


def exposition() -> bytes:
    """What `/metrics` shows of this process, beside the queues of the whole installation."""
    return generate_latest(registry)


def take(key: str, most: int, seconds: int, cost: int) -> Level | None:
    return _buckets(settings.REDIS_URL).take(key, most, seconds, cost)


@cache
def _buckets(url: str) -> Buckets:
    return Buckets(url)
