"""A table's declaration, in the words that REST and GraphQL share."""

from dataclasses import fields
from inspect import cleandoc

from devhealth.models.fields import Column, Measure
from devhealth.models.records import Record
from devhealth.models.rollups import ROLLUPS, Rollup

COMPUTED_AT = "When the row was computed."


def rollups_by_table() -> dict[str, type[Rollup]]:
    return {rollup.table: rollup for rollup in ROLLUPS}


def describe(cls: type[Rollup | Record]) -> str:
    return cleandoc(cls.__doc__ or "")


def definitions(rollup: type[Rollup]) -> dict[str, str]:
    """The definition of every column by name, the version's included."""
    return columns(rollup) | {rollup.version: COMPUTED_AT}


def columns(cls: type[Rollup | Record]) -> dict[str, str]:
    """The definition of every declared column by name."""
    return {field.name: _text(field.metadata["definition"]) for field in fields(cls)}


def _text(declared: Column | Measure) -> str:
    if isinstance(declared, Measure):
        return f"{declared.definition} Unit: {declared.unit}."
    return declared.definition
