"""Sync configs over REST."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.pipeline.models import SyncConfig, SyncWatermark
from apps.queue.models import WorkUnit
from tests.apps.pipeline.rows import backfill_job, run_of, sync_config
from tests.queries import queries_of


@pytest.fixture
def body(repo):
    return {"name": "api", "provider": "local", "targets": ["git"], "sources": [str(repo)]}


@pytest.fixture
def config(acme):
    return sync_config(acme)


def path(config):
    return f"sync-configs/{config.pk}"


# --- creating ------------------------------------------------------------------------------------


def test_a_config_is_created_at_its_location(acme, body):
    answer = acme.send("POST", "sync-configs", body)
    assert answer.status_code == 201
    assert acme.client().get(answer["Location"]).json() == answer.json()


def test_a_config_is_answered_in_full(acme, body):
    answer = acme.send("POST", "sync-configs", body).json()
    made = {name: answer.pop(name) for name in ("id", "created_at", "updated_at")}
    assert all(made.values())
    assert answer == body | {
        "integration_id": None,
        "options": {},
        "schedule_cron": "",
        "timezone": "UTC",
        "is_active": True,
        "next_run_at": None,
        "watermarks": [],
        "created_by": str(acme.owner.id),
    }


def test_a_schedule_says_when_it_runs_next(acme, body):
    made = acme.send("POST", "sync-configs", body | {"schedule_cron": "0 0 * * *"}).json()
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    assert datetime.fromisoformat(made["next_run_at"]) == midnight + timedelta(days=1)


def test_more_often_than_the_tier_is_a_matter_of_money(acme, body):
    answer = acme.send("POST", "sync-configs", body | {"schedule_cron": "0 * * * *"})
    assert (answer.status_code, answer.json()["code"]) == (402, "tier_limit")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"nme": "x"}, "/body/nme"),
        ({"name": ""}, "/body/name"),
        ({"name": "a\0b"}, "/body/name"),
        ({"name": None}, "/body/name"),
        ({"sources": ["/a\0b"]}, "/body/sources/0"),
        ({"provider": "svn"}, "/body/provider"),
        ({"targets": ["wiki"]}, "/body/targets"),
        ({"sources": []}, "/body/sources"),
        ({"options": {"depth": 1}}, "/body/options"),
        ({"options": {"initial_days": 0}}, "/body/options"),
        ({"schedule_cron": "daily"}, "/body/schedule_cron"),
        ({"schedule_cron": "0 0 * * *", "timezone": "Mars/Olympus"}, "/body/schedule_cron"),
    ],
)
def test_what_is_wrong_is_pointed_at(acme, body, change, pointer):
    answer = acme.send("POST", "sync-configs", body | change)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_a_path_that_the_operator_does_not_allow_is_refused(acme, body):
    answer = acme.send("POST", "sync-configs", body | {"sources": ["/etc"]})
    assert (answer.status_code, answer.json()["code"]) == (422, "unprocessable")


def test_a_name_is_given_once(acme, body):
    acme.send("POST", "sync-configs", body)
    answer = acme.send("POST", "sync-configs", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "name_taken")


# --- changing ------------------------------------------------------------------------------------


def test_what_is_not_named_stays(acme, body):
    made = acme.send("POST", "sync-configs", body).json()
    changed = acme.send("PATCH", f"sync-configs/{made['id']}", {"name": "new"}).json()
    assert changed | {"updated_at": 0} == made | {"name": "new", "updated_at": 0}


@pytest.mark.parametrize(
    "change", [{"provider": "local"}, {"id": "x"}, {"name": None}, {"is_active": None}, {"x": 1}]
)
def test_what_cannot_be_changed_is_named(acme, config, change):
    answer = acme.send("PATCH", path(config), change)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_body")


def test_switched_off_is_not_planned(acme, body):
    made = acme.send("POST", "sync-configs", body | {"schedule_cron": "0 0 * * *"}).json()
    changed = acme.send("PATCH", f"sync-configs/{made['id']}", {"is_active": False}).json()
    assert (changed["is_active"], changed["next_run_at"]) == (False, None)


def test_the_tag_that_was_read_allows_a_change(acme, body):
    made = acme.send("POST", "sync-configs", body)
    changed = acme.send(
        "PATCH", f"sync-configs/{made.json()['id']}", {"name": "new"}, If_Match=made["ETag"]
    )
    assert changed.status_code == 200


def test_the_tag_of_a_change_is_that_of_the_next_read(acme, body):
    made = acme.send("POST", "sync-configs", body).json()
    changed = acme.send("PATCH", f"sync-configs/{made['id']}", {"name": "new"})
    assert changed["ETag"] == acme.get(f"sync-configs/{made['id']}")["ETag"]


def test_whoever_read_an_older_state_changes_nothing(acme, body):
    made = acme.send("POST", "sync-configs", body)
    one = f"sync-configs/{made.json()['id']}"
    acme.send("PATCH", one, {"name": "theirs"})
    answer = acme.send("PATCH", one, {"name": "mine"}, If_Match=made["ETag"])
    assert (answer.status_code, answer.json()["code"]) == (412, "precondition_failed")
    assert acme.get(one).json()["name"] == "theirs"


def test_any_state_will_do_for_a_star(acme, body):
    made = acme.send("POST", "sync-configs", body).json()
    answer = acme.send("PATCH", f"sync-configs/{made['id']}", {"name": "new"}, If_Match="*")
    assert answer.status_code == 200


def test_a_mark_that_moves_is_no_conflict(acme, body):
    made = acme.send("POST", "sync-configs", body)
    one = f"sync-configs/{made.json()['id']}"
    with acme.entered():
        config = SyncConfig.objects.get(pk=made.json()["id"])
        SyncWatermark.objects.create(
            config=config, source="/a", target="git", synced_through=datetime.now(UTC)
        )
    assert acme.get(one)["ETag"] != made["ETag"]
    assert acme.send("PATCH", one, {"name": "x"}, If_Match=made["ETag"]).status_code == 200


# --- deleting ------------------------------------------------------------------------------------


def test_deleted_is_gone(acme, config):
    answer = acme.send("DELETE", path(config))
    assert (answer.status_code, answer.content) == (204, b"")
    assert acme.get(path(config)).status_code == 404


def test_what_is_under_way_keeps_its_config(acme, config):
    backfill_job(acme, config, "paused")
    answer = acme.send("DELETE", path(config))
    assert (answer.status_code, answer.json()["code"]) == (409, "busy")


# --- reading -------------------------------------------------------------------------------------


def test_marks_are_shown(acme, config):
    with acme.entered():
        SyncWatermark.objects.create(
            config=config, source="/srv/api", target="git", synced_through=datetime.now(UTC)
        )
    (mark,) = acme.get(path(config)).json()["watermarks"]
    assert (mark["source"], mark["target"], mark["covered_since"]) == ("/srv/api", "git", None)


@pytest.mark.parametrize("configs", [1, 50])
def test_a_page_costs_the_same_whatever_is_on_it(acme, configs):
    with acme.entered():
        for _ in range(configs):
            config = sync_config(acme)
            SyncWatermark.objects.create(
                config=config, source="/a", target="git", synced_through=datetime.now(UTC)
            )
    acme.get("me")  # notes the token's use, which is not of this page
    assert len(queries_of(lambda: acme.get("sync-configs", limit=50))) == 4
    assert len(acme.get("sync-configs", limit=50).json()["items"]) == configs


def test_a_planned_run_of_somebody_else_is_not_shown(acme, globex, config):
    WorkUnit.objects.create(
        organization_id=globex.organization.id,
        queue="sync",
        actor="pipeline.schedule",
        dedupe_key=f"schedule:{config.pk}",
        slots=[],
        not_before=datetime.now(UTC),
    )
    assert acme.get(path(config)).json()["next_run_at"] is None


def test_runs_go_with_their_config(acme, config):
    run = run_of(acme, config, "completed")
    acme.send("DELETE", path(config))
    assert acme.get(f"runs/{run.pk}").status_code == 404
