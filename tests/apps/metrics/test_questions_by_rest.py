"""The catalogue and the evidence, by REST."""

import pytest

from tests.devhealth.metrics.worlds import API

MONDAY = {"measure": "commits_count", "day": "2026-01-05"}


@pytest.mark.parametrize(("path", "query"), [("metrics/catalogue", {}), ("evidence", MONDAY)])
def test_a_stranger_reads_nothing(stranger, path, query):
    assert stranger.get(f"/api/v1/{path}", query).status_code == 401


def test_mallory_of_globex_sees_no_record_of_acme(computed, globex):
    answer = globex.get("evidence", **MONDAY, repo_id=str(API)).json()
    assert (answer["items"], answer["value"]) == ([], 0)


def test_the_catalogue_names_every_measure_once(acme):
    measures = acme.get("metrics/catalogue").json()["measures"]
    names = [each["name"] for each in measures]
    assert len(names) == len(set(names))
    assert "commits_count" in names


def test_a_number_can_be_opened_page_by_page(computed):
    first = computed.get("evidence", **MONDAY, limit=1).json()
    second = computed.get("evidence", **MONDAY, limit=1, cursor=first["next_cursor"]).json()
    hashes = [each["hash"] for each in first["items"] + second["items"]]
    assert (hashes, second["next_cursor"]) == (["a2", "a1"], None)
    assert (first["value"], first["records_count"], first["is_stale"]) == (2, 2, False)


def test_a_window_shows_the_file_changes_behind_it(computed):
    asked = {"measure": "changed_loc_30d", "day": "2026-01-05", "repo_id": str(API)}
    found = computed.get("evidence", **asked).json()
    assert [(each["kind"], each["path"], each["hash"]) for each in found["items"]] == [
        ("file change", "a", "a2"),
        ("file change", "a", "a1"),
        ("file change", "a", "a5"),
    ]
    assert found["value"] == 45


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"measure": "velocity"}, 422, "unknown_measure"),
        ({"measure": "bus_factor_30d", "path": "a"}, 422, "not_groupable"),
        ({"day": "x"}, 400, "invalid_parameter"),
        ({"repo_id": "x"}, 400, "invalid_parameter"),
        ({"cursor": "x"}, 400, "invalid_cursor"),
    ],
)
def test_what_cannot_be_asked_is_named(acme, asked, status, code):
    answer = acme.client().get("/api/v1/evidence", MONDAY | asked)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
