"""Flames are the real timelines of one thing."""

import pytest

from tests.apps.web.web_client.conftest import ITEMS, hours
from tests.devhealth.metrics.worlds import API

ITEM = str(ITEMS[0].told.item.work_item_id)
THINGS = [("pr", f"{API}:1"), ("issue", ITEM), ("deployment", f"{API}:d1")]


def flame(tenant, kind, id):
    return tenant.get("flame", entity_type=kind, entity_id=id)


def parts(tenant, kind, id):
    found = flame(tenant, kind, id).json()["frames"][1:]
    return [
        (each["label"], hours(each["start"], each["end"]), each["state"], each["category"])
        for each in found
    ]


@pytest.mark.parametrize(("kind", "id"), THINGS)
def test_a_thing_of_acmes_is_nothing_to_globex(acmes, globex, kind, id):
    assert flame(globex, kind, id).status_code == 404


@pytest.mark.parametrize(
    ("kind", "id"),
    [("pr", f"{API}:99"), ("pr", f"{API}:x"), ("pr", "x:1"), ("pr", f"{API}:{9**20}"),
     ("issue", "x"), ("deployment", f"{API}:d9"), ("deployment", "d1")],
)  # fmt: skip
def test_what_there_is_not_is_not_found(acmes, kind, id):
    assert flame(acmes, kind, id).status_code == 404


def test_a_pull_request_is_its_phases_and_rework_after_changes_were_asked_for(acmes):
    assert parts(acmes, "pr", f"{API}:1") == [
        ("Coding", 24, "active", "planned"),
        ("Draft", 2, "active", "planned"),
        ("Waiting for a response", 4, "waiting", "planned"),
        ("Review", 18, "active", "planned"),
        ("Changes requested", 12, "active", "rework"),
    ]


def test_a_work_item_is_its_spells_until_it_is_done(acmes):
    assert parts(acmes, "issue", ITEM) == [
        ("Todo", 2, "waiting", "planned"),
        ("In progress", 12, "active", "planned"),
        ("Blocked", 6, "blocked", "planned"),
        ("In progress", 6, "active", "planned"),
    ]


def test_a_deployment_is_its_run_and_what_waited_for_it(acmes):
    assert parts(acmes, "deployment", f"{API}:d1") == [
        ("Waiting to begin", 1, "waiting", "planned"),
        ("Deploying", 1, "ci", "planned"),
        ("#1 One", 16, "waiting", "planned"),
    ]


@pytest.mark.parametrize(("kind", "id"), THINGS)
def test_every_stretch_lies_within_the_timeline_and_below_the_whole(acmes, kind, id):
    found = flame(acmes, kind, id).json()
    whole, *rest = found["frames"]
    ends = found["timeline"]
    assert whole["parent_id"] is None
    assert {each["parent_id"] for each in rest} == {whole["id"]}
    assert len({each["id"] for each in found["frames"]}) == len(found["frames"])
    for each in found["frames"]:
        assert ends["start"] <= each["start"] <= each["end"] <= ends["end"]
