"""Rows to write, each with one word to say, and a way to read them back."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import polars as pl

from devhealth.models.records import CommitFile
from devhealth.sinks import Sink
from devhealth.sinks.tables import AnyRow, objects
from tests.devhealth.sinks.classes import GardenDay, Note

REPO = UUID(int=1)
ADA = UUID(int=2)
SHELF = UUID(int=3)
ROSES = UUID(int=4)
HERBS = UUID(int=5)

MONDAY = date(2026, 1, 26)
"""The first day of a week that ends in another month."""


def at(minute: int) -> datetime:
    """A version: minutes after noon of a fixed day."""
    return datetime(2026, 3, 5, 12, tzinfo=UTC) + timedelta(minutes=minute)


def day(number: int) -> date:
    return MONDAY + timedelta(days=number)


def noon(number: int) -> datetime:
    when = day(number)
    return datetime(when.year, when.month, when.day, 12, tzinfo=UTC)


def note(number: int = 1, **values: Any) -> Note:
    return Note(number=number, **{"shelf_id": SHELF} | values)


def garden(number: int = 0, **values: Any) -> GardenDay:
    """Day `number` of the roses' northern bed, for people."""
    usual: dict[str, Any] = {
        "garden_id": ROSES,
        "bed": "north",
        "population": "people",
        "water": None,
    }
    return GardenDay(day=day(number), **usual | values)


def commit_file(path: str = "a.py", **values: Any) -> CommitFile:
    usual: dict[str, Any] = {
        "repo_id": REPO,
        "commit_hash": "c0ffee",
        "committed_at": noon(0),
        "loc_added": 3,
        "loc_deleted": 1,
        "is_binary": False,
        "author_id": ADA,
        "actor_kind": "human",
    }
    return CommitFile(path=path, **usual | values)


def read(sink: Sink, cls: type[AnyRow], *given: Any, **asked: Any) -> list[AnyRow]:
    """What is stored, as objects, by key."""
    return sorted_objects(cls, sink.read(cls, *given, **asked))


def sorted_objects(cls: type[AnyRow], frame: pl.DataFrame) -> list[AnyRow]:
    return objects(cls, frame.sort(cls.key))


def stored_values(frame: pl.DataFrame, *names: str) -> Sequence[Any]:
    """The cells of one column, or the tuples of several, sorted."""
    rows = sorted(frame.select(names).rows())
    return [row[0] for row in rows] if len(names) == 1 else rows
