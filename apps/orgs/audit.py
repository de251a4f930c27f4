"""The organisation's audit log: who changed what, from what to what.

An entry is written by the service that makes the change, in its transaction: what is rolled back
leaves none, and what is committed has one. Nobody changes or deletes an entry afterwards
(`append_only.py`).
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.cursors import Order, Page, page
from apps.errors import BadRequest
from apps.orgs import operations
from apps.orgs.members import Member
from apps.orgs.models import AuditEntry, Organization, User
from apps.orgs.operations import Operation
from apps.secrecy import HIDDEN, hide
from apps.trace import NOTHING, current

NEWEST_FIRST = ("-at", "-id")
AT_A_TIME = 500  # entries in memory while all of them are read
SECRET = re.compile(r"(.*_)?(secret|password|passphrase|token|digest|api_key|private_key)s?")

State = Mapping[str, Any]


def record(
    by: Member,
    operation: Operation | str,
    *,
    target: str,
    before: State | None,
    after: State | None,
) -> AuditEntry:
    """Note what `by` has changed, within the transaction of the change.

    target         `<kind>:<id>`
    before, after  what JSON can hold, instants and ids too. Null: there was nothing, is nothing.
                   Values under a secret's name, and texts that look like one, are hidden.
    """
    token = by.token
    return note(
        by.organization,
        operation,
        target=target,
        before=before,
        after=after,
        user=by.user,
        # The console's is stored nowhere.
        token_id=None if token is None or token._state.adding else token.pk,
        staff_id=by.staff_id,
    )


def note(
    organization: Organization,
    operation: Operation | str,
    *,
    target: str,
    before: State | None,
    after: State | None,
    user: User | None = None,
    token_id: UUID | None = None,
    staff_id: UUID | None = None,
) -> AuditEntry:
    """As `record`, where nobody came by a token: a command of the operator's, say."""
    request_id = current()["request_id"]
    entry: AuditEntry = AuditEntry.objects.create(
        organization=organization,
        user_id=user and user.pk,
        token_id=token_id,
        staff_id=staff_id,
        action=operation if isinstance(operation, str) else operation.name,
        target=target,
        before=_discreet(before),
        after=_discreet(after),
        request_id="" if request_id == NOTHING["request_id"] else request_id,
    )
    return entry


def _discreet(value: Any) -> Any:
    """The same without secrets."""
    match value:
        case Mapping():
            return {
                name: HIDDEN if each and SECRET.fullmatch(str(name).lower()) else _discreet(each)
                for name, each in value.items()
            }
        case list() | tuple():
            return [_discreet(each) for each in value]
        case set() | frozenset():
            return [_discreet(each) for each in sorted(value)]
        case str():
            return hide(str(value))
    return value


# --- reading -------------------------------------------------------------------------------------


def entries_page(
    actions: list[str],
    since: datetime | None,
    until: datetime | None,
    user_id: UUID | None,
    *,
    by: Member,
    limit: int,
    after: str | None = None,
) -> Page[AuditEntry]:
    """The organisation's, the newest first: of these actions (none: of all), in [since, until)."""
    by.require(operations.AUDIT_READ)
    if since and until and since >= until:
        raise BadRequest("`since` is before `until`.", code="invalid_range")
    asked = {"action__in": sorted(set(actions)), "at__gte": since, "at__lt": until}
    where = {name: value for name, value in asked.items() if value}
    where |= {"organization_id": by.organization.id} | ({"user_id": user_id} if user_id else {})
    found = page(
        AuditEntry.objects.filter(**where), NEWEST_FIRST, after=after, limit=limit, bound=where
    )
    _name_people(found.rows)
    return found


def every(entries: QuerySet[AuditEntry], *, by: Member) -> Iterator[AuditEntry]:
    """All of a choice, the newest first, read while they are taken: some hundreds at a time."""
    by.require(operations.AUDIT_READ)
    return _in_pages(entries.filter(organization=by.organization))


def _in_pages(entries: QuerySet[AuditEntry]) -> Iterator[AuditEntry]:
    order, rest = Order.of(AuditEntry, NEWEST_FIRST), entries
    while True:
        rows = list(rest.order_by(*NEWEST_FIRST)[:AT_A_TIME])
        _name_people(rows)
        yield from rows
        if len(rows) < AT_A_TIME:
            return
        rest = entries.filter(order.after(order.values(rows[-1])))


def _name_people(entries: Any) -> None:
    """`user_email` and `staff_email`, null for one who is gone. One query for a page."""
    ids = {id for each in entries for id in (each.user_id, each.staff_id)}
    emails = dict(User.objects.filter(pk__in=ids).values_list("pk", "email"))
    for entry in entries:
        entry.user_email = emails.get(entry.user_id)
        entry.staff_email = emails.get(entry.staff_id)
