"""What Jira's changelog says: who changed what of an issue, and when."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from devhealth.processors.histories import Move
from devhealth.processors.reading import Raw, Unreadable, ident, moment, part, parts, said, text

GONE: Final = "Former user"  # what Jira calls accounts that were deleted

_SECONDS: Final = 100_000_000_000  # a number below it counts seconds, above it milliseconds


@dataclass(slots=True)
class People:
    """`names` of all that were met, by login."""

    names: dict[str, str] = field(default_factory=dict)

    def of(self, account: Raw) -> str:
        """Their login; '' where nobody is told, or the account is gone."""
        return self.named(said(account, "accountId"), said(account, "displayName"))

    def named(self, account_id: str | None, name: str | None) -> str:
        if not account_id or name == GONE:
            return ""
        login = f"jira:{account_id.lower()}"
        self.names[login] = name or self.names.get(login, "")
        return login


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A change of one field: ids in `from_id` and `to_id`, what people read in the others."""

    place: int
    field: str
    field_id: str
    from_id: str | None
    before: str | None
    to_id: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What one person changed at once."""

    native_id: str
    at: datetime
    author: Raw
    items: list[Item]

    def move(self, item: Item, name: str, people: People, **more: Any) -> Move:
        login = people.of(self.author)
        return Move(
            change_id=f"{self.native_id}:{item.place}",
            at=self.at,
            field=name,
            actor_login=login,
            actor_name=people.names.get(login, ""),
            **more,
        )


def entries_of(raw: Raw) -> list[Entry]:
    """In order, whatever order they come in; those of one instant by their ids."""
    found = [
        Entry(
            native_id=ident(each, "id"),
            at=_changed_at(each),
            author=part(each, "author"),
            items=[_item(place, item) for place, item in enumerate(parts(each, "items"))],
        )
        for each in parts(raw, "histories")
    ]
    return sorted(found, key=lambda each: (each.at, number(each.native_id)))


def former_keys(entries: list[Entry], key: str) -> list[str]:
    """What the issue was called before it was moved, sorted."""
    items = (item for entry in entries for item in entry.items if item.field == "Key")
    return sorted({f"jira:{item.before}" for item in items if item.before} - {f"jira:{key}"})


def _item(place: int, raw: Raw) -> Item:
    return Item(
        place=place,
        field=text(raw, "field"),
        field_id=text(raw, "fieldId", ""),
        from_id=said(raw, "from"),
        before=said(raw, "fromString"),
        to_id=said(raw, "to"),
        after=said(raw, "toString"),
    )


def _changed_at(raw: Raw) -> datetime:
    """A text, or a number where changelogs of many issues are told at once."""
    told = raw.get("created")
    if isinstance(told, bool) or not isinstance(told, int):
        return moment(raw, "created")
    seconds = told if abs(told) < _SECONDS else told / 1000
    try:
        at = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError) as error:
        raise Unreadable("`created` is no instant.") from error
    return moment({"created": at.isoformat()}, "created")


def number(native_id: str) -> int:
    return int(native_id) if native_id.isdecimal() and native_id.isascii() else 0
