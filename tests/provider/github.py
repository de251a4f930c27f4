"""A GitHub on a peer: GraphQL run by a real engine over a world of plain things, and some REST.

    hub = Hub(pulls=[pull(7)])
    hub.serve(peer)

`world` may change between two requests. A value that is an exception is a field that GitHub cannot
give. A thing with `is_heavy` takes too long whenever its lists are asked for.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlencode

from graphql import (
    GraphQLError,
    build_schema,
    execute_sync,
    get_named_type,
    parse,
    validate,
)

from tests.provider.exchange import Told
from tests.provider.github_things import repository

SDL = (Path(__file__).parent / "github.graphql").read_text()
SCHEMA = build_schema(SDL)
ORDERS = {"UPDATED_AT": "updatedAt", "CREATED_AT": "createdAt", "NAME": "nameWithOwner"}
MOST_FOUND = 1_000


class Hidden(GraphQLError):
    """What GitHub says of a field that it cannot give."""

    def __init__(self, kind="FORBIDDEN"):
        super().__init__("Resource protected.", extensions={"kind": kind})


class Heavy(GraphQLError):
    """It takes too long."""


@dataclass
class Hub:
    pulls: list = field(default_factory=list)
    deployments: list = field(default_factory=list)
    releases: list = field(default_factory=list)
    issues: list = field(default_factory=list)
    suites: list = field(default_factory=list)
    runs: list = field(default_factory=list)
    attempts: dict = field(default_factory=dict)
    """(run, attempt) → what it was."""
    repositories: list = field(default_factory=list)
    """Of the owner `acme`."""
    body: dict = field(default_factory=repository)
    most: int = 100
    """Things a page may have before it takes too long."""
    unknown: tuple = ()
    """Fields that this instance does not know, as `Type.field`, or `Type.field.argument`."""

    def serve(self, peer):
        peer.route("POST", "/graphql", self.graphql, resource="graphql")
        peer.route("GET", "/repos/{owner}/{name}", lambda asked: self.body)
        path = "/repos/{owner}/{name}/actions/runs"
        peer.route("GET", path, self.listed_runs)
        peer.route("GET", f"{path}/{{run}}", self.one_run)
        for name in ("deployments", "releases"):
            one = f"/repos/{{owner}}/{{name}}/{name}/{{id}}"
            peer.route("GET", one, lambda asked, name=name: self.node_id_of(asked, name))
        peer.route("GET", f"{path}/{{run}}/attempts/{{attempt}}", self.one_attempt)

    def graphql(self, asked):
        variables = asked.json["variables"]
        if variables.get("first", 0) > self.most and "additions" in asked.json["query"]:
            return bad_gateway()
        if problems := unknown_to(self.unknown, asked.json["query"]):
            return {"errors": problems}
        result = execute_sync(
            SCHEMA,
            document(asked.json["query"]),
            self.root(),
            variable_values=variables,
            field_resolver=resolved,
            type_resolver=lambda value, *_: value["__typename"],
        )
        if any(isinstance(each.original_error or each, Heavy) for each in result.errors or ()):
            return bad_gateway()
        answer = {"data": result.data}
        if result.errors:
            answer["errors"] = [problem(each) for each in result.errors]
        return answer

    def root(self):
        return {
            "repository": self.repository,
            "node": lambda id: self.by_id(id),
            "nodes": lambda ids: [self.by_id(each) for each in ids],
            "search": self.search,
            "repositoryOwner": lambda login: {
                "__typename": "User",
                "login": login,
                "repositories": self.repositories,
            },
        }

    def repository(self, owner, name, **_):
        if f"{owner}/{name}" != self.body["full_name"]:
            raise Hidden("NOT_FOUND")
        return {
            "pullRequest": lambda number: numbered(self.pulls, number),
            "issue": lambda number: numbered(self.issues, number),
            "pullRequests": self.pulls,
            "deployments": self.deployments,
            "releases": self.releases,
            "issues": self.issues,
        }

    def by_id(self, wanted):
        every = [*self.pulls, *self.deployments, *self.releases, *self.issues, *self.suites]
        every += [each for pull in self.pulls for each in listed(pull.get("reviews"))]
        found = next((each for each in every if each and each["id"] == wanted), None)
        return found or Hidden("NOT_FOUND")

    def search(self, query, first, type, after=None):
        span = re.search(r"updated:(\S+)", query)[1]
        things = {"pr": self.pulls, "issue": self.issues}[re.search(r"is:(\w+)", query)[1]]
        assert f"repo:{self.body['full_name']} " in query
        found = [each for each in things if within(each["updatedAt"], span)]
        found.sort(key=lambda each: each["updatedAt"])
        start = int((after or "cursor:0").partition(":")[2])
        shown = found[:MOST_FOUND]
        end = start + first
        return {
            "issueCount": len(found),
            "pageInfo": {"hasNextPage": end < len(shown), "endCursor": f"cursor:{end}"},
            "nodes": shown[start:end],
        }

    def listed_runs(self, asked):
        span = asked.query.get("created")
        found = [each for each in self.runs if not span or within(each["created_at"], span)]
        found.sort(key=lambda each: (each["created_at"], each["id"]), reverse=True)
        shown = found[:MOST_FOUND] if span else found
        page, size = int(asked.query.get("page", 1)), int(asked.query["per_page"])
        headers = {}
        if page * size < len(shown):
            query = urlencode({**asked.query, "page": page + 1})
            headers["Link"] = f'<{asked.url}{asked.path}?{query}>; rel="next"'
        items = shown[(page - 1) * size : page * size]
        return Told(json={"total_count": len(found), "workflow_runs": items}, headers=headers)

    def one_run(self, asked):
        number = int(asked.fields["run"])
        return self._or_404(next((each for each in self.runs if each["id"] == number), None))

    def node_id_of(self, asked, name):
        """REST's ids are the numbers in GraphQL's: 7 of `DE_7`."""
        if f"{asked.fields['owner']}/{asked.fields['name']}" != self.body["full_name"]:
            return self._or_404(None)
        ids = [each["id"] for each in getattr(self, name)]
        found = [each for each in ids if each.partition("_")[2] == asked.fields["id"]]
        return self._or_404({"node_id": found[0]} if found else None)

    def one_attempt(self, asked):
        key = int(asked.fields["run"]), int(asked.fields["attempt"])
        return self._or_404(self.attempts.get(key))

    def _or_404(self, thing):
        return Told(status=404, json={"message": "Not Found"}) if thing is None else thing


@lru_cache
def document(query):
    """Raises AssertionError for what GitHub would not take."""
    parsed = parse(query)
    assert validate(SCHEMA, parsed) == []
    return parsed


def unknown_to(names, query):
    """What GitHub says of fields and arguments that an instance does not know."""
    schema, problems = build_schema(SDL), []
    for name in names:
        of, field_name, *argument = name.split(".")
        if argument:
            del schema.type_map[of].fields[field_name].args[argument[0]]
        else:
            del schema.type_map[of].fields[field_name]
    for each in validate(schema, parse(query)) if names else ():
        asked = re.match(r"Cannot query field '(\w+)' on type '(\w+)'", each.message)
        given = re.match(r"Unknown argument '(\w+)' on field '\w+\.(\w+)'", each.message)
        said = asked and f"Field '{asked[1]}' doesn't exist on type '{asked[2]}'"
        said = said or (given and f"Field '{given[2]}' doesn't accept argument '{given[1]}'")
        code = {"code": "undefinedField" if asked else "argumentNotAccepted"}
        problems.append({"message": said, "path": ["query"], "extensions": code})
    return problems


def resolved(source, info, **arguments):
    value = source.get(info.field_name)
    if isinstance(value, GraphQLError):
        raise value
    if callable(value):
        value = value(**arguments)
    if get_named_type(info.return_type).name.endswith("Connection") and isinstance(value, list):
        if source.get("is_heavy"):
            raise Heavy("Timeout")
        return connection(value, **arguments)
    return value


def connection(every, *, first, after=None, orderBy=None, labels=None, filterBy=None, **_):
    """By a key where it is ordered, so that what moves to the front is not met again."""
    assert 1 <= first <= 100
    rows = [each for each in every if is_asked(each, labels, filterBy)]
    if orderBy:
        is_newest = orderBy["direction"] == "DESC"
        rows.sort(key=lambda each: sort_key(each, orderBy), reverse=is_newest)
        keys = [sort_key(each, orderBy) for each in rows]
        rows = [
            each
            for each, key in zip(rows, keys, strict=True)
            if after is None
            or (key < tuple(after.split("|")) if is_newest else key > tuple(after.split("|")))
        ]
        ends = "|".join(sort_key(rows[:first][-1], orderBy)) if rows else after
    else:
        rows = rows[int(after or 0) :]
        ends = str(int(after or 0) + len(rows[:first]))
    info = {"hasNextPage": len(rows) > first, "endCursor": ends}
    return {"totalCount": len(every), "pageInfo": info, "nodes": rows[:first]}


def sort_key(thing, order):
    inner = thing.extensions["of"] if isinstance(thing, GraphQLError) else thing
    return inner[ORDERS[order["field"]]], inner.get("id", "")


def is_asked(thing, labels, filters):
    names = {each["name"] for each in thing.get("labels") or ()} if labels else set()
    since = (filters or {}).get("since")
    return (not labels or names & set(labels)) and (not since or thing["updatedAt"] >= since)


def within(value, span):
    if span.startswith(">="):
        return value >= span[2:]
    if span.startswith("<"):
        return value < span[1:]
    first, _, last = span.partition("..")
    return first <= value <= last


def numbered(things, number):
    return next((each for each in things if each["number"] == number), None) or Hidden("NOT_FOUND")


def listed(value):
    return value if isinstance(value, list) else ()


def problem(error):
    inner = error.original_error or error
    kind = (getattr(inner, "extensions", None) or {}).get("kind")
    told = {"message": error.message, "path": error.path}
    return {**told, "type": kind} if kind else told


def bad_gateway():
    return Told(status=502, body=b"<html>Bad Gateway</html>")
