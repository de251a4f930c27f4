"""What SQLite's errors mean to us: try again, or let a person act."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devhealth.errors import DevHealthError, Permanent, Transient, Unusable

UNPREPARED = "The store {path} is not prepared: run `dev-hops migrate`."

# The beginning of SQLite's name of the error that decides, and what it means.
MEANINGS: tuple[tuple[str, type[Permanent | Transient], str], ...] = (
    ("SQLITE_BUSY", Transient, "The store {path} is in use by another writer; try again."),
    ("SQLITE_LOCKED", Transient, "The store {path} is in use by another writer; try again."),
    ("SQLITE_READONLY", Unusable, "The store {path} may not be written to: {reason}."),
    ("SQLITE_FULL", Unusable, "The disk of the store {path} is full: make room."),
    ("SQLITE_NOTADB", Unusable, "The file {path} is no SQLite database: name another file."),
    ("SQLITE_CONSTRAINT", Permanent, "The store refused a value: {reason}."),
    ("SQLITE", Unusable, "The store {path} cannot be used: {reason}."),
)


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into the library's two kinds."""
    try:
        yield
    except sqlite3.Error as error:
        raise _meaning(path, error) from error


def _meaning(path: Path, error: sqlite3.Error) -> DevHealthError:
    reason = str(error)
    if reason.startswith(("no such table", "no such column")) or " has no column " in reason:
        return Unusable(UNPREPARED.format(path=path))
    name = getattr(error, "sqlite_errorname", "SQLITE")
    if name.startswith("SQLITE_CANTOPEN"):
        return Unusable(_unopened(path))
    kind, text = next((kind, text) for start, kind, text in MEANINGS if name.startswith(start))
    return kind(text.format(path=path, reason=reason))


def _unopened(path: Path) -> str:
    if not path.parent.is_dir():
        return f"The directory {path.parent} of the store does not exist: make it first."
    if not path.exists():
        return UNPREPARED.format(path=path)
    return f"The store {path} cannot be opened: name a file that may be read and written."
