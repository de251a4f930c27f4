"""What may change under those who build on the API, and what may not."""

from copy import deepcopy

import pytest

from config.breaking import of_graphql, of_rest

TEAM = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {
        "id": {"type": "string"},
        "name": {"type": "string", "maxLength": 200},
        "color": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "members": {"type": "array", "items": {"$ref": "#/components/schemas/Member"}},
    },
}
MEMBER = {"type": "object", "required": [], "properties": {"role": {"type": "string"}}}
SORT = {
    "name": "sort",
    "in": "query",
    "required": False,
    "schema": {"type": "string", "enum": ["name", "size"]},
}


def contract():
    team = {"$ref": "#/components/schemas/Team"}
    body = {"content": {"application/json": {"schema": team}}}
    listed = {"parameters": [SORT], "responses": {"200": body, "404": {}}}
    made = {"requestBody": {"required": True, **body}, "responses": {"201": body}}
    return deepcopy(
        {
            "paths": {"/teams": {"get": listed, "post": made}},
            "components": {"schemas": {"Team": TEAM, "Member": MEMBER}},
        }
    )


def changed(change):
    """What breaks, without where."""
    after = contract()
    change(after)
    return [each.partition(": ")[2] for each in of_rest(contract(), after)]


def team(after):
    return after["components"]["schemas"]["Team"]


def got(after):
    return after["paths"]["/teams"]["get"]


def test_nothing_breaks_where_nothing_changes():
    assert changed(lambda after: None) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda after: after["paths"].update({"/people": {}}),
        lambda after: got(after)["responses"].update({"429": {}}),
        lambda after: got(after)["parameters"].append(
            {"name": "q", "in": "query", "schema": {"type": "string"}}
        ),
        lambda after: got(after)["parameters"][0]["schema"]["enum"].append("age"),
        lambda after: team(after)["properties"].update({"lead": {"type": "string"}}),
        lambda after: team(after)["properties"]["name"].update({"maxLength": 300}),
        lambda after: team(after).update({"description": "Another word for it."}),
        lambda after: team(after)["properties"].update(
            {"color": {"anyOf": [{"type": "string"}, {"type": "null"}], "description": "New."}}
        ),
    ],
)
def test_more_breaks_nobody(change):
    assert changed(change) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda after: after["paths"].pop("/teams"), "it is gone."),
        (lambda after: got(after).update({"security": [{}]}), "it needs a token now."),
        (lambda after: got(after)["parameters"].clear(), "the parameter `sort` is gone."),
        (
            lambda after: got(after)["parameters"][0].update({"required": True}),
            "the parameter `sort` must be given now.",
        ),
        (
            lambda after: got(after)["parameters"].append(
                {"name": "q", "in": "query", "required": True, "schema": {}}
            ),
            "the new parameter `q` must be given.",
        ),
        (
            lambda after: got(after)["parameters"][0]["schema"]["enum"].pop(),
            "`sort` may not be size any more.",
        ),
        (
            lambda after: got(after)["responses"].pop("200"),
            "it never answers 200 any more.",
        ),
        (
            lambda after: team(after)["properties"]["name"].update({"maxLength": 20}),
            "`body.name` has a maxLength of 20 now.",
        ),
        (lambda after: team(after)["required"].append("color"), "`body.color` must be given now."),
        (lambda after: team(after)["required"].remove("name"), "`200.name` may be missing now."),
        (lambda after: team(after)["properties"].pop("color"), "`200.color` is gone."),
        (
            lambda after: team(after)["properties"].update({"id": {"type": "integer"}}),
            "`200.id` was string and is integer.",
        ),
        (
            lambda after: team(after)["properties"].update({"color": {"type": "string"}}),
            "`body.color` was null or string and is string.",
        ),
        (
            lambda after: team(after)["properties"].update({"id": {"type": ["string", "null"]}}),
            "`200.id` was string and is null or string.",
        ),
        (
            lambda after: after["components"]["schemas"]["Member"]["properties"].pop("role"),
            "`200.members[].role` is gone.",
        ),
    ],
)
def test_less_breaks_somebody(change, told):
    assert told in changed(change)


def test_of_graphql_graphqls_own_list_counts():
    before = "type Query { team(id: ID!): Team } type Team { name: String! }"
    after = "type Query { team(id: ID!): Team } type Team { title: String! }"
    assert of_graphql(before, before) == []
    assert of_graphql(before, after) == ["Field Team.name was removed."]


def test_a_schema_that_holds_itself_has_an_end():
    document = contract()
    document["components"]["schemas"]["Team"]["properties"]["parent"] = {
        "$ref": "#/components/schemas/Team"
    }
    assert of_rest(document, deepcopy(document)) == []
