"""What people change of syncs, backfills and metrics stands in the organisation's audit log."""

import pytest

from apps.pipeline.operations import OPERATIONS
from tests.apps.pipeline.rows import backfill_job, sync_config
from tests.apps.pipeline.worlds import ago

UNRECORDED = {
    "runs.create",  # what a schedule does, too, and `runs` tell who asked
    "sources.choose",  # its config is: `sync_configs.create` or `.update`
}


@pytest.fixture
def config(acme):
    return sync_config(acme, name="api")


def newest(tenant):
    """(action, target, before, after) of the person's newest entry."""
    entry = tenant.get("audit-log", user_id=tenant.owner.pk, limit=1).json()["items"][0]
    return entry["action"], entry["target"], entry["before"], entry["after"]


def test_a_new_config_is_told_whole(acme, repo):
    body = {"name": "api", "provider": "local", "targets": ["git"], "sources": [str(repo)]}
    made = acme.send("POST", "sync-configs", body).json()
    defaults = {"options": {}, "schedule_cron": "", "timezone": "UTC", "is_active": True}
    defaults |= {"integration_id": None}
    told = ("sync_configs.create", f"sync_config:{made['id']}", None, body | defaults)
    assert newest(acme) == told


def test_a_changed_config_is_told_before_and_after(acme, repo):
    config = sync_config(acme, name="api", sources=[str(repo)])
    acme.send("PATCH", f"sync-configs/{config.pk}", {"name": "web"})
    action, _, before, after = newest(acme)
    assert action == "sync_configs.update"
    assert before == after | {"name": "api"}
    assert after["name"] == "web"


def test_a_deleted_config_is_told_as_it_was(acme, config):
    acme.send("DELETE", f"sync-configs/{config.pk}")
    action, target, before, after = newest(acme)
    assert (action, target) == ("sync_configs.delete", f"sync_config:{config.pk}")
    assert (before["name"], after) == ("api", None)


def test_what_is_refused_leaves_no_entry(acme, config):
    backfill_job(acme, config)
    before = newest(acme)
    assert acme.send("DELETE", f"sync-configs/{config.pk}").status_code == 409
    assert newest(acme) == before


def test_a_backfill_is_told_with_its_days(acme, config):
    body = {"config_id": str(config.pk), "since": str(ago(10)), "before": str(ago(3))}
    made = acme.send("POST", "backfills", body).json()
    after = body | {"order": "newest", "state": "pending"}
    assert newest(acme) == ("backfills.create", f"backfill:{made['id']}", None, after)


@pytest.mark.parametrize(
    ("verb", "was", "became"),
    [
        ("pause", "running", "paused"),
        ("resume", "paused", "pending"),
        ("cancel", "paused", "canceled"),
        ("retry", "canceled", "pending"),
    ],
)
def test_a_steered_backfill_is_told_from_state_to_state(acme, config, verb, was, became):
    job = backfill_job(acme, config, was, ("canceled" if verb == "retry" else "pending",))
    with acme.entered():
        type(job).objects.filter(pk=job.pk).update(since=ago(10), before=ago(3))
        job.chunks.update(since=ago(10), before=ago(3))
    acme.send("POST", f"backfills/{job.pk}/{verb}")
    action, target, before, after = newest(acme)
    assert (action, target) == (f"backfills.{verb}", f"backfill:{job.pk}")
    assert (before["state"], after["state"]) == (was, became)


def test_a_recompute_is_told_with_its_days(acme):
    made = acme.send("POST", "metrics/recompute", {"since": "2026-01-01"}).json()
    after = {"since": "2026-01-01", "before": None}
    assert newest(acme) == ("metrics.recompute", f"recompute:{made['id']}", None, after)


def test_an_entry_has_the_answers_request_id(acme, config):
    answer = acme.send("DELETE", f"sync-configs/{config.pk}")
    entry = acme.get("audit-log", action="sync_configs.delete", limit=1).json()["items"][0]
    assert entry["request_id"] == answer["X-Request-Id"]
    assert entry["token_id"] == str(acme.token.pk)


def test_every_change_is_recorded():
    reading = (".read", ".preview")
    changes = {each.name for each in OPERATIONS if not each.name.endswith(reading)} - UNRECORDED
    recorded = {f"backfills.{verb}" for verb in ("create", "pause", "resume", "cancel", "retry")}
    recorded |= {f"sync_configs.{verb}" for verb in ("create", "update", "delete")}
    recorded |= {"metrics.recompute", "sources.remove", "integrations.remove"}
    assert changes == recorded | {"provider_webhooks.set", "provider_webhooks.remove"}
