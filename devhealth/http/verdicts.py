"""What an answer means: done, a limit, a refused credential, or an error. Pure."""

from enum import Enum, auto
from typing import Any

import httpx

from devhealth.errors import DevHealthError, Transient
from devhealth.http.answers import Problem
from devhealth.http.errors import Forbidden, Missing, Rejected, TimedOut

_LIMIT_TEXTS = (b"rate limit", b"abuse detection")  # GitHub says it in words, sometimes only there
_LIMIT_KINDS = {"RATE_LIMITED", "RATE_LIMIT"}
_SIZE_KINDS = {"RESOURCE_LIMITS_EXCEEDED", "MAX_NODE_LIMIT_EXCEEDED"}


class Verdict(Enum):
    DONE = auto()
    """2xx, 3xx."""
    LIMITED = auto()
    UNAUTHORIZED = auto()


def judge(host: str, status: int, headers: httpx.Headers, body: bytes) -> Verdict | DevHealthError:
    """By status, and where that is not enough by header and text."""
    if status < 400:
        return Verdict.DONE
    if _is_limit(status, headers, body):
        return Verdict.LIMITED
    if status == 401:
        return Verdict.UNAUTHORIZED
    if status in (502, 504):
        return TimedOut(f"{host} answered {status}: it took too long; ask for less, or later.")
    if status >= 500 or status in (408, 425):
        return Transient(f"{host} answered {status}: it has trouble of its own; try later.")
    return rejection(host, status)


def rejection(host: str, status: int) -> Rejected:
    if status == 403:
        return Forbidden(host, status, "the credential may not read this; give it the right to.")
    if status in (404, 410, 451):
        return Missing(host, status, "it is gone, or hidden from this credential.")
    return Rejected(host, status, "it does not take this request; a newer devhealth may help.")


def judge_reply(host: str, data: Any) -> Verdict | DevHealthError:
    """The same of what a GraphQL reply says in a 200."""
    if not isinstance(data, dict):
        return Transient(f"{host} answered 200 without a GraphQL reply: try later.")
    problems = problems_of(data)
    kinds = {each.kind for each in problems}
    if kinds & _LIMIT_KINDS:
        return Verdict.LIMITED
    if kinds & _SIZE_KINDS:
        return TimedOut(f"{host} found the query too large: ask for less at once.")
    if isinstance(data.get("data"), dict):
        return Verdict.DONE
    return _without_data(host, kinds, problems)


def _without_data(host: str, kinds: set[str], problems: tuple[Problem, ...]) -> DevHealthError:
    if any("timeout" in each.message.lower() for each in problems):
        return TimedOut(f"{host} gave a query up: ask for less at once.")
    if kinds & {"NOT_FOUND"}:
        return rejection(host, 404)
    if kinds & {"FORBIDDEN", "INSUFFICIENT_SCOPES"}:
        return rejection(host, 403)
    if not problems:
        return Transient(f"{host} answered 200 without data: try later.")
    advice = "it does not take this query; a newer devhealth may help."
    return Rejected(host, 200, advice, problems)


def problems_of(data: dict[str, Any]) -> tuple[Problem, ...]:
    errors = data.get("errors")
    return tuple(
        Problem(kind=_kind(each), path=_path(each), message=str(each.get("message", "")))
        for each in (errors if isinstance(errors, list) else ())
        if isinstance(each, dict)
    )


def _kind(error: dict[str, Any]) -> str:
    extensions = error.get("extensions")
    code = extensions.get("code") if isinstance(extensions, dict) else None
    return str(error.get("type") or code or "")


def _path(error: dict[str, Any]) -> tuple[str | int, ...]:
    path = error.get("path")
    return tuple(path) if isinstance(path, list) else ()


def _is_limit(status: int, headers: httpx.Headers, body: bytes) -> bool:
    if status == 429 or (status == 503 and "retry-after" in headers):
        return True
    if status != 403:
        return False
    said = body.lower()
    return (
        "retry-after" in headers
        or headers.get("x-ratelimit-remaining") == "0"
        or any(text in said for text in _LIMIT_TEXTS)
    )
