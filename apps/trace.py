"""Whose work a line in the log belongs to: the request, the unit of work, the organisation."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

NAMES = ("request_id", "unit_id", "organization_id")
NOTHING: Mapping[str, str] = dict.fromkeys(NAMES, "-")

_current: ContextVar[Mapping[str, str]] = ContextVar("trace", default=NOTHING)


def current() -> Mapping[str, str]:
    """request_id, unit_id, organization_id; `-` where there is none."""
    return _current.get()


@contextmanager
def traced(**known: object) -> Iterator[None]:
    """Within the block, lines of this thread (and of tasks begun here) carry these, too."""
    token = _current.set({**_current.get(), **{name: str(each) for name, each in known.items()}})
    try:
        yield
    finally:
        _current.reset(token)


class TraceFilter(logging.Filter):
    """Gives every record the names of `NAMES` as attributes."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)  # Django logs some after the request is over
        for name, value in current().items():
            setattr(record, name, getattr(request, name, None) or value)
        return True
