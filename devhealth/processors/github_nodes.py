"""Nodes of GitHub's GraphQL: lists, labels and people, which all of its things have.

People are told as `github:login`; '' where the account is gone (its author is null then). A bot of
GraphQL has its login without `[bot]`, which REST has and so have we.
"""

from typing import Any

from devhealth.processors.reading import KEYED, Raw, Unreadable, needed, part, text

_NULLABLE = frozenset({"labels", "reviews", "closingIssuesReferences"})


def whole_thing(raw: Raw) -> None:
    """The connector says under `problems` why GitHub gave a thing in part only."""
    if not isinstance(raw, KEYED):
        raise Unreadable("It is no object.")
    if raw.get("problems"):
        kinds = ", ".join(raw["problems"])
        raise Unreadable(f"GitHub gave it in part only, even when asked for it alone ({kinds}).")


def nodes(raw: Raw, field: str) -> list[Any]:
    """A list below a node, its gaps left out; some may be null, and are empty then.

    Raises `Unreadable` where it is missing or no list.
    """
    if field in _NULLABLE and field in raw and raw[field] is None:
        return []
    listed = needed(needed(raw, field), "nodes")
    if not isinstance(listed, list):
        raise Unreadable(f"`{field}` is no list.")
    found = [each for each in listed if each is not None]
    if set(map(type, found)) - {dict}:
        raise Unreadable(f"`{field}` holds something that is no object.")
    return found


def labels(raw: Raw) -> list[str]:
    """Names, each once, sorted."""
    return sorted({text(each, "name") for each in nodes(raw, "labels")})


def login(raw: Raw, key: str) -> str:
    """`github:ada`, `github:dependabot[bot]`; '' where the account is gone."""
    who = raw.get(key)
    if who is None:
        return ""
    named = text(who, "login").lower()
    is_bot = who.get("__typename") == "Bot" and not named.endswith("[bot]")
    return f"github:{named}[bot]" if is_bot else f"github:{named}"


def name(raw: Raw, key: str) -> str:
    return text(part(raw, key), "name", "")
