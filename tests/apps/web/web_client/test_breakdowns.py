"""What work was for and where it went, beside our own numbers."""

import pytest

from tests.apps.web.web_client.conftest import JANUARY

WINDOW = {"since": "2026-01-01", "until": "2026-02-01"}


def test_investment_is_that_of_our_own_api(acmes, post):
    ours = acmes.get("investment", **WINDOW).json()["themes"]
    expected = {each["theme"]: each["items_completed"]["value"] for each in ours}
    told = post("investment")
    assert told["unit"] == "items"
    assert told["theme_distribution"] == {name: each for name, each in expected.items() if each}
    assert {each["key"]: each["value"] for each in told["categories"]} == {
        "feature_delivery": 1, "quality": 1,
    }  # fmt: skip
    assert told["subcategory_distribution"] == {"feature_delivery.roadmap": 1, "quality.bugfix": 1}


def test_our_own_get_of_investment_is_as_it_was(acmes):
    assert acmes.get("investment", **WINDOW).json()["themes"]


@pytest.mark.parametrize("mode", ["investment", "expense", "state", "hotspot"])
def test_links_of_a_sankey_lead_from_a_node_to_another(post, mode):
    found = post("sankey", mode=mode)
    names = [each["name"] for each in found["nodes"]]
    assert len(names) == len(set(names))
    assert found["links"]
    for each in found["links"]:
        assert {each["source"], each["target"]} <= set(names)
        assert each["source"] != each["target"]


def test_hours_in_states_are_those_that_items_were_in_them(post):
    found = {each["target"]: each["value"] for each in post("sankey", mode="state")["links"]}
    assert (found["Blocked"], found["In progress"]) == (6, 18 + 48)


def test_a_flame_of_many_adds_up(acmes):
    asked = {"mode": "code_hotspots", "start_date": "2026-01-01", "end_date": "2026-01-31"}
    root = acmes.get("flame/aggregated", **asked).json()["root"]
    assert root["value"] == 3
    assert {
        part["name"]: [(each["name"], each["value"]) for each in part["children"]]
        for part in root["children"]
    } == {"acme/api": [("a.py", 2)], "acme/web": [("b.py", 1)]}


def test_a_flame_of_many_is_of_one_repository(acmes):
    asked = {"mode": "code_hotspots", "start_date": "2026-01-01", "end_date": "2026-01-31"}
    root = acmes.get("flame/aggregated", **asked, repo_id="acme/web").json()["root"]
    assert root["value"] == 1


def test_a_drilldown_lists_what_changed_within_the_days(acmes, post):
    found = post("drilldown/prs")["items"]
    assert [(each["title"], each["number"]) for each in found] == [("Two", 2), ("One", 1)]
    themes = {"why": {"work_category": ["quality"]}}
    assert [each["title"] for each in post("drilldown/prs", themes)["items"]] == ["One"]
    assert [each["name"] for each in post("drilldown/issues")["items"]] == [
        "jira:SHOP-2", "jira:SHOP-1",
    ]  # fmt: skip
    assert len(post("drilldown/prs", limit=1)["items"]) == 1
    assert not {"author_id", "author_name", "author_login"} & found[0].keys()


def test_globex_drills_down_to_nothing_of_acmes(acmes, globex):
    for kind in ("prs", "issues"):
        answer = globex.send("POST", f"drilldown/{kind}", {"filters": JANUARY})
        assert answer.json() == {"items": []}
