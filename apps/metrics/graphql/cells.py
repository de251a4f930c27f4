"""GraphQL types of records: their columns with their definitions, from the classes."""

from collections.abc import Iterable, Mapping
from typing import Any

import strawberry

from apps.errors import BadRequest
from apps.metrics.definitions import columns
from apps.metrics.nodes import KINDS
from apps.metrics.records import Window
from apps.metrics.schema import DateRangeInput, uuids
from apps.metrics.services import shift
from devhealth.models.records import Record
from devhealth.sinks.tables import table_of


def cells_of(
    cls: type[Record], without: Iterable[str], instead: Mapping[str, Any] | None = None
) -> Any:
    """What a type of these records is made from: a field for each column.

    `instead` gives columns another type, such as an enumeration.
    """
    texts, kinds = columns(cls), instead or {}
    annotations: dict[str, Any] = {}
    members: dict[str, Any] = {}
    for column in table_of(cls).columns:
        if column.name not in without:
            kind = kinds.get(column.name, KINDS[column.kind])
            annotations[column.name] = kind | None if column.nullable else kind
            members[column.name] = strawberry.field(description=texts[column.name])
    made = type(f"{cls.__name__}Cells", (), {"__annotations__": annotations, **members})
    return strawberry.type(made)


def told(cells: Any, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row's values as a type made by `cells_of` takes them."""
    return {
        each.python_name: row[each.python_name] for each in cells.__strawberry_definition__.fields
    }


def days(given: DateRangeInput | None, at: str) -> Window | None:
    """Both ends included, as the store is asked for them."""
    if given is None:
        return None
    return Window(at=at, since=given.start_date, until=shift(given.end_date, 1))


def one_window(**given: DateRangeInput | None) -> Window | None:
    """A page looks at one instant. Raises `BadRequest` for two."""
    found = [window for at, each in given.items() if (window := days(each, at))]
    if len(found) > 1:
        raise BadRequest(
            "Filter on one range of days: a page looks at one instant.", code="two_windows"
        )
    return found[0] if found else None


def ids(given: list[strawberry.ID] | None) -> Any:
    return None if given is None else uuids(given)


def values(given: list[Any] | None) -> list[str] | None:
    """Of enumerations."""
    return None if given is None else [each.value for each in given]
