"""What every store's `migrate` asks, whatever its DDL looks like.

Changes are additive: a table that is missing is made, a column that is missing is added. What no
additive change can express is a numbered step of the store's schema module.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from devhealth.sinks.tables import Column, Table

Stored = Mapping[str, set[str]]
"""Each stored table with the names of its columns."""


def fingerprint(shapes: Sequence[Any], steps: Sequence[str]) -> str:
    """Changes whenever the tables' shapes or the steps do."""
    return hashlib.sha256(json.dumps([shapes, steps]).encode()).hexdigest()


def missing(table: Table, stored: Stored, name: str | None = None) -> list[Column]:
    """The columns that a stored table lacks: all of them where it is not there.

    `name` is that of another table with the same columns.
    """
    known = stored.get(name or table.name, set())
    return [column for column in table.columns if column.name not in known]


def steps_to_take(steps: Sequence[str], done: int | None) -> Sequence[str]:
    """Those after the first `done`; a new store (None) begins with today's shape."""
    return steps[len(steps) if done is None else done :]
