"""Which numbers there are: another version after each compute, and each change of the Directory.

Whoever keeps what was answered keeps it by this: an answer stands as long as nothing was computed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connection

_CURRENT = """
select coalesce((select version from metrics_dataversion), 0),
       coalesce((select version from metrics_directorysettings), 0)
"""
_MOVE_ON = """
insert into metrics_dataversion (id, version) values (1, 1)
on conflict (id) do update set version = metrics_dataversion.version + 1
"""
_passing: ContextVar[list[str] | None] = ContextVar("passing", default=None)


def current() -> tuple[int, int]:
    """Of the organisation that was entered: computes, and the Directory's."""
    with connection.cursor() as cursor:
        cursor.execute(_CURRENT)
        computes, directory = cursor.fetchone()
    return computes, directory


def move_on() -> None:
    """In the transaction that ends a compute."""
    with connection.cursor() as cursor:
        cursor.execute(_MOVE_ON)


@contextmanager
def noting_what_passes() -> Iterator[list[str]]:
    """Codes of what could not be answered just now, and can be the next time."""
    noted: list[str] = []
    token = _passing.set(noted)
    try:
        yield noted
    finally:
        _passing.reset(token)


def note_passing(code: str) -> None:
    """Something was left out of an answer for a reason that passes."""
    if (noted := _passing.get()) is not None:
        noted.append(code)
