"""A rollup's declaration, in the words that REST and GraphQL share."""

from dataclasses import fields
from inspect import cleandoc

from devhealth.models.fields import Column, Measure
from devhealth.models.rollups import ROLLUPS, Rollup

COMPUTED_AT = "When the row was computed."


def rollups_by_table() -> dict[str, type[Rollup]]:
    return {rollup.table: rollup for rollup in ROLLUPS}


def describe(rollup: type[Rollup]) -> str:
    return cleandoc(rollup.__doc__ or "")


def definitions(rollup: type[Rollup]) -> dict[str, str]:
    """The definition of every column by name, the version's included."""
    texts = {field.name: _text(field.metadata["definition"]) for field in fields(rollup)}
    return texts | {rollup.version: COMPUTED_AT}


def _text(declared: Column | Measure) -> str:
    if isinstance(declared, Measure):
        return f"{declared.definition} Unit: {declared.unit}."
    return declared.definition
