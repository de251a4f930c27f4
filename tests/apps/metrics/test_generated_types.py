"""A rollup class is a REST schema and a GraphQL type without a line of code here."""

from dataclasses import dataclass, fields
from typing import ClassVar
from uuid import UUID

import pytest
import strawberry

from apps.metrics.api import row_schema, rows_query
from apps.metrics.definitions import definitions
from apps.metrics.nodes import SCALARS, node_type, type_name
from config.api import api
from config.schema import schema
from devhealth.models.fields import SUM, column, measure
from devhealth.models.rollups import ROLLUPS, RepoDay, Rollup


@dataclass(slots=True, kw_only=True)
class ShipDay(Rollup):
    """One ship, one UTC day."""

    table: ClassVar[str] = "ship_metrics_daily"
    key: ClassVar[tuple[str, ...]] = ("ship_id", "team_id", "day")

    ship_id: UUID = column("The ship.")
    team_id: str = column("Its crew.")
    knots: float | None = measure("knots", "Top speed. Null: in port.", SUM, sample="hours")
    hours: int = measure("hours", "At sea.", SUM)


def sdl_of(rollup):
    node = node_type(rollup)
    query = strawberry.type(
        type("Query", (), {"__annotations__": {"row": node}, "row": strawberry.field()})
    )
    config = strawberry.schema.config.StrawberryConfig(scalar_map=SCALARS)
    return strawberry.Schema(query, config=config).as_str()


def test_a_new_class_becomes_a_graphql_type():
    sdl = sdl_of(ShipDay)
    assert "type ShipMetricsDay {" in sdl
    assert "  knots: Float\n" in sdl
    assert "  hours: BigInt!\n" in sdl


def test_a_new_class_becomes_a_rest_schema():
    shown = row_schema(ShipDay).model_json_schema()["properties"]
    assert shown["hours"]["description"] == "At sea. Unit: hours."


def test_a_new_class_can_be_asked_by_its_key():
    assert {"ship_id", "team_id", "since", "until"} <= set(rows_query(ShipDay).model_fields)


@pytest.mark.parametrize("rollup", ROLLUPS)
def test_building_a_type_leaves_the_class_alone(rollup):
    node_type(rollup)
    assert not hasattr(rollup, "__strawberry_definition__")


@pytest.mark.parametrize("rollup", ROLLUPS)
def test_every_definition_reaches_openapi_and_graphql_unchanged(rollup):
    shown = api.get_openapi_schema()["components"]["schemas"][rollup.__name__]["properties"]
    described = schema._schema.type_map[type_name(rollup)].fields
    camel = schema.config.name_converter.apply_naming_config
    for name, text in definitions(rollup).items():
        assert shown[name]["description"] == described[camel(name)].description == text


def test_a_definition_stands_as_it_was_declared():
    declared = {field.name: field.metadata["definition"] for field in fields(RepoDay)}
    assert definitions(RepoDay)["commits_count"].startswith(declared["commits_count"].definition)


def test_the_response_is_described_by_table():
    paths = api.get_openapi_schema()["paths"]
    assert {f"/api/v1/metrics/{rollup.table}" for rollup in ROLLUPS} <= set(paths)
