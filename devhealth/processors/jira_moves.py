"""What Jira's changelog tells of an issue → moves, in order.

A status that ends an issue means what its resolution says: "Done" with the resolution "Won't Do" is
"Done: Won't Do", and canceled. So both are followed together, and so are the flag and the labels
that mean the same. Statuses have the name that their id has now; those that are no more have the
name of then.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from devhealth.models.records import Sprint, WorkItem, WorkScope
from devhealth.processors.histories import Move, Scope, Status
from devhealth.processors.reading import Raw, Unreadable, ident, moment, part, parts, said, text
from devhealth.processors.work_ids import work_scope_id

FLAG_LABELS: Final = frozenset({"blocked", "impediment"})
NOT_DONE: Final = frozenset({
    "won't do", "wont do", "won't fix", "wont fix", "duplicate", "cannot reproduce",
    "can't reproduce", "declined", "incomplete", "rejected", "invalid", "not a bug", "abandoned",
    "canceled", "cancelled", "obsolete", "known error", "not a problem", "works as designed",
})  # fmt: skip
GONE: Final = "Former user"  # what Jira calls accounts that were deleted
CATEGORIES: Final = {
    "new": "todo", "undefined": "todo", "indeterminate": "in_progress", "done": "done",
}  # fmt: skip
_PREFIX: Final = re.compile(r"(?P<project>.+)-\d+")
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
class Site:
    """An issue's fields, and what its site calls things."""

    source_id: str
    fields: Raw
    scope: Scope
    kinds: Raw
    statuses: Raw

    @staticmethod
    def of(raw: Raw, scope: WorkScope) -> "Site":
        """Raises `Unreadable` for an issue without fields or project."""
        if not isinstance(raw, dict) or not part(raw, "fields"):
            raise Unreadable("`fields` is missing.")
        fields, known = part(raw, "fields"), part(raw, "known")
        where = part(fields, "project")
        native_id, key = ident(where, "id"), text(where, "key")
        is_here = native_id == scope.native_id
        return Site(
            source_id=scope.source_id,
            fields=fields,
            scope=Scope(
                work_scope_id=work_scope_id(scope.source_id, native_id),
                scope_key=scope.scope_key if is_here else key,
            ),
            kinds=part(known, "fields"),
            statuses=part(known, "statuses"),
        )

    def ids(self, kind: str) -> list[str]:
        """Fields of points, sprints or flags."""
        found = self.kinds.get(kind) or []
        if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
            raise Unreadable(f"`{kind}` is no list of fields.")
        return found

    def status(self, native_id: str | None, name: str | None) -> Status:
        """As it is called now; of one that is no more, of then, and as nobody began with it."""
        now = part(self.fields, "status")
        if native_id is not None and native_id == now.get("id"):
            return _status(now)
        if native_id is not None and (known := part(self.statuses, native_id)):
            return _status(known)
        if name is None:
            raise Unreadable("`toString` is missing.")
        same = [each for each in (now, *self.statuses.values()) if _is_named(each, name)]
        return _status(same[0]) if same else Status(raw=name, category="todo")


def current_status(site: Site) -> Status:
    found = part(site.fields, "resolution")
    return ended(_status(part(site.fields, "status")), text(found, "name") if found else None)


def ended(status: Status, resolution: str | None) -> Status:
    """What a status means under a resolution."""
    is_canceled = resolution is not None and resolution.strip().lower() in NOT_DONE
    if status.category != "done" or not is_canceled:
        return status
    return Status(raw=f"{status.raw}: {resolution}", category="canceled")


def former_keys(raw: Raw, key: str) -> list[str]:
    """What the issue was called before it was moved, sorted."""
    items = (item for entry in _entries(raw) for item in entry.items if item.field == "Key")
    return sorted({f"jira:{item.before}" for item in items if item.before} - {f"jira:{key}"})


def moves(
    raw: Raw, site: Site, item: WorkItem, sprints: Mapping[str, Sprint], people: People
) -> list[Move]:
    """All that it tells of status, assignee, scope, type, points, sprints and the flag."""
    entries = _entries(raw)
    following = _Following.before(entries, site)
    found = [*_filed_into(entries, site, item, sprints)]
    for entry in entries:
        found += [move for move in _simple(entry, site, sprints, people)]
        found += _scopes(entry, site, people)
        found += following.after(entry, site, people)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """A change of one field: ids in `from_id` and `to_id`, what people read in the others."""

    place: int
    field: str
    field_id: str
    from_id: str | None
    before: str | None
    to_id: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """What one person changed at once."""

    native_id: str
    at: datetime
    author: Raw
    items: list[_Item]

    def move(self, item: _Item, name: str, people: People, **more: Any) -> Move:
        login = people.of(self.author)
        return Move(
            change_id=f"{self.native_id}:{item.place}",
            at=self.at,
            field=name,
            actor_login=login,
            actor_name=people.names.get(login, ""),
            **more,
        )


def _entries(raw: Raw) -> list[_Entry]:
    """In order, whatever order they come in; those of one instant by their ids."""
    found = [
        _Entry(
            native_id=ident(each, "id"),
            at=_changed_at(each),
            author=part(each, "author"),
            items=[_item(place, item) for place, item in enumerate(parts(each, "items"))],
        )
        for each in parts(raw, "histories")
    ]
    return sorted(found, key=lambda each: (each.at, _number(each.native_id)))


def _item(place: int, raw: Raw) -> _Item:
    return _Item(
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


def _number(native_id: str) -> int:
    return int(native_id) if native_id.isdecimal() and native_id.isascii() else 0


def _status(raw: Raw) -> Status:
    told = text(part(raw, "statusCategory"), "key")
    return Status(raw=text(raw, "name"), category=CATEGORIES.get(told, "todo"))


def _is_named(raw: Any, name: str) -> bool:
    return isinstance(raw, dict) and raw.get("name") == name


def _kind(item: _Item, site: Site) -> str:
    """Of what a change is told."""
    for kind in ("points", "sprint", "flagged"):
        if item.field_id in site.ids(kind):
            return kind
    return {"issuetype": "type", "assignee": "assignee"}.get(item.field, "")


def _simple(
    entry: _Entry, site: Site, sprints: Mapping[str, Sprint], people: People
) -> Iterator[Move]:
    for item in entry.items:
        kind = _kind(item, site)
        if kind in ("type", "points"):
            yield entry.move(
                item, kind, people, before=item.before or None, after=item.after or None
            )
        elif kind == "assignee":
            before = people.named(item.from_id, item.before)
            after = people.named(item.to_id, item.after)
            yield entry.move(
                item, kind, people, before=before or None, after=after or None,
                after_name=people.names.get(after, ""),
            )  # fmt: skip
        elif kind == "sprint":
            come = _listed(item.to_id) - _listed(item.from_id)
            yield entry.move(
                item, kind, people, before=item.from_id or None, after=item.to_id or None,
                is_mid_sprint=_is_begun(come, sprints, entry.at),
            )  # fmt: skip


def _listed(ids: str | None) -> set[str]:
    return {each.strip() for each in (ids or "").split(",")} - {""}


def _is_begun(ids: set[str], sprints: Mapping[str, Sprint], at: datetime) -> bool:
    """One of them had begun by then and was not over."""
    there = (sprints[each] for each in ids if each in sprints)
    return any(
        each.started_at
        and each.started_at <= at
        and (not each.completed_at or at < each.completed_at)
        for each in there
    )


def _filed_into(
    entries: list[_Entry], site: Site, item: WorkItem, sprints: Mapping[str, Sprint]
) -> Iterator[Move]:
    """The sprint that it was filed into, where that had begun: no change tells of it."""
    told = (each for entry in entries for each in entry.items if _kind(each, site) == "sprint")
    first = next(told, None)
    ids = _listed(first.from_id) if first else set(sprints)
    if _is_begun(ids, sprints, item.created_at):
        yield Move(
            change_id="created:sprint",
            at=item.created_at,
            field="sprint",
            after=", ".join(sorted(ids, key=_number)),
            actor_login=item.reporter_login,
            actor_name=item.reporter_name,
            is_mid_sprint=True,
        )


def _scopes(entry: _Entry, site: Site, people: People) -> Iterator[Move]:
    """From one project to another; the keys that the issue had are told beside."""
    where = next((each for each in entry.items if each.field == "project"), None)
    if where is None or not where.from_id or not where.to_id:
        return
    key = next((each for each in entry.items if each.field == "Key"), where)
    yield entry.move(
        where,
        "scope",
        people,
        before=_called(key.before, key is where),
        after=_called(key.after, key is where),
        was_scope=_scope(where.from_id, key.before, site),
        scope=_scope(where.to_id, key.after, site),
    )


def _called(told: str | None, is_project: bool) -> str | None:
    return f"jira:{told}" if told and not is_project else told


def _scope(native_id: str, told: str | None, site: Site) -> Scope:
    """Under the key that it has now where that is known: it stays one project."""
    scope_id: UUID = work_scope_id(site.source_id, native_id)
    if scope_id == site.scope.work_scope_id:
        return site.scope
    found = _PREFIX.fullmatch(told or "")
    return Scope(work_scope_id=scope_id, scope_key=found["project"] if found else told or "")


@dataclass(slots=True)
class _Following:
    """What is followed together, as it is after so many entries."""

    status: Status
    resolution: str | None
    is_flagged: bool
    labels: frozenset[str]

    @staticmethod
    def before(entries: list[_Entry], site: Site) -> "_Following":
        """As it was filed: what the first change of each was from, else what it is now."""
        first: dict[str, _Item] = {}
        for entry in entries:
            for each in entry.items:
                first.setdefault(_kind(each, site) or each.field, each)
        now, labels = site.fields, site.fields.get("labels")
        told = part(now, "resolution")
        resolution = text(told, "name") if told else None
        status = first.get("status")
        return _Following(
            status=site.status(status.from_id, status.before)
            if status
            else _status(part(now, "status")),
            resolution=first["resolution"].before if "resolution" in first else resolution,
            is_flagged=bool(first["flagged"].before)
            if "flagged" in first
            else any(now.get(name) for name in site.ids("flagged")),
            labels=_words(first["labels"].before)
            if "labels" in first
            else frozenset(str(each).lower() for each in labels or ()),
        )

    def after(self, entry: _Entry, site: Site, people: People) -> Iterator[Move]:
        """Moves of an entry; of a status it is as if its resolution had come with it."""
        was, was_flagged = ended(self.status, self.resolution), self._flag()
        moved: _Item | None = None
        flagged: _Item | None = None
        for item in entry.items:
            if item.field == "status":
                was = ended(site.status(item.from_id, item.before), self.resolution)
                self.status, moved = site.status(item.to_id, item.after), item
            elif item.field == "resolution":
                self.resolution, moved = item.after or None, moved or item
            elif _kind(item, site) == "flagged":
                self.is_flagged, flagged = bool(item.after), flagged or item
            elif item.field == "labels":
                self.labels, flagged = _words(item.after), flagged or item
        becomes, flag = ended(self.status, self.resolution), self._flag()
        if moved and (was != becomes or moved.field == "status"):
            yield entry.move(
                moved, "status", people, before=was.raw, after=becomes.raw,
                was_status=was, status=becomes,
            )  # fmt: skip
        if flagged and flag != was_flagged:
            yield entry.move(flagged, "flagged", people, before=was_flagged, after=flag)

    def _flag(self) -> str | None:
        return "flagged" if self.is_flagged or self.labels & FLAG_LABELS else None


def _words(told: str | None) -> frozenset[str]:
    return frozenset((told or "").lower().split())
