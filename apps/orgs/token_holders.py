"""Whose a token is: the one question of every request, asked in one statement that is made once.

Django would put its text together anew for each request, which takes longer than the database does
to answer it.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model

from apps.orgs.models import ApiToken, Membership, Organization, Session, User

_JOINED = """
select {columns}, m.role
from {token} t
join {organization} o on o.id = t.organization_id
join {user} u on u.id = t.created_by_id
left join {session} s on s.id = t.session_id
left join {membership} m on m.organization_id = t.organization_id and m.user_id = t.created_by_id
where t.digest = %s
"""
_READ: Sequence[tuple[type[Model], str]] = (
    (ApiToken, "t"),
    (Organization, "o"),
    (User, "u"),
    (Session, "s"),
)


def holder_of(digest: str) -> ApiToken | None:
    """The token with its organisation, person and session, and `role`; null: a member no more."""
    with connection.cursor() as cursor:
        cursor.execute(_statement(), [digest])
        row = cursor.fetchone()
    if row is None:
        return None
    *cells, role = row
    token, organization, user, session = _models(cells)
    token.organization, token.created_by, token.session = organization, user, session
    token.role = role
    found: ApiToken = token
    return found


@cache
def _statement() -> str:
    columns = [
        f"{at}.{connection.ops.quote_name(field.column)}"
        for model, at in _READ
        for field in model._meta.concrete_fields
    ]
    tables: Mapping[str, type[Model]] = {
        "token": ApiToken,
        "organization": Organization,
        "user": User,
        "session": Session,
        "membership": Membership,
    }
    named = {name: connection.ops.quote_name(each._meta.db_table) for name, each in tables.items()}
    return _JOINED.format(columns=", ".join(columns), **named)


def _models(cells: Sequence[Any]) -> list[Any]:
    """Each of its own cells; of a session that there is not, none."""
    found, start = [], 0
    for model, _ in _READ:
        names = [field.attname for field in model._meta.concrete_fields]
        own = cells[start : start + len(names)]
        start += len(names)
        is_there = any(each is not None for each in own)
        found.append(model.from_db(DEFAULT_DB_ALIAS, names, own) if is_there else None)
    return found
