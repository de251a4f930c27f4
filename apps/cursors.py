"""Cursors: opaque, signed, good only for the question that they were given out for.

A cursor holds the ordering values of the row it follows. What it is bound to (organisation, table,
filter, order) goes into the signature's salt and not into the text, so that a cursor that was
changed and one from elsewhere look the same: not ours.

`page` reads a list of Django's by them: rows that come or go between two pages move none of the
others, and the hundredth page costs what the first did where an index has the order's columns.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.core.signing import BadSignature, Signer
from django.db import connection
from django.db.models import F, Field, Func, Model, Q, QuerySet, Value
from django.db.models.lookups import GreaterThan, LessThan

from apps.errors import BadRequest

NEWEST_FIRST = ("-created_at", "-id")

Row = TypeVar("Row", bound=Model)


class Places:
    """Writes and reads the cursors of one question."""

    def __init__(self, *bound: Any) -> None:
        question = json.dumps(bound, default=str, sort_keys=True)
        digest = hashlib.sha256(question.encode()).hexdigest()
        self._signer = Signer(salt=f"devhealth.cursor.{digest}", sep=".")

    def write(self, values: Sequence[Any]) -> str:
        signed: str = self._signer.sign_object([_plain(value) for value in values])
        return signed

    def read(self, cursor: str) -> list[Any]:
        """The values, dates and ids as text. Raises `BadRequest` for a cursor that is not ours."""
        try:
            values: list[Any] = self._signer.unsign_object(cursor)
        except BadSignature as error:
            raise BadRequest(
                "This cursor is not of this question; begin again without it.",
                code="invalid_cursor",
            ) from error
        return values


@dataclass(frozen=True, slots=True)
class Order:
    """A total order of a model's rows: columns without nulls, each with whether it descends.

    The last is unique, so that no two rows share a place.
    """

    model: type[Model]
    columns: Sequence[tuple[Field, bool]]

    @classmethod
    def of(cls, model: type[Model], names: Sequence[str]) -> "Order":
        fields = [model._meta.get_field(name.removeprefix("-")) for name in names]
        if any(field.null for field in fields) or not fields[-1].unique:
            raise ValueError(f"{', '.join(names)}: no nulls, and a unique column at the end.")
        descends = [name.startswith("-") for name in names]
        return cls(model, list(zip(fields, descends, strict=True)))

    def places(self, *bound: Any) -> Places:
        """The column types are bound, too: what the signature lets pass can always be read."""
        columns = [(each.attname, each.get_internal_type(), down) for each, down in self.columns]
        return Places(connection.schema_name, self.model._meta.label, columns, *bound)

    def values(self, row: Model) -> list[Any]:
        return [getattr(row, field.attname) for field, _ in self.columns]

    def after(self, place: Sequence[Any]) -> Any:
        """The condition of all rows behind a place, in a form that an index answers."""
        pairs = zip(self.columns, place, strict=True)
        values = [field.to_python(value) for (field, _), value in pairs]
        if len({down for _, down in self.columns}) == 1:
            return self._row_after(values)
        return self._columns_after(values)

    def _row_after(self, values: Sequence[Any]) -> Any:
        """All one way: `(a, b, c) < (x, y, z)`, which is one range of the index."""
        fields = [field for field, _ in self.columns]
        place = [
            Value(each, output_field=field) for field, each in zip(fields, values, strict=True)
        ]
        beyond = LessThan if self.columns[0][1] else GreaterThan
        return beyond(_row(*(F(field.attname) for field in fields)), _row(*place))

    def _columns_after(self, values: Sequence[Any]) -> Q:
        """Ways mixed: `a <= x and (a < x or a = x and (b > y or …))`.

        The first part says nothing new; it is what an index can begin at.
        """
        condition = Q()
        for (field, down), value in zip(reversed(self.columns), reversed(values), strict=True):
            beyond = Q(**{f"{field.attname}__{'lt' if down else 'gt'}": value})
            condition = beyond | (Q(**{field.attname: value}) & condition) if condition else beyond
        first, down = self.columns[0]
        return Q(**{f"{first.attname}__{'lte' if down else 'gte'}": values[0]}) & condition


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows in order, and the way to name the place after each."""

    rows: Sequence[Row]
    has_next: bool
    order: Order
    places: Places

    def cursor(self, row: Row) -> str:
        return self.places.write(self.order.values(row))

    @property
    def next_cursor(self) -> str | None:
        """Null: this is the last page."""
        return self.cursor(self.rows[-1]) if self.has_next else None


def page(
    queryset: QuerySet,
    order: Sequence[str] = NEWEST_FIRST,
    *,
    after: str | None = None,
    limit: int,
    bound: Sequence[Any] | Mapping[str, Any] = (),
) -> Page[Any]:
    """At most `limit` rows (≥ 1), by one query that is done when this returns.

    order  columns of the model itself that hold no nulls, `-` for descending, the last one unique
    bound  what the queryset was filtered by; organisation, model and order are bound anyway
    """
    total = Order.of(queryset.model, order)
    places = total.places(bound)
    if after is not None:
        queryset = queryset.filter(total.after(places.read(after)))
    rows = list(queryset.order_by(*order)[: limit + 1])
    return Page(rows[:limit], len(rows) > limit, total, places)


def _row(*columns: Any) -> Func:
    return Func(*columns, function="ROW", output_field=Field())


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID | Decimal) else value
