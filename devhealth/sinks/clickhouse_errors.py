"""What ClickHouse's errors mean to us: try again, or let a person act.

A message names host, port and reason; never the password, which only a header ever holds.
"""

import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from clickhouse_connect.driver.exceptions import ClickHouseError, Error, OperationalError
from urllib3.exceptions import HTTPError

from devhealth.errors import DevHealthError, Permanent, TooSlow, Transient, Unusable

Meaning = tuple[type[Permanent | Transient], str]

REFUSED: Meaning = (Unusable, "The store at {place} refused: {reason}.")
STRANGER: Meaning = (Unusable, "The store at {place} does not let us in: {reason}.")
UNPREPARED: Meaning = (Unusable, "The store at {place} is not prepared: run `dev-hops migrate`.")
BUSY: Meaning = (Transient, "The store at {place} is busy: {reason}.")
SILENT: Meaning = (Transient, "The store at {place} does not answer: {reason}.")
ENDED: Meaning = (Unusable, "The store at {place} ended a statement: {reason}.")
TOO_LARGE: Meaning = (Permanent, "The store ran out of memory for this: ask for less.")
FULL: Meaning = (Unusable, "The disk of the store at {place} is full: make room.")
OTHERWISE: Meaning = (Permanent, "The store refused a value: {reason}.")

TIMEOUTS = (159, 160)  # exceeded, and what will exceed
# By the numbers of ClickHouse's ErrorCodes.
MEANINGS: dict[int, Meaning] = {
    **dict.fromkeys((192, 193, 194, 516), STRANGER),  # unknown user, wrong or no password
    **dict.fromkeys((16, 47, 60, 81), UNPREPARED),  # column, identifier, table, database
    **dict.fromkeys((164, 291, 452, 497), REFUSED),  # read-only, access denied, constraint
    **dict.fromkeys(TIMEOUTS, ENDED),
    # too many queries or parts; quorum; a session, part or replica in use; other mutations
    **dict.fromkeys((202, 252, 285, 286, 319, 373, 384, 425, 439, 517, 722, 735, 999), BUSY),
    # cut off, aborted, no connection, name, shard, replica or Keeper for now
    **dict.fromkeys((3, 32, 33, 198, 203, 209, 210, 225, 236, 242, 279, 394, 1002), SILENT),
    241: TOO_LARGE,
    243: FULL,
}
OVERLOADED = re.compile(r"HTTP status (5|429)")
STATUS = re.compile(r"HTTP status \d+")
SENTENCE = re.compile(r"DB::\w*Exception: (.*)", re.DOTALL)
TAIL = re.compile(r"\s*(\([A-Z0-9_]+\))?\s*(\(version .*)?$", re.DOTALL)
# Told by no number.
SIGNS: dict[str, Meaning] = {
    "emory limit (total)": BUSY,  # others' load; only `(for query)` is ours
    "emory limit (for user)": BUSY,
    "No space left on device": FULL,
    "errno: 28": FULL,
    "already initialized with path": (
        Permanent,
        "The store at {place} stays closed: this process has another embedded one open, and can "
        "have only one.",
    ),
    "Unable to open the chdb engine": (
        Unusable,
        "The store at {place} cannot be opened: another process has it open, or it is no directory "
        "that may be written to.",
    ),
}


@contextmanager
def translated(place: str, timeout: float | None = None) -> Iterator[None]:
    """Turn the driver's errors into the library's two kinds.

    `place` is host:port/database, `timeout` how many seconds a read has been given.
    """
    try:
        yield
    except (ClickHouseError, HTTPError) as error:
        if timeout and isinstance(error, Error) and error.code in TIMEOUTS:
            raise TooSlow(timeout) from error
        raise _meaning(place, error) from error


def _meaning(place: str, error: Exception) -> DevHealthError:
    kind, text = _known(error)
    return kind(text.format(place=place, reason=_reason(error)))


def _known(error: Exception) -> Meaning:
    for sign, meaning in SIGNS.items():
        if sign in str(error):
            return meaning
    code = error.code if isinstance(error, Error) else None
    if code in MEANINGS:
        return MEANINGS[code]
    if code is not None:
        return OTHERWISE
    if isinstance(_deepest(error), ssl.SSLError):
        return REFUSED
    if isinstance(error, OperationalError | HTTPError) or OVERLOADED.search(str(error)):
        return SILENT
    return REFUSED


def _reason(error: BaseException) -> str:
    """What a person needs to know of it, on one line."""
    said = SENTENCE.search(str(error))
    if said:
        line = TAIL.sub("", said[1]).strip().splitlines()[0]
        return line.rstrip(".")[:300]
    status = STATUS.search(str(error))
    if status:
        return status[0]
    deepest = _deepest(error)
    told = deepest.strerror if isinstance(deepest, OSError) else None
    return (told or str(deepest).strip() or type(deepest).__name__).splitlines()[0].rstrip(".")


def _deepest(error: BaseException) -> BaseException:
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return error
