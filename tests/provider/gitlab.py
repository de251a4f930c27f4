"""A GitLab on a peer: REST lists that move when something changes, and GraphQL by a real engine.

    lab = Lab(merge_requests=[raw_merge_request()])
    lab.serve(peer)

Things are as REST has them; a merge request has its `notes` and `commits` beside, an issue its
`notes` and what is no note to REST: `label_events` and `state_events`. They may change between two
requests. GraphQL counts its points as GitLab does, and refuses what has too many.
"""

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    build_schema,
    get_named_type,
    graphql_sync,
    parse,
    validate,
)

from tests.provider.exchange import Told
from tests.provider.gitlab_things import EVENTS, activity, raw_project, with_details

SDL = (Path(__file__).parent / "gitlab.graphql").read_text()
SCHEMA = build_schema(SDL)
MOST_POINTS = 200  # of who has not signed in
PROJECT = "/api/v4/projects/{project}"

GITALY = {"diffStatsSummary", "commits", "pipelines", "discussions"}
RESOLVED = {
    "notes": 0, "mergeRequests": 1, "pipelines": 0, "mergeRequest": 0, "workItems": 1,
    "discussions": 1,
}  # fmt: skip
"""1: sorted"""
MULTIPLIED = {"discussions": 0.05}
HIDDEN = {
    "merge_requests": ("notes", "commits"),
    "issues": ("notes", "label_events", "state_events"),
    "pipelines": ("started_at", "finished_at"),
}
"""What a list does not tell."""


ONE = {"merge_requests": "iid", "deployments": "id", "issues": "iid", "releases": "tag_name"}
"""By which a thing is asked for alone."""
ALSO_ALONE = {"issues": HIDDEN["issues"], "merge_requests": HIDDEN["merge_requests"]}
"""What is not told even then."""


class Heavy(GraphQLError):
    """It takes too long."""


@dataclass
class Lab:
    project: dict = field(default_factory=raw_project)
    old_paths: set = field(default_factory=set)
    merge_requests: list = field(default_factory=list)
    pipelines: list = field(default_factory=list)
    deployments: list = field(default_factory=list)
    releases: list = field(default_factory=list)
    issues: list = field(default_factory=list)
    labels: list = field(default_factory=list)
    projects: dict = field(default_factory=dict)
    """By group, or by `users/ada`."""
    version: str = "17.4.1-ee"
    unknown: tuple = ()
    """Fields that this instance does not know, as `Type.field`."""
    hidden: set = field(default_factory=set)
    """Of `mergeRequests`, `workItems` and `pipelines`, what GraphQL does not show."""
    most: int = 100
    """Merge requests, or issues, whose details do not take too long."""
    heavy: set = field(default_factory=set)
    """Numbers of such that take too long even alone."""
    points: list = field(default_factory=list)

    def serve(self, peer):
        peer.route("POST", "/api/graphql", self.graphql)
        peer.route("GET", PROJECT, self.one_project)
        self.lists(peer)
        one = PROJECT + "/merge_requests/{iid}"
        peer.route("GET", one + "/notes", lambda asked: self.of_one(asked, "notes"))
        peer.route("GET", one + "/commits", lambda asked: self.of_one(asked, "commits"))
        one = PROJECT + "/issues/{iid}"
        for path, name in (("notes", "notes"), *((f"resource_{each}", each) for each in EVENTS)):
            peer.route("GET", f"{one}/{path}", lambda asked, name=name: self.of_issue(asked, name))
        peer.route("GET", PROJECT + "/labels", lambda asked: paged(asked, self.labels))
        peer.route("GET", PROJECT + "/pipelines/{id}", self.one_pipeline)
        for name, key in ONE.items():
            one = f"{PROJECT}/{name}/{{id}}"
            peer.route("GET", one, lambda asked, name=name, key=key: self.one(asked, name, key))
        peer.route("GET", "/api/v4/groups/{group}", self.one_group)
        peer.route("GET", "/api/v4/groups/{group}/projects", self.of_group)
        peer.route("GET", "/api/v4/users/{user}/projects", self.of_user)

    def lists(self, peer):
        for name in ("merge_requests", "pipelines", "deployments", "issues", "releases"):
            peer.route("GET", f"{PROJECT}/{name}", lambda asked, name=name: self.list(asked, name))

    def list(self, asked, name):
        if not self.is_it(asked.fields["project"]):
            return missing()
        things = [shown(each, name) for each in getattr(self, name)]
        return paged(asked, ordered(asked, things))

    def is_it(self, project):
        known = {str(self.project["id"]), self.project["path_with_namespace"], *self.old_paths}
        return unquoted(project) in known

    def one_project(self, asked):
        return self.project if self.is_it(asked.fields["project"]) else missing()

    def of_one(self, asked, name):
        return told_of(asked, self.merge_requests, name)

    def of_issue(self, asked, name):
        return told_of(asked, self.issues, name)

    def one_pipeline(self, asked):
        return self.one(asked, "pipelines", "id")

    def one(self, asked, name, key):
        if not self.is_it(asked.fields["project"]):
            return missing()
        wanted = unquoted(asked.fields["id"])
        found = [each for each in getattr(self, name) if str(each[key]) == wanted]
        return shown(found[0], name, ALSO_ALONE) if found else missing()

    def one_group(self, asked):
        return {"id": 1} if unquoted(asked.fields["group"]) in self.projects else missing()

    def of_group(self, asked):
        return paged(asked, self.projects[unquoted(asked.fields["group"])])

    def of_user(self, asked):
        return paged(asked, self.projects[f"users/{asked.fields['user']}"])

    def graphql(self, asked):
        schema, query, variables = (
            schema_without(self.unknown),
            asked.json["query"],
            asked.json["variables"],
        )
        if problems := self.problems(schema, query):
            return {"errors": problems}
        self.points.append(points(schema, query, variables))
        if self.points[-1] > MOST_POINTS:
            return {"errors": [too_complex(self.points[-1])]}
        result = graphql_sync(
            schema, query, self.root(variables), variable_values=variables, field_resolver=resolved
        )
        errors = [{"message": each.message, "path": each.path} for each in result.errors or ()]
        return {"data": result.data, **({"errors": errors} if errors else {})}

    def problems(self, schema, query):
        """In GitLab's words."""
        named = [
            found.groups()
            for each in validate(schema, parse(query))
            if (found := re.match(r"Cannot query field '(\w+)' on type '(\w+)'", each.message))
        ]
        return [
            {
                "message": f"Field '{name}' doesn't exist on type '{of}'",
                "extensions": {"code": "undefinedField", "typeName": of, "fieldName": name},
            }
            for name, of in named
        ]

    def root(self, variables):
        if variables["path"] != self.project["path_with_namespace"]:
            return {"metadata": {"version": self.version}, "project": None}
        return {
            "metadata": {"version": self.version},
            "project": {
                "mergeRequest": lambda iid: self.detailed(iid),
                "mergeRequests": lambda **asked: self.detailed_page(**asked),
                "workItems": lambda **asked: self.activity_page(**asked),
                "pipelines": lambda **asked: self.pipeline_page(**asked),
            },
        }

    def detailed(self, iid):
        raw = next((each for each in self.merge_requests if str(each["iid"]) == iid), None)
        return raw and node_of(raw)

    def detailed_page(self, iids, first):
        if "mergeRequests" in self.hidden:
            return None
        if len(iids) > self.most or (set(iids) & self.heavy):
            raise Heavy("Timeout on Project.mergeRequests")
        nodes = [each for iid in reversed(iids) if (each := self.detailed(iid))]
        return connection(nodes, first, None)

    def activity_page(self, iids, first, after=None):
        if "workItems" in self.hidden:
            return None
        if len(iids) > self.most or (set(iids) & self.heavy):
            raise Heavy("Timeout on Project.workItems")
        there = [each for each in reversed(self.issues) if str(each["iid"]) in iids]
        return connection([activity_node(each) for each in there], first, None)

    def pipeline_page(self, first, after=None, updatedAfter=None, updatedBefore=None):
        if "pipelines" in self.hidden:
            return None
        if first > self.most:
            raise Heavy("Timeout on Project.pipelines")
        there = [
            each
            for each in sorted(self.pipelines, key=lambda each: -each["id"])
            if (updatedAfter or "") <= (each["updated_at"] or "~")
            and (each["updated_at"] or "") <= (updatedBefore or "~")
        ]
        return connection([pipeline_node(each) for each in there], first, after)


@cache
def schema_without(unknown):
    """Of an instance that does not know these fields."""
    schema = build_schema(SDL)
    for name in unknown:
        of, field_name = name.split(".")
        del schema.type_map[of].fields[field_name]
    return schema


def shown(thing, name, hidden=HIDDEN):
    return {key: value for key, value in thing.items() if key not in hidden.get(name, ())}


def told_of(asked, things, name):
    """A list of one of these."""
    found = [each for each in things if str(each["iid"]) == asked.fields["iid"]]
    if not found:
        return missing()
    return forbidden() if found[0][name] is None else paged(asked, found[0][name])


def ordered(asked, things):
    """As REST filters and sorts."""
    after, before = asked.query.get("updated_after", ""), asked.query.get("updated_before", "~")
    by = asked.query.get("order_by", "created_at")
    if by != "updated_at":
        return sorted(things, key=lambda each: each.get(by) or "", reverse=True)
    kind = asked.query.get("issue_type")
    there = [
        each
        for each in things
        if after <= (each.get("updated_at") or "~") <= before
        and kind in (None, each.get("issue_type"))
    ]
    return sorted(there, key=lambda each: (each.get("updated_at") or "~", each["id"]))


def paged(asked, things):
    page, size = int(asked.query.get("page", 1)), int(asked.query.get("per_page", 20))
    start = (page - 1) * size
    is_last = start + size >= len(things)
    headers = {"X-Next-Page": "" if is_last else str(page + 1), "X-Total": str(len(things))}
    return Told(json=things[start : start + size], headers=headers)


def missing():
    return Told(status=404, json={"message": "404 Project Not Found"})


def forbidden():
    return Told(status=403, json={"message": "403 Forbidden"})


def unquoted(segment):
    return segment.replace("%2F", "/")


def node_of(raw):
    """Lists of a merge request page by page."""
    node = with_details(raw)["details"]
    lists = {}
    for name in ("notes", "commits"):
        told = node[name] and node[name]["nodes"]
        lists[name] = pager(told)
    return {**node, **lists}


def activity_node(raw):
    """An issue as a work item, with what became of it."""
    discussions = [{"notes": connection([each], 1, None)} for each in activity(raw)]
    widgets = [
        {"__typename": "WorkItemWidgetLabels"},
        {
            "__typename": "WorkItemWidgetNotes",
            "discussions": lambda filter, first, after=None: connection(discussions, first, after),
        },
    ]
    return {"iid": str(raw["iid"]), "widgets": widgets}


def pager(told):
    return lambda first, after=None: None if told is None else connection(told, first, after)


def connection(nodes, first, after):
    start = int(after or 0)
    end = start + first
    info = {"hasNextPage": end < len(nodes), "endCursor": str(min(end, len(nodes)))}
    return {"pageInfo": info, "nodes": nodes[start:end]}


def pipeline_node(raw):
    return {
        "id": f"gid://gitlab/Ci::Pipeline/{raw['id']}",
        "status": raw["status"].upper(),
        "createdAt": raw["created_at"],
        "updatedAt": raw["updated_at"],
        "startedAt": raw["started_at"],
        "finishedAt": raw["finished_at"],
        **{key: raw.get(key) for key in ("name", "sha", "ref", "source")},
    }


def resolved(source, info, **arguments):
    value = source.get(info.field_name)
    return value(**arguments) if callable(value) else value


def too_complex(score):
    return {"message": f"Query has complexity of {score}, which exceeds max complexity of 200"}


def points(schema, query, variables):
    """As `Types::BaseField` and `Resolvers::BaseResolver` of GitLab count them."""
    [operation] = parse(query).definitions
    return _points(operation.selection_set, schema.query_type, variables)


def _points(selected, of, variables):
    return sum(
        _field_points(each, of, variables)
        if isinstance(each, FieldNode)
        else _points(each.selection_set, SCHEMA.type_map[each.type_condition.name.value], variables)
        for each in selected.selections
    )


def _field_points(asked: FieldNode, of: GraphQLObjectType, variables):
    name = asked.name.value
    inner = 0
    if asked.selection_set:
        inner = _points(asked.selection_set, get_named_type(of.fields[name].type), variables)
    cost = inner + 1 + (name in GITALY)
    if name not in RESOLVED:
        return cost
    cost += RESOLVED[name]
    given = {each.name.value: _value(each.value, variables) for each in asked.arguments or ()}
    is_by_number = given.get("iids") or given.get("iid")
    count = min(given.get("first") or 100, 100)
    return int(cost * (1 + (0 if is_by_number else count * MULTIPLIED.get(name, 0.01))))


def _value(node, variables):
    if hasattr(node, "name"):
        return variables.get(node.name.value)
    return int(node.value) if hasattr(node, "value") and node.value.isdecimal() else None
