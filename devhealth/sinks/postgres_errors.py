"""What PostgreSQL's errors mean to us: try again, or let a person act.

A message names host, port and reason; never the password, which psycopg keeps out of its own.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors
from psycopg_pool import PoolTimeout

from devhealth.errors import DevHealthError, Permanent, TooSlow, Transient, Unusable

AT_ONCE = "Another writer wrote the same keys at once; try again."
UNPREPARED = "The store at {place} is not prepared: run `dev-hops migrate`."

REFUSALS = ("authentication failed", "does not exist", "no pg_hba.conf entry", "not permitted")

# The first class that matches decides; {place} is host:port/database, {reason} the server's own.
MEANINGS: tuple[tuple[type[Exception], type[Permanent | Transient], str], ...] = (
    (errors.UniqueViolation, Transient, AT_ONCE),
    (errors.SerializationFailure, Transient, AT_ONCE),
    (errors.DeadlockDetected, Transient, AT_ONCE),
    (errors.LockNotAvailable, Transient, AT_ONCE),
    (
        errors.IdleInTransactionSessionTimeout,
        Transient,
        "The store at {place} did not wait for us: {reason}.",
    ),
    (errors.UndefinedTable, Unusable, UNPREPARED),
    (errors.UndefinedColumn, Unusable, UNPREPARED),
    (errors.InvalidSchemaName, Unusable, UNPREPARED),
    (errors.InvalidParameterValue, Unusable, UNPREPARED),
    (errors.InsufficientPrivilege, Unusable, "The store at {place} refused: {reason}."),
    (errors.ReadOnlySqlTransaction, Unusable, "The store at {place} refused: {reason}."),
    (errors.QueryCanceled, Unusable, "The store at {place} ended a statement: {reason}."),
    (errors.DiskFull, Unusable, "The disk of the store at {place} is full: make room."),
    # A key that no index can hold; psycopg calls it operational, but it never passes.
    (errors.ProgramLimitExceeded, Permanent, "The store refused a value: {reason}."),
    (PoolTimeout, Transient, "The store at {place} has no connection free."),
    (psycopg.OperationalError, Transient, "The store at {place} does not answer: {reason}."),
    (psycopg.Error, Permanent, "The store refused a value: {reason}."),
)


@contextmanager
def translated(place: str, timeout: float | None = None) -> Iterator[None]:
    """Turn psycopg's errors into the library's two kinds.

    `place` is host:port/database, `timeout` how many seconds a statement has been given.
    """
    try:
        yield
    except errors.QueryCanceled as error:
        raise TooSlow(timeout) if timeout else _meaning(place, error) from error
    except psycopg.Error as error:
        raise _meaning(place, error) from error


def _meaning(place: str, error: psycopg.Error) -> DevHealthError:
    reason = _line(error)
    if any(refusal in reason for refusal in REFUSALS) and not error.sqlstate:
        return Unusable(f"The store at {place} does not let us in: {reason}.")
    kind, text = next((kind, text) for cls, kind, text in MEANINGS if isinstance(error, cls))
    return kind(text.format(place=place, reason=reason))


def _line(error: psycopg.Error) -> str:
    """The part of the message that a person needs, on one line."""
    text = error.diag.message_primary or str(error).strip().splitlines()[0]
    return text.rsplit("FATAL:", 1)[-1].strip().rstrip(".")
