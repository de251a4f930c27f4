"""GraphQL's root fields and arguments, read from `schema.graphql`, and documents that ask for all.

A document selects every field that its size allows, nested lists included, so that whatever a
resolver reaches is told.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    ast_from_value,
    build_schema,
    get_named_type,
    is_input_object_type,
    is_interface_type,
    is_leaf_type,
    is_list_type,
    is_object_type,
    is_required_argument,
    is_required_input_field,
    print_ast,
)
from graphql.type import get_nullable_type

from tests.isolation.graph_values import ADVICE, CLOSED, GIVEN_OUT, OF, PLAIN, REQUIRED, WITH
from tests.isolation.marks import SHARED
from tests.isolation.values import known, valued, valued_by

SDL = Path(__file__).parents[2] / "schema.graphql"
SCHEMA = build_schema(SDL.read_text())
ROWS = 5  # of a list, so that a document stays cheap
LEVELS = 4
Values = Mapping[str, Any]  # `field.argument` → its value


@dataclass(frozen=True)
class Argument:
    """`path`: the root field, nested fields, then the argument and what is inside of it."""

    fields: tuple[str, ...]
    path: tuple[str, ...]
    type: Any

    @property
    def name(self) -> str:
        return self.path[-1]

    @property
    def names(self) -> list[str]:
        """The most exact first."""
        whole = [*self.fields, *self.path]
        return [".".join(whole[place:]) for place in range(len(whole))]

    @property
    def is_open(self) -> bool:
        """It may name something of somebody's."""
        named = get_named_type(self.type)
        return named.name in ("ID", "String")

    @property
    def is_plain(self) -> bool:
        return not self.is_open or known(self.names, PLAIN) is not None or self.name in GIVEN_OUT

    @property
    def has_case(self) -> bool:
        return known(self.names, OF) is not None

    @property
    def advice(self) -> str:
        return ADVICE.format(place=str(self), name=self.name)

    def of(self, owner: str) -> Any:
        value = valued_by(known(self.names, OF), owner, self.advice)
        return [value] if is_list_type(get_nullable_type(self.type)) else value

    def __str__(self) -> str:
        return ".".join((*self.fields, *self.path))


@dataclass(frozen=True)
class Root:
    """A root field. `values`: those of its arguments and of its nested fields' that are given."""

    name: str
    values: Values = field(default_factory=dict)

    @property
    def field(self) -> GraphQLField:
        return SCHEMA.query_type.fields[self.name]

    @cached_property
    def arguments(self) -> list[Argument]:
        return list(arguments(self.name, self.field, (), 0))

    def ask(self, argument: Argument, owner: str) -> "Root":
        """With the owner's value of the argument, and what must stand beside it."""
        asked = self
        for path, value in valued(known(argument.names, WITH) or {}, owner).items():
            asked = asked.put(path.split("."), (), value)
        return asked.put(argument.path, argument.fields[1:], argument.of(owner))

    def put(self, path: Any, fields: tuple[str, ...], value: Any) -> "Root":
        place, inside = ".".join((*fields, path[0])), path[1:]
        before = self.values.get(place, self.default(place) if not fields else None)
        return Root(self.name, {**self.values, place: nested(before, inside, value)})

    def default(self, place: str) -> Any:
        return required(self.name, place, self.field.args[place])

    @property
    def document(self) -> str:
        """The richest one that is allowed."""
        for levels in range(LEVELS, 0, -1):
            text = f"{{ {self.told(self.name, self.field, (), levels)} }}"
            if len(text.split()) < 650:
                return text
        raise AssertionError(f"{self.name} has more fields than a document may have.")

    def told(self, name: str, declared: GraphQLField, above: tuple[str, ...], levels: int) -> str:
        given = ", ".join(self.given(declared, above))
        inside = self.selected(get_named_type(declared.type), above, levels)
        return f"{name}{f'({given})' if given else ''}{inside}"

    def given(self, declared: GraphQLField, above: tuple[str, ...]) -> Iterator[str]:
        for name, argument in declared.args.items():
            place = ".".join((*above, name))
            if place in self.values:
                value = self.values[place]
            elif name == "first":
                value = ROWS
            elif is_required_argument(argument):
                value = required(self.name, place, argument)
            else:
                continue
            yield f"{name}: {print_ast(ast_from_value(value, argument.type))}"

    def selected(self, named: Any, above: tuple[str, ...], levels: int) -> str:
        if is_interface_type(named):
            return f" {{ __typename {' '.join(fragments(named))} }}"
        if not is_object_type(named):
            return ""
        parts = [
            self.told(name, each, (*above, name) if name not in WRAPPERS else above, levels - 1)
            for name, each in named.fields.items()
            if is_told(named, name, each, levels)
        ]
        return f" {{ {' '.join(parts) or '__typename'} }}"

    def __str__(self) -> str:
        return self.name


def fragments(named: GraphQLInterfaceType) -> Iterator[str]:
    """The leaves of each kind, but such as another kind has under the same name and is not alike:
    one document may not ask for both."""
    seen: dict[str, str] = {}
    for kind in SCHEMA.get_possible_types(named):
        leaves = {
            name: str(each.type)
            for name, each in kind.fields.items()
            if is_leaf_type(get_named_type(each.type))
        }
        alike = [name for name, type_ in leaves.items() if seen.setdefault(name, type_) == type_]
        yield f"... on {kind.name} {{ {' '.join(alike)} }}"


WRAPPERS = ("nodes", "pageInfo")  # what stands between a list and its rows


def is_told(of: GraphQLObjectType, name: str, declared: GraphQLField, levels: int) -> bool:
    if is_leaf_type(get_named_type(declared.type)):
        return True
    twice = name == "edges" and "nodes" in of.fields
    return levels > 0 and not twice


def roots() -> list[Root]:
    return [Root(name) for name in SCHEMA.query_type.fields]


def arguments(
    name: str, declared: GraphQLField, above: tuple[str, ...], depth: int
) -> Iterator[Argument]:
    """Of a field and of those inside of it, as deep as documents go."""
    fields = (*above, name)
    for key, each in declared.args.items():
        yield from leaves(fields, (key,), each)
    named = get_named_type(declared.type)
    if is_object_type(named) and depth < 2:
        for key, each in named.fields.items():
            if key in WRAPPERS:
                yield from inner(fields, each, depth)
            elif key != "edges":
                yield from arguments(key, each, fields, depth + 1)


def inner(fields: tuple[str, ...], declared: GraphQLField, depth: int) -> Iterator[Argument]:
    for key, each in get_named_type(declared.type).fields.items():
        if is_object_type(get_named_type(each.type)):
            yield from arguments(key, each, fields, depth + 1)


def leaves(
    fields: tuple[str, ...], path: tuple[str, ...], declared: GraphQLArgument | GraphQLInputField
) -> Iterator[Argument]:
    named = get_named_type(declared.type)
    if not is_input_object_type(named):
        yield Argument(fields, path, declared.type)
        return
    for name, each in named.fields.items():
        yield from leaves(fields, (*path, name), each)


def required(root: str, place: str, declared: Any) -> Any:
    """The least that must be said; null: nothing."""
    named = get_named_type(declared.type)
    if (
        found := known([f"{root}.{place}", place.rpartition(".")[2], named.name], REQUIRED)
    ) is not None:
        return found(SHARED) if callable(found) else found
    if not (is_required_argument(declared) if isinstance(declared, GraphQLArgument) else True):
        return None
    return inputs(named) if is_input_object_type(named) else CLOSED[named.name]


def inputs(named: GraphQLInputObjectType) -> dict[str, Any]:
    return {
        name: required("", name, each)
        for name, each in named.fields.items()
        if is_required_input_field(each)
    }


def nested(before: Any, path: Any, value: Any) -> Any:
    """A value inside of another; lists get one item, or keep those that they have."""
    if not path:
        return value
    if isinstance(before, list):
        return [nested(each, path, value) for each in before]
    before = before or {}
    return {**before, path[0]: nested(before.get(path[0]), path[1:], value)}
