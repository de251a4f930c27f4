"""What of a change would break those who build on the API: between two contracts of one version.

REST by the OpenAPI document: what may be asked may only widen, what is told only gain. GraphQL by
graphql-core's own list. Words, descriptions and examples are no part of it, and neither are values
that an answer may have beside those that it had: clients are told to expect more of them.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from graphql import build_schema
from graphql.utilities import find_breaking_changes

Json = Mapping[str, Any]
Way = Literal["asked", "told"]

METHODS: Final = ("get", "post", "put", "patch", "delete")
LIMITS: Final = ("maximum", "maxLength", "maxItems")
OPENED: Final = 12  # schemas within schemas; some name themselves


def of_graphql(before: str, after: str) -> list[str]:
    """Of two documents in the schema language."""
    found = find_breaking_changes(build_schema(before), build_schema(after))
    return [each.description for each in found]


def of_rest(before: Json, after: Json) -> list[str]:
    """Of two OpenAPI documents."""
    compared = _Documents(before, after)
    return [
        f"{method.upper()} {path}: {each}"
        for path, methods in before["paths"].items()
        for method in METHODS
        if method in methods
        for each in compared.operation(methods[method], after["paths"].get(path, {}).get(method))
    ]


class _Documents:
    def __init__(self, before: Json, after: Json) -> None:
        self.before, self.after = before, after

    def operation(self, was: Json, now: Json | None) -> Iterator[str]:
        if now is None:
            yield "it is gone."
            return
        if now.get("security") and not was.get("security"):
            yield "it needs a token now."
        yield from self._parameters(_by_name(was), _by_name(now))
        yield from self._body(was.get("requestBody"), now.get("requestBody"))
        for status, answer in was["responses"].items():
            if not str(status).startswith("2"):
                continue
            if status not in now["responses"]:
                yield f"it never answers {status} any more."
                continue
            there = now["responses"][status]
            yield from self.schema("told", f"{status}", _schema(answer), _schema(there))

    def _parameters(self, was: Json, now: Json) -> Iterator[str]:
        for name, each in was.items():
            if name not in now:
                yield f"the parameter `{name}` is gone."
                continue
            if now[name].get("required") and not each.get("required"):
                yield f"the parameter `{name}` must be given now."
            yield from self.schema("asked", name, each["schema"], now[name]["schema"])
        for name, each in now.items():
            if name not in was and each.get("required"):
                yield f"the new parameter `{name}` must be given."

    def _body(self, was: Json | None, now: Json | None) -> Iterator[str]:
        if was is None and now is None:
            return
        if now is None:
            yield "it takes no body any more."
        elif was is None:
            if now.get("required"):
                yield "it needs a body now."
        else:
            yield from self.schema("asked", "body", _schema(was), _schema(now))

    def schema(self, way: Way, place: str, was: Json, now: Json, depth: int = 0) -> Iterator[str]:
        """Where they differ so that who knows only the first is wrong."""
        was, now = _open(self.before, was), _open(self.after, now)
        if depth > OPENED:
            return
        before, after = _types(was), _types(now)
        lost = before - after if way == "asked" else after - before
        if lost and before and after:
            yield f"`{place}` was {_listed(before)} and is {_listed(after)}."
            return
        if way == "asked":
            yield from _narrowed(place, was, now)
        yield from self._properties(way, place, was, now, depth)
        if "items" in was and "items" in now:
            yield from self.schema(way, f"{place}[]", was["items"], now["items"], depth + 1)

    def _properties(self, way: Way, place: str, was: Json, now: Json, depth: int) -> Iterator[str]:
        old, new = was.get("properties", {}), now.get("properties", {})
        needed, still = set(was.get("required", ())), set(now.get("required", ()))
        for name, each in old.items():
            if name not in new:
                yield f"`{place}.{name}` is gone."
                continue
            if way == "told" and name in needed - still:
                yield f"`{place}.{name}` may be missing now."
            yield from self.schema(way, f"{place}.{name}", each, new[name], depth + 1)
        if way == "asked":
            for name in sorted(still - needed):
                yield f"`{place}.{name}` must be given now."


def _narrowed(place: str, was: Json, now: Json) -> Iterator[str]:
    if missing := set(map(str, was.get("enum", ()))) - set(map(str, now.get("enum", ()))):
        if "enum" in now:
            yield f"`{place}` may not be {_listed(missing)} any more."
    elif "enum" in now and "enum" not in was:
        yield f"`{place}` may only be one of a list now."
    for limit in LIMITS:
        if limit in now and now[limit] < was.get(limit, float("inf")):
            yield f"`{place}` has a {limit} of {now[limit]} now."


def _by_name(operation: Json) -> dict[str, Json]:
    return {each["name"]: each for each in operation.get("parameters", ())}


def _schema(told: Json) -> Json:
    """Of a body or an answer; of one without JSON nothing is known."""
    content = told.get("content", {}).get("application/json", {})
    schema: Json = content.get("schema", {})
    return schema


def _open(document: Json, schema: Json) -> Json:
    """Behind its reference; of what may be null as well the rest, with `null` among its types."""
    while "$ref" in schema:
        found: Any = document
        for name in schema["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        schema = found
    branches = schema.get("anyOf", ())
    others = [each for each in branches if each.get("type") != "null"]
    if len(others) != 1:
        return schema
    inner = _open(document, others[0])
    null = {"null"} if len(others) < len(branches) else set()
    return {**inner, "type": sorted(_types(inner) | null)}


def _types(schema: Json) -> set[str]:
    """None: anything."""
    told = schema.get("type", ())
    return {told} if isinstance(told, str) else set(told)


def _listed(names: set[str]) -> str:
    return " or ".join(sorted(names))
