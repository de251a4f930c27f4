"""Settings, status map and category rules over REST."""

import pytest

from apps.metrics.directory import load
from devhealth.models.directory import BOT_PATTERNS, THEMES, CategoryRule
from tests import work

RULE = {"theme": "quality", "subcategory": "bugfix", "labels": ["Bug", "fix*"]}
PARTS = {
    "settings": ("PATCH", {"privacy_threshold": 7}),
    "status-map": ("PUT", {"statuses": {"Ready for QA": "in_review"}}),
    "category-rules": ("PUT", {"category_rules": [RULE]}),
}
each_part = pytest.mark.parametrize("path", PARTS)


def change(who, path, body=None, tag="*"):
    method, usual = PARTS[path]
    return who.send(method, path, usual if body is None else body, If_Match=tag)


def directory_of(tenant):
    with tenant.entered():
        return load().directory


@each_part
def test_globex_keeps_its_own(acme, globex, path):
    before = globex.get(path).json()
    change(acme, path)
    assert globex.get(path).json() == before


# --- reading -------------------------------------------------------------------------------------


def test_where_nobody_decided_anything_settings_are_the_defaults(acme):
    assert acme.get("settings").json() == {
        "version": 0,
        "opens": "09:00:00",
        "closes": "18:00:00",
        "timezone": "UTC",
        "privacy_threshold": 5,
        "bot_patterns": [],
        "built_in_bot_patterns": list(BOT_PATTERNS),
        "humans": [],
        "deployment_kinds": {},
    }


@each_part
def test_what_was_read_before_is_not_sent_again(acme, path):
    tag = acme.get(path)["ETag"]
    answer = acme.client(**{"If-None-Match": tag}).get(f"/api/v1/{path}")
    assert answer.status_code == 304


# --- changing ------------------------------------------------------------------------------------


def test_what_is_not_named_stays(acme):
    change(acme, "settings", {"opens": "08:30", "closes": "17:00", "timezone": "Europe/Berlin"})
    answer = change(acme, "settings", {"humans": ["Robot@Example.com"]}).json()
    assert (answer["opens"], answer["timezone"]) == ("08:30:00", "Europe/Berlin")
    assert (answer["humans"], answer["version"]) == (["robot@example.com"], 2)


def test_own_patterns_stand_beside_the_built_in_ones(acme):
    change(acme, "settings", {"bot_patterns": ["*-Deploy@example.com", "*-deploy@example.com"]})
    assert directory_of(acme).bots == (*BOT_PATTERNS, "*-deploy@example.com")


def test_statuses_are_known_in_any_case(acme):
    answer = change(acme, "status-map").json()
    assert answer["statuses"] == {"ready for qa": "in_review"}
    assert directory_of(acme).statuses == {"ready for qa": "in_review"}


def test_rules_keep_their_order(acme):
    other = {"theme": "risk", "subcategory": "security", "paths": ["auth/*"]}
    change(acme, "category-rules", {"category_rules": [RULE, other]})
    assert directory_of(acme).categories == (
        CategoryRule("quality", "bugfix", labels=("bug", "fix*")),
        CategoryRule("risk", "security", paths=("auth/*",)),
    )


def test_the_answer_of_a_change_is_the_next_reads(acme):
    answer = change(acme, "category-rules")
    again = acme.get("category-rules")
    assert (answer.json(), answer["ETag"]) == (again.json(), again["ETag"])


def test_a_threshold_changes_no_record(acme):
    change(acme, "settings", {"privacy_threshold": 3})
    assert work.units(actor="pipeline.restamp") == []


def test_hours_change_records(acme):
    change(acme, "settings", {"opens": "10:00"})
    assert work.states(actor="pipeline.restamp") == ["pending"]


# --- two who change the same ---------------------------------------------------------------------


@each_part
def test_nobody_overwrites_what_they_have_not_read(acme, path):
    method, body = PARTS[path]
    answer = acme.send(method, path, body)
    assert (answer.status_code, answer.json()["code"]) == (428, "precondition_required")


@each_part
def test_whoever_read_an_older_state_changes_nothing(acme, path):
    tag = acme.get(path)["ETag"]
    change(acme, path, tag=tag)
    answer = change(acme, path, tag=tag)
    assert (answer.status_code, answer.json()["code"]) == (412, "precondition_failed")


@each_part
def test_a_change_elsewhere_in_the_directory_is_no_conflict(acme, path):
    tag = acme.get(path)["ETag"]
    acme.send("POST", "teams", {"name": "Platform"})
    assert change(acme, path, tag=tag).status_code == 200


def test_a_preview_needs_the_state_that_was_read_too(acme):
    answer = acme.send("PATCH", "settings?preview=true", {"opens": "10:00"})
    assert answer.status_code == 428


# --- what is wrong -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body", "pointer", "word"),
    [
        ("settings", {"opens": "18:00"}, "/body/closes", "close after they open"),
        ("settings", {"timezone": "Mars/Olympus"}, "/body/timezone", "IANA"),
        ("settings", {"timezone": "../etc/passwd"}, "/body/timezone", "IANA"),
        ("settings", {"opens": "08:00+02:00"}, "/body/opens", "without offset"),
        ("settings", {"opens": None}, "/body/opens", "time"),
        ("settings", {"privacy_threshold": 1}, "/body/privacy_threshold", "2"),
        ("settings", {"bot_patterns": ["*?*"]}, "/body/bot_patterns/0", "everybody"),
        ("settings", {"bot_patterns": [" "]}, "/body/bot_patterns/0", "everybody"),
        ("settings", {"bot_patterns": ["*[bot"]}, "/body/bot_patterns/0", "without its"),
        ("settings", {"humans": ["a\0b"]}, "/body/humans/0", "match"),
        ("settings", {"version": 9}, "/body/version", "not permitted"),
        ("status-map", {"statuses": {"open": "started"}}, "/body/statuses", "no status"),
        (
            "status-map",
            {"statuses": {"Open": "todo", "open": "done"}},
            "/body/statuses",
            "named twice",
        ),
        (
            "category-rules",
            {"category_rules": [RULE, RULE | {"theme": "fun"}]},
            "/body/category_rules/1/theme",
            "no theme",
        ),
        (
            "category-rules",
            {"category_rules": [RULE | {"subcategory": "debt"}]},
            "/body/category_rules/0/subcategory",
            "testing, bugfix, reliability",
        ),
        (
            "category-rules",
            {"category_rules": [RULE | {"labels": []}]},
            "/body/category_rules/0",
            "match everything",
        ),
        (
            "category-rules",
            {"category_rules": [RULE | {"labels": ["[a"]}]},
            "/body/category_rules/0/labels",
            "without its",
        ),
        (
            "category-rules",
            {"category_rules": [RULE | {"authors": ["ada"]}]},
            "/body/category_rules/0/authors",
            "not permitted",
        ),
    ],
)
def test_what_is_wrong_is_pointed_at(acme, path, body, pointer, word):
    answer = change(acme, path, body)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["pointer"]) == (422, pointer)
    assert word in error["detail"]


def test_every_theme_and_subcategory_may_be_ruled(acme):
    rules = [
        {"theme": theme, "subcategory": each, "types": ["x"]}
        for theme, subcategories in THEMES.items()
        for each in subcategories
    ]
    assert change(acme, "category-rules", {"category_rules": rules}).status_code == 200


def test_what_is_refused_leaves_no_trace(acme):
    change(acme, "settings", {"opens": "18:00"})
    assert acme.get("settings").json()["version"] == 0


def test_what_a_deployment_is_is_chosen_by_repository(acme):
    kinds = {"Acme/Web": "release", "acme/*": "merge"}
    answer = change(acme, "settings", {"deployment_kinds": kinds})
    assert answer.json()["deployment_kinds"] == {"acme/web": "release", "acme/*": "merge"}
    chosen = dict(directory_of(acme).deployment_kinds)
    assert chosen == {"acme/web": "release", "acme/*": "merge"}


@pytest.mark.parametrize(
    "kinds", [{"acme/web": "tag"}, {" ": "merge"}, {"a*b": "merge"}, {"A": "merge", "a": "release"}]
)
def test_another_choice_is_refused_with_a_reason(acme, kinds):
    answer = change(acme, "settings", {"deployment_kinds": kinds})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_directory")
    assert answer.json()["errors"][0]["pointer"] == "/body/deployment_kinds"
