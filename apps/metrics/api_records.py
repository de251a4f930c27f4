"""What REST's lists of records share: schemas from the record classes, a window of days."""

from collections.abc import Iterable
from datetime import date
from typing import Any, get_type_hints

from ninja import Field, Schema
from pydantic import create_model

from apps.metrics.definitions import columns, describe
from apps.rest import PageQuery
from devhealth.models.records import Record
from devhealth.sinks.tables import table_of

FULL_NAME = "The repository's full name. Null: of none, or not stored any more."


class WindowQuery(PageQuery):
    """Days of an instant that a route's `at` names."""

    since: date | None = Field(None, description="First day (UTC).")
    until: date | None = Field(None, description="Day after the last (UTC).")


def record_schema(cls: type[Record], without: Iterable[str], **more: Any) -> type[Schema]:
    """One record, every column with its definition; `more` fields as `create_model` takes them."""
    texts, hints = columns(cls), get_type_hints(cls)
    shown: dict[str, Any] = {
        name: (hints[name], Field(description=texts[name]))
        for name in table_of(cls).names
        if name not in without
    }
    return create_model(
        f"{cls.__name__}Out", __base__=Schema, __doc__=describe(cls), **shown, **more
    )
