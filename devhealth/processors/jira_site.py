"""What a site of Jira calls things, and what that means."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from devhealth.models.records import WorkScope
from devhealth.processors.histories import Scope, Status
from devhealth.processors.jira_entries import Item
from devhealth.processors.reading import Raw, Unreadable, ident, part, text, texts
from devhealth.processors.work_ids import work_scope_id

FLAG_LABELS: Final = frozenset({"blocked", "impediment"})

NOT_DONE: Final = frozenset({
    "won't do", "wont do", "won't fix", "wont fix", "duplicate", "cannot reproduce",
    "can't reproduce", "declined", "incomplete", "rejected", "invalid", "not a bug", "abandoned",
    "canceled", "cancelled", "obsolete", "known error", "not a problem", "works as designed",
})  # fmt: skip

CATEGORIES: Final = {
    "new": "todo", "undefined": "todo", "indeterminate": "in_progress", "done": "done",
}  # fmt: skip

_OWN: Final = {"issuetype": "type", "assignee": "assignee"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """An issue's fields, and what its site calls things.

    kinds  fields that a change is told of → what of: points, sprint, flagged, type or assignee
    """

    source_id: str
    fields: Raw
    scope: Scope
    kinds: Mapping[str, str]
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
            kinds=_kinds(part(known, "fields")),
            statuses=part(known, "statuses"),
        )

    def ids(self, kind: str) -> list[str]:
        """Fields of points, sprints or flags."""
        return [name for name, of in self.kinds.items() if of == kind]

    def kind(self, item: Item) -> str:
        """Of what a change is told; '' of what is followed otherwise, or not at all."""
        return self.kinds.get(item.field_id or item.field, "")

    def status(self, native_id: str | None, name: str | None) -> Status:
        """As it is called now; of one that is no more, of then, and as nobody began with it."""
        now = part(self.fields, "status")
        if native_id is not None and native_id == now.get("id"):
            return status_of(now)
        if native_id is not None and (known := part(self.statuses, native_id)):
            return status_of(known)
        if name is None:
            raise Unreadable("`toString` is missing.")
        same = [each for each in (now, *self.statuses.values()) if _is_named(each, name)]
        return status_of(same[0]) if same else Status(raw=name, category="todo")


def current_status(site: Site) -> Status:
    found = part(site.fields, "resolution")
    return ended(status_of(part(site.fields, "status")), text(found, "name") if found else None)


def ended(status: Status, resolution: str | None) -> Status:
    """What a status means under a resolution."""
    is_canceled = resolution is not None and resolution.strip().lower() in NOT_DONE
    if status.category != "done" or not is_canceled:
        return status
    return Status(raw=f"{status.raw}: {resolution}", category="canceled")


def status_of(raw: Raw) -> Status:
    told = text(part(raw, "statusCategory"), "key")
    return Status(raw=text(raw, "name"), category=CATEGORIES.get(told, "todo"))


def _kinds(told: Raw) -> dict[str, str]:
    found = dict(_OWN)
    for kind in ("points", "sprint", "flagged"):
        found |= dict.fromkeys(texts(told, kind), kind)
    return found


def _is_named(raw: Any, name: str) -> bool:
    return isinstance(raw, dict) and raw.get("name") == name
