"""What a provider promised to send, read from what it sent; what is not there is said by name.

A record that lacks a promised key is put aside with its address, and the run goes on.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from devhealth.errors import Permanent

Raw = Mapping[str, Any]
KEYED = (dict, Mapping)  # JSON's own first: an abstract class costs ten times as much to ask

_FIRST, _AFTER = datetime(1900, 1, 1, tzinfo=UTC), datetime(2300, 1, 1, tzinfo=UTC)


class Unreadable(Permanent):
    """A provider's record that lacks what was promised, or has it in another shape.

    Its text names the key, never what stands under it.
    """


def needed(raw: Raw, key: str) -> Any:
    """What stands under a key. Raises `Unreadable` where nothing does."""
    value = raw.get(key) if isinstance(raw, dict) else None
    if value is None:
        raise Unreadable(f"`{key}` is missing.")
    return value


def text(raw: Raw, key: str, default: str | None = None) -> str:
    """Raises `Unreadable` for another type, and without a default where there is nothing."""
    value = raw.get(key, default) if isinstance(raw, dict) else None
    if isinstance(value, str):
        return value
    if value is not None:
        raise Unreadable(f"`{key}` is no text.")
    if default is None or not isinstance(raw, dict):
        raise Unreadable(f"`{key}` is missing.")
    return default


def whole(raw: Raw, key: str) -> int:
    """A whole number that must be there. Raises `Unreadable`."""
    value = needed(raw, key)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unreadable(f"`{key}` is no whole number.")
    return value


def count(raw: Raw, key: str) -> int | None:
    """A whole number, or null where it is not told. Raises `Unreadable`."""
    return None if raw.get(key) is None else whole(raw, key)


def ident(raw: Raw, key: str) -> str:
    """A provider's own id, a number or a text, as text. Raises `Unreadable`."""
    value = needed(raw, key)
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise Unreadable(f"`{key}` is no id.")
    return str(value)


def said(raw: Raw, key: str) -> str | None:
    """A text, or null where there is none. Raises `Unreadable` for another type."""
    value = raw.get(key)
    if value is not None and not isinstance(value, str):
        raise Unreadable(f"`{key}` is no text.")
    return value


def part(raw: Raw, key: str) -> Raw:
    """What belongs to it, with keys of its own; without any where there is none.

    Raises `Unreadable` for another shape.
    """
    value = raw.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Unreadable(f"`{key}` has no keys.")
    return value


def parts(raw: Raw, key: str) -> list[Raw]:
    """A list that must be there, of things with keys of their own. Raises `Unreadable`."""
    value = needed(raw, key)
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise Unreadable(f"`{key}` is no list of things with keys.")
    return value


def texts(raw: Raw, key: str) -> list[str]:
    """A list of texts that must be there. Raises `Unreadable`."""
    value = needed(raw, key)
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise Unreadable(f"`{key}` is no list of texts.")
    return value


def moment(raw: Raw, key: str) -> datetime:
    """An instant that must be there, UTC. Raises `Unreadable`."""
    found = instant(raw, key)
    if found is None:
        raise Unreadable(f"`{key}` is missing.")
    return found


def instant(raw: Raw, key: str) -> datetime | None:
    """An instant, UTC; null where there is none, of every provider's ways to say so.

    Raises `Unreadable` for what is no instant, has no time zone, or none of 1900 to 2299.
    """
    value = raw.get(key)
    if value is None or value == "":
        return None
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise Unreadable(f"`{key}` is no instant.") from error
    if found.tzinfo is None:
        raise Unreadable(f"`{key}` has no time zone.")
    if not _FIRST <= found < _AFTER:
        raise Unreadable(f"`{key}` is of no year from 1900 to 2299.")
    return found if found.tzinfo is UTC else found.astimezone(UTC)
