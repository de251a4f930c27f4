"""Quadrants and heatmaps are our breakdowns, drawn."""

import pytest

DAYS = {"start_date": "2026-01-01", "end_date": "2026-01-31"}


def quadrant(tenant, kind="churn_throughput", **more):
    return tenant.get("quadrant", type=kind, **DAYS, **more).json()


def heatmap(tenant, kind="temporal_load", **more):
    return tenant.get("heatmap", type=kind, **DAYS, **more).json()


def test_globex_sees_no_point_of_acmes(acmes, globex):
    assert quadrant(globex, scope_type="repo")["points"] == []
    assert heatmap(globex, "risk")["cells"] == []


def test_repositories_stand_where_their_numbers_are(acmes):
    found = quadrant(acmes, scope_type="repo")
    assert {each["entity_label"]: (each["x"], each["y"]) for each in found["points"]} == {
        "acme/api": (45, 1), "acme/web": (400, 1),
    }  # fmt: skip
    assert found["axes"]["y"]["metric"] == "pr_throughput"


def test_a_way_has_a_place_for_each_week(acmes):
    (web,) = quadrant(acmes, scope_type="repo", scope_id="acme/web")["points"]
    assert web["trajectory"][0] == {"x": 400, "y": 1, "window": "2026-01-12"}
    assert sum(each["x"] for each in web["trajectory"]) == web["x"] == 400


def test_teams_stand_by_items(acmes):
    (web,) = quadrant(acmes, "cycle_throughput")["points"]
    assert (web["entity_id"], web["y"]) == ("web", 2)


@pytest.mark.parametrize("kind", ["wip_throughput", "review_load_latency"])
def test_every_quadrant_has_its_axes(acmes, kind):
    assert quadrant(acmes, kind)["axes"]["x"]["metric"]


def test_an_unknown_scope_is_not_found(acmes):
    for scope in ("team", "repo", "person"):
        asked = {"scope_type": scope, "scope_id": "nobody's"}
        assert acmes.get("quadrant", type="churn_throughput", **asked).status_code == 404


def test_files_stand_by_week_and_hotspot_score(acmes):
    """2 commits · ln(1 + 45 lines) is more than 1 · ln(1 + 400)."""
    found = heatmap(acmes, "risk")
    assert found["axes"]["y"] == ["a.py", "b.py"]
    assert found["legend"] == {"unit": "score", "scale": "linear"}


def test_days_stand_by_week_and_weekday(acmes):
    found = heatmap(acmes, metric="deploy_freq")
    assert {(each["x"], each["y"]): each["value"] for each in found["cells"] if each["value"]} == {
        ("2026-01-05", "Sun"): 1,
        ("2026-01-12", "Tue"): 1,
    }


def test_a_cell_is_opened_to_its_records_without_people(acmes):
    (found,) = heatmap(acmes, metric="deploy_freq", x="2026-01-12", y="Tue")["evidence"]
    assert (found["kind"], found["at"]) == ("deployment", "2026-01-13T12:00:00Z")
    assert not {"author_id", "author_name"} & found.keys()


def test_what_nobody_measures_is_empty(acmes):
    for kind in ("context_switch", "temporal_load"):
        found = heatmap(acmes, kind, metric="active_hours")
        assert (found["axes"], found["cells"]) == ({"x": [], "y": []}, [])


def test_files_of_one_repository_are_its_own(acmes):
    found = heatmap(acmes, "risk", scope_type="repo", scope_id="acme/web")
    assert found["axes"]["y"] == ["b.py"]
