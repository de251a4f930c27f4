"""Probes: on any host, without a token.

/livez   the process answers
/readyz  so do the servers behind it, and both databases have today's shape
/health  the same in the words of dev-health-web
"""

from collections.abc import Callable, Mapping
from threading import Event

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from redis import Redis, RedisError

from apps.errors import Unavailable, problem
from apps.metrics.store import store
from apps.orgs import schemas
from devhealth.errors import DevHealthError

_is_migrated = Event()  # found so once in this process; nothing takes it back


def livez(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> HttpResponse:
    failed = [name for name, check in CHECKS.items() if not check()]
    if failed:
        return problem(request, Unavailable(f"Not ready: {', '.join(failed)}.", code="not_ready"))
    return JsonResponse({"status": "ok", "checks": dict.fromkeys(CHECKS, "ok")})


def health(request: HttpRequest) -> HttpResponse:
    told = {name: "ok" if check() else "down" for name, check in CHECKS.items()}
    is_well = "down" not in told.values()
    answer = {"status": "ok" if is_well else "down", "services": told}
    return JsonResponse(answer, status=200 if is_well else 503)


def control_database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except DatabaseError:
        return False
    return True


def migrations() -> bool:
    """No migration of the shared tables is missing.

    Organisations follow in the same command, which tells of those that failed: one of a thousand
    takes nobody else out of service, and a probe costs the same however many there are.
    """
    if not _is_migrated.is_set():
        try:
            missing = schemas.missing()
        except DatabaseError:
            return False
        if not missing:
            _is_migrated.set()
    return _is_migrated.is_set()


def redis() -> bool:
    try:
        with Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2) as one:
            return bool(one.ping())
    except RedisError:
        return False


def facts() -> bool:
    """The store answers, and `migrate` would change nothing."""
    try:
        return store().is_current()
    except DevHealthError:
        return False


CHECKS: Mapping[str, Callable[[], bool]] = {
    "control_database": control_database,
    "migrations": migrations,
    "redis": redis,
    "store": facts,
}
