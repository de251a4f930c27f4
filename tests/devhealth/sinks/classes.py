"""Classes that no production table has: every kind of column, every kind of measure."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from devhealth.models.fields import (
    RECORD,
    STOCK,
    SUM,
    column,
    measure,
    per_day,
    ratio,
    stock_ratio,
)
from devhealth.models.records import Record
from devhealth.models.rollups import Rollup
from devhealth.sinks.tables import CLASSES, Row


@dataclass(slots=True, kw_only=True)
class Note(Record):
    """A record with a nullable column of each kind."""

    table: ClassVar[str] = "notes"
    key: ClassVar[tuple[str, ...]] = ("shelf_id", "number")
    instants: ClassVar[tuple[str, ...]] = ("written_at",)
    partition: ClassVar[str] = "shelf_id"

    shelf_id: UUID = column("The shelf.")
    number: int = column("On its shelf.")
    title: str | None = column("Text.", None)
    pages: int | None = column("A whole number.", None)
    weight: float | None = column("A number.", None)
    is_open: bool | None = column("A truth value.", None)
    written_at: datetime | None = column("An instant.", None)
    due: date | None = column("A day.", None)
    owner_id: UUID | None = column("A UUID.", None)
    tags: list[str] | None = column("Texts.", None)


@dataclass(slots=True, kw_only=True)
class GardenDay(Rollup):
    """One bed of a garden, one population of gardeners, one day: a measure of each kind."""

    table: ClassVar[str] = "garden_days"
    key: ClassVar[tuple[str, ...]] = ("garden_id", "bed", "population", "day")
    partition: ClassVar[str] = "garden_id"

    garden_id: UUID = column("The garden.")
    bed: str = column("Its name.")
    population: str = column("all or people.")
    picked: int = measure("fruits", "Picked.", SUM)
    picked_kg: float | None = measure("kg", "Picked.", SUM)
    ripe: int = measure("fruits", "Picked ripe.", SUM)
    ripe_ratio: float | None = measure("ratio", "ripe / picked.", ratio("ripe", "picked"))
    kg_per_fruit: float | None = measure("kg", "A fruit's.", ratio("picked_kg", "picked"))
    picked_a_day: float = measure("fruits a day", "Picked.", per_day("picked"))
    plants: int = measure("plants", "Standing at the day's end.", STOCK)
    ill: int = measure("plants", "Ill at the day's end.", STOCK)
    water: float | None = measure("litres", "In the bed's butt; null: nobody looked.", STOCK)
    ill_ratio: float | None = measure("ratio", "ill / plants.", stock_ratio("ill", "plants"))
    height_p50: float | None = measure("cm", "Median.", RECORD, sample="height_n")
    height_n: int = measure("plants", "Measured.", SUM)


TEST_CLASSES: tuple[type[Row], ...] = (*CLASSES, Note, GardenDay)
