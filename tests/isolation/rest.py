"""REST's operations and arguments, read from the OpenAPI document, and how they are asked."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from django.test import Client

from config.api import api
from tests.isolation.marks import GLOBEX, SHARED
from tests.isolation.values import (
    ADVICE,
    BESIDE,
    GIVEN_OUT,
    OF,
    PLAIN,
    PROOFS,
    REQUIRED,
    UNSHARED,
    WITH,
    known,
    valued,
    valued_by,
)

DOCUMENT: Mapping[str, Any] = api.get_openapi_schema()
CLOSED_FORMATS = ("date", "date-time", "time")
JSON = "application/json"


@dataclass(frozen=True)
class Argument:
    """`place`: path, query, header or body; `path`: the names that lead to it in a body."""

    operation: str
    place: str
    path: tuple[str, ...]
    schema: Mapping[str, Any]
    is_required: bool

    @property
    def name(self) -> str:
        return self.path[-1]

    @property
    def names(self) -> list[str]:
        """The most exact first."""
        return [f"{self.operation}.{self.name}", ".".join(self.path), self.name]

    @property
    def is_open(self) -> bool:
        """It may name something of somebody's."""
        return not is_closed(self.schema)

    @property
    def is_plain(self) -> bool:
        is_nobodys = known(self.names, PLAIN) is not None or not self.is_open
        return is_nobodys or self.is_proof or self.name in GIVEN_OUT

    @property
    def is_proof(self) -> bool:
        return known(self.names, PROOFS) is not None

    @property
    def has_case(self) -> bool:
        return known(self.names, OF) is not None

    @property
    def advice(self) -> str:
        return ADVICE.format(place=f"{self.operation} ({self.place})", name=self.name)

    def of(self, owner: str) -> Any:
        return valued_by(known(self.names, OF), owner, self.advice)

    def default(self, owner: str, by: str) -> Any:
        """A value that is good for who asks."""
        for table in (PLAIN, REQUIRED):
            if (found := known(self.names, table)) is not None:
                return found
        is_unshared = owner == SHARED and UNSHARED & set(self.names)
        return self.of(by if is_unshared else owner)

    def __str__(self) -> str:
        return f"{self.operation}-{'.'.join(self.path)}"


@dataclass(frozen=True)
class Call:
    """One request, ready to be sent by anybody."""

    method: str
    template: str
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None

    def ask(self, argument: Argument, owner: str) -> "Call":
        """With the owner's value of the argument, and what must stand beside it."""
        beside = valued(known(argument.names[:1], WITH) or {}, owner)
        call = replace(self, query={**self.query, **beside})
        return call.put(argument, argument.of(owner))

    def put(self, argument: Argument, value: Any) -> "Call":
        if argument.place == "body":
            return replace(self, body=with_value(self.body or {}, argument.path, value))
        name = {"path": "path", "query": "query", "header": "headers"}[argument.place]
        return replace(self, **{name: {**getattr(self, name), argument.name: value}})

    def head(self, name: str, value: str) -> "Call":
        return replace(self, headers={**self.headers, name: value})

    @property
    def sent(self) -> list[str]:
        """All texts that the request holds itself."""
        return [
            *texts_of([self.path, self.query, self.headers, self.body]),
            self.template.format(**self.path),
        ]

    def by(self, client: Client, **headers: str) -> Any:
        body = "" if self.body is None else json.dumps(self.body)
        return client.generic(
            self.method,
            self.template.format(**self.path),
            body,
            content_type=JSON,
            query_params=dict(self.query),
            headers={**self.headers, **headers},
        )


@dataclass(frozen=True)
class Operation:
    name: str
    method: str
    path: str
    declared: Mapping[str, Any]

    @cached_property
    def arguments(self) -> list[Argument]:
        return [*parameters(self.name, self.declared), *body_of(self.name, self.declared)]

    def call(self, owner: str = SHARED, by: str = GLOBEX) -> Call:
        """A request with all that must be said, and with values of the owner's.

        by  whose they are where there is nothing shared
        """
        call = Call(self.method, self.path)
        for each in self.arguments:
            if each.is_required or BESIDE & set(each.names):
                call = call.put(each, each.default(owner, by))
        return call if call.body or not self.has_body else replace(call, body={})

    @property
    def has_body(self) -> bool:
        return "requestBody" in self.declared

    @property
    def is_read(self) -> bool:
        return self.method == "GET"

    @property
    def needs_no_token(self) -> bool:
        return "security" not in self.declared

    def takes(self, name: str) -> Argument | None:
        return next((each for each in self.arguments if each.name == name), None)

    def __str__(self) -> str:
        return self.name


def operations() -> list[Operation]:
    return [
        Operation(declared["operationId"], method.upper(), path, declared)
        for path, methods in DOCUMENT["paths"].items()
        for method, declared in methods.items()
    ]


def parameters(name: str, declared: Mapping[str, Any]) -> Iterator[Argument]:
    for each in declared.get("parameters", ()):
        yield Argument(
            name, each["in"], (each["name"],), each["schema"], each.get("required", False)
        )


def body_of(name: str, declared: Mapping[str, Any]) -> Iterator[Argument]:
    if "requestBody" in declared:
        schema = declared["requestBody"]["content"][JSON]["schema"]
        yield from properties(name, resolved(schema), ())


def properties(
    name: str, schema: Mapping[str, Any], above: tuple[str, ...], must: bool = True
) -> Iterator[Argument]:
    """What a body holds, as deep as it goes."""
    for key, each in schema.get("properties", {}).items():
        inner, path = object_in(each), (*above, key)
        is_required = must and key in schema.get("required", ())
        if inner:
            yield from properties(name, inner, path, is_required)
        else:
            yield Argument(name, "body", path, each, is_required)


def object_in(schema: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The object that a property is, or is a list of; null: it is none with known properties."""
    schema = resolved(schema)
    if schema.get("type") == "array":
        schema = resolved(schema["items"])
    return schema if "properties" in schema else None


def resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def is_closed(schema: Mapping[str, Any]) -> bool:
    """Its values are numbers, days or words from a list."""
    schema = resolved(schema)
    if parts := schema.get("anyOf") or schema.get("allOf"):
        return all(is_closed(each) for each in parts)
    if schema.get("type") == "array":
        return is_closed(schema["items"])
    is_listed = "enum" in schema or "const" in schema
    is_told = schema.get("format") in CLOSED_FORMATS
    return is_listed or is_told or schema.get("type") in ("integer", "number", "boolean", "null")


def with_value(body: Mapping[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """Lists of objects have one."""
    name, *rest = path
    if not rest:
        return {**body, name: value}
    (inner,) = body.get(name) or ({},)
    return {**body, name: [with_value(inner, tuple(rest), value)]}


def texts_of(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [text for pair in value.items() for each in pair for text in texts_of(each)]
    if isinstance(value, list | tuple):
        return [text for each in value for text in texts_of(each)]
    return [value] if isinstance(value, str) and len(value) > 3 else []
