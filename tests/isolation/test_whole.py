"""The suite asks for all that there is: what is counted in the schemas is counted here.

In the fast set, so that an operation or argument without a case fails the build at once.
"""

import re

import pytest
from django.apps import apps
from strawberry.printer import print_schema

from config.api import api
from config.schema import schema
from tests.isolation import graph, rest
from tests.isolation.account_rows import LINKED
from tests.isolation.tenant_rows import PUBLIC, TENANT_APPS, tenant_models

OPEN = [
    each for one in (*rest.operations(), *graph.roots()) for each in one.arguments if each.is_open
]

MADE_BY_SERVICES = {  # seeded by making the organisation, its owner, its token, its tier
    "orgs.organization",
    "orgs.domain",
    "orgs.user",
    "billing.entitlement",
    "queue.queueshare",
}


@pytest.mark.parametrize("argument", OPEN, ids=str)
def test_every_argument_has_a_case(argument):
    assert argument.is_plain or argument.has_case, argument.advice


def routes():
    return [
        (method, path)
        for bound in api._get_bound_routers()
        for path, view in bound.path_operations.items()
        for operation in view.operations
        if operation.include_in_schema
        for method in operation.methods
    ]


def test_every_route_is_asked():
    assert len(rest.operations()) == len(routes())


def test_no_two_operations_have_one_name():
    """Cases are known by it, and clients are generated from it."""
    names = [each.name for each in rest.operations()]
    assert len(set(names)) == len(names)


def test_every_parameter_of_rest_is_an_argument():
    declared = sum(
        len(each.get("parameters", ()))
        for methods in rest.DOCUMENT["paths"].values()
        for each in methods.values()
    )
    arguments = [each for one in rest.operations() for each in one.arguments]
    assert sum(each.place != "body" for each in arguments) == declared


def test_every_body_has_arguments():
    bodies = {each.name for each in rest.operations() if each.has_body}
    met = {
        each.operation
        for one in rest.operations()
        for each in one.arguments
        if each.place == "body"
    }
    assert met == bodies


def test_every_root_field_is_asked():
    told = re.search(r"^type Query \{(.*?)^\}", print_schema(schema), re.S | re.M)[1]
    told = re.sub(r'""".*?"""', "", told, flags=re.S)
    assert {each.name for each in graph.roots()} == set(re.findall(r"^\s+(\w+)[(:]", told, re.M))


def test_every_argument_of_graphql_is_met():
    """Wherever a field takes one, some argument of the suite is of that field."""
    taking = {
        (kind.name, name, argument)
        for kind in graph.SCHEMA.type_map.values()
        if hasattr(kind, "fields") and not kind.name.startswith("__")
        for name, each in kind.fields.items()
        for argument in getattr(each, "args", {})
    }
    met = {(each.fields[-1], each.path[0]) for one in graph.roots() for each in one.arguments}
    assert {(name, argument) for _, name, argument in taking} == met


def test_every_input_field_is_met():
    declared = {
        (kind.name, name)
        for kind in graph.SCHEMA.type_map.values()
        if graph.is_input_object_type(kind)
        for name in kind.fields
    }
    assert {(kind, name) for kind, name in declared if name not in leaf_names()} <= nested_names()


def leaf_names():
    return {each.name for one in graph.roots() for each in one.arguments}


def nested_names():
    """Input fields that hold others."""
    inside = {name for one in graph.roots() for each in one.arguments for name in each.path[:-1]}
    return {
        (kind.name, name)
        for kind in graph.SCHEMA.type_map.values()
        if graph.is_input_object_type(kind)
        for name in kind.fields
        if name in inside
    }


def test_every_table_of_tenants_is_seeded():
    models = {each for label in TENANT_APPS for each in apps.get_app_config(label).get_models()}
    assert set(tenant_models()) == models


def test_every_table_of_all_is_seeded_or_made_by_services():
    labels = {
        each._meta.label_lower
        for config in apps.get_app_configs()
        if config.name.startswith("apps.") and config.label not in TENANT_APPS
        for each in config.get_models()
    }
    assert labels == {*PUBLIC, *LINKED, *MADE_BY_SERVICES}, "Seed the new table: PUBLIC or LINKED."
