"""Backfills over REST."""

import pytest

from apps.pipeline.models import BackfillJob
from tests import work
from tests.apps.pipeline.rows import backfill_job, sync_config
from tests.apps.pipeline.worlds import DAY, ago, today
from tests.queries import queries_of

STATES = {"pending", "running", "paused", "completed", "failed", "canceled", "quarantined"}
ALLOWED = {
    "pause": {"pending", "running"},
    "resume": {"paused"},
    "cancel": {"pending", "running", "paused"},
    "retry": {"failed", "canceled", "quarantined"},
}
WRONG = [(verb, state) for verb, allowed in ALLOWED.items() for state in sorted(STATES - allowed)]


@pytest.fixture
def config(acme):
    return sync_config(acme, sources=["/srv/a", "/srv/b"])


def asked(config, since, **more):
    return {"config_id": str(config.pk), "since": str(since), **more}


def start(tenant, config, since, **more):
    return tenant.send("POST", "backfills", asked(config, since, **more))


def preview(tenant, config, since, **more):
    return tenant.send("POST", "backfills?dry_run=true", asked(config, since, **more))


# --- previewing ----------------------------------------------------------------------------------


def test_a_preview_within_the_tier(acme, config):
    """Ten days and today are two windows; of two sources, four chunks of two seconds."""
    answer = preview(acme, config, ago(10))
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "targets": ["git"],
            "chunks": 4,
            "first_day": str(ago(10)),
            "seconds": 8.0,
            "requests": 0,
            "is_allowed": True,
            "allowed_by": "community",
            "more": None,
        },
    )


def test_a_backfill_says_that_blame_is_none_of_its_targets(acme):
    config = sync_config(acme, targets=["git", "blame"])
    answers = preview(acme, config, ago(10)), start(acme, config, ago(10))
    assert [answer.json()["targets"] for answer in answers] == [["git"], ["git"]]


def test_a_preview_beyond_the_tier_says_what_the_next_one_adds(acme, config):
    """31 of 61 days are five windows of nine, of two sources."""
    found = preview(acme, config, ago(60)).json()
    assert (found["chunks"], found["first_day"]) == (10, str(ago(30)))
    assert (found["is_allowed"], found["allowed_by"]) == (False, "team")
    assert found["more"] == {"tier": "team", "first_day": str(ago(60)), "chunks": 8}


def test_a_preview_makes_nothing(acme, config):
    preview(acme, config, ago(10))
    assert acme.get("backfills").json()["items"] == []


# --- starting ------------------------------------------------------------------------------------


def test_a_backfill_is_accepted_at_its_location(acme, config):
    answer = start(acme, config, ago(10))
    assert (answer.status_code, answer["Retry-After"]) == (202, "2")
    assert acme.client().get(answer["Location"]).json() == answer.json()


def test_a_backfill_ends_with_today_and_begins_with_the_newest(acme, config):
    job = start(acme, config, ago(10)).json()
    assert (job["before"], job["order"]) == (str(today() + DAY), "newest")
    assert (job["total_chunks"], job["progress"], job["eta_seconds"]) == (4, 0.0, None)


def test_beyond_the_tier_is_a_matter_of_money(acme, config):
    answer = start(acme, config, ago(31))
    told = answer.json()
    assert (answer.status_code, told["code"], told["tier"]) == (402, "tier_limit", "community")
    assert told["limit"] == {"backfill_days": 30, "since": str(ago(30))}
    assert told["asked"] == {"backfill_days": 31, "since": str(ago(31))}
    assert told["allowed_by"] == "team"


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"before": "2026-01-01"}, 400, "invalid_range"),
        ({"since": "1969-12-31"}, 400, "invalid_range"),
        ({"before": "9999-12-31"}, 400, "invalid_range"),
        ({"since": "yesterday"}, 422, "invalid_body"),
        ({"order": "random"}, 422, "invalid_body"),
        ({"until": "2026-01-01"}, 422, "invalid_body"),
        ({"config_id": "x"}, 422, "invalid_body"),
    ],
)
def test_what_cannot_be_fetched_is_named(acme, config, change, status, code):
    answer = acme.send("POST", "backfills", asked(config, ago(10)) | change)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_what_is_no_json_is_a_problem(acme):
    answer = acme.client().post("/api/v1/backfills", "{", content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


def test_a_backfill_runs_to_its_end(world):
    answer = start(world.tenant, world.config(), ago(14), before=str(ago(0)))
    work.run_all()
    done = world.tenant.client().get(answer["Location"])
    job = done.json()
    assert (job["state"], job["completed_chunks"], job["progress"]) == ("completed", 2, 1.0)
    assert (job["records_fetched"], job["rows_written"], job["attempts"]) == (14, 28, 2)
    assert (job["eta_seconds"], done.has_header("Retry-After")) == (None, False)


def test_a_backfill_leaves_no_watermark(world):
    config = world.config()
    start(world.tenant, config, ago(14))
    work.run_all()
    assert world.tenant.get(f"sync-configs/{config.pk}").json()["watermarks"] == []


# --- reading -------------------------------------------------------------------------------------


def test_how_far_it_is_can_be_told_by_hand(acme, config):
    """2 of 5 chunks done in 10 s each, 1 failed: 2 remain, which take 20 s."""
    chunks = ("completed", "completed", "failed", "pending", "pending")
    job = acme.get(f"backfills/{backfill_job(acme, config, 'running', chunks).pk}").json()
    counts = (job["total_chunks"], job["completed_chunks"], job["failed_chunks"])
    assert (counts, job["progress"], job["eta_seconds"]) == ((5, 2, 1), 0.4, 20.0)
    assert (job["records_fetched"], job["rows_written"], job["attempts"]) == (4, 10, 2)


@pytest.mark.parametrize("state", sorted(STATES - {"pending", "running"}))
def test_what_does_not_move_has_no_end_in_sight(acme, config, state):
    job = backfill_job(acme, config, state, ("completed", "pending"))
    answer = acme.get(f"backfills/{job.pk}")
    assert (answer.json()["eta_seconds"], answer.has_header("Retry-After")) == (None, False)


def test_backfills_are_filtered_by_config_and_state(acme, config):
    backfill_job(acme, sync_config(acme), "failed")
    backfill_job(acme, config, "canceled")
    expected = backfill_job(acme, config, "failed")
    found = acme.get("backfills", config_id=config.pk, state="failed").json()["items"]
    assert [each["id"] for each in found] == [str(expected.pk)]


def test_pages_tile_though_all_share_one_instant(acme, config):
    jobs = [backfill_job(acme, config) for _ in range(3)]
    with acme.entered():
        BackfillJob.objects.update(created_at=jobs[0].created_at)
    first = acme.get("backfills", limit=2).json()
    second = acme.get("backfills", limit=2, cursor=first["next_cursor"]).json()
    found = [each["id"] for page in (first, second) for each in page["items"]]
    assert sorted(found) == sorted(str(job.pk) for job in jobs)
    assert second["next_cursor"] is None


@pytest.mark.parametrize("jobs", [1, 50])
def test_a_page_costs_the_same_whatever_is_on_it(acme, config, jobs):
    for _ in range(jobs):
        backfill_job(acme, config, "completed", ("completed", "completed"))
    acme.get("me")  # notes the token's use, which is not of this page
    assert len(queries_of(lambda: acme.get("backfills", limit=50))) == 3


def test_chunks_come_in_their_turn_and_by_state(acme, config):
    states = ("completed", "failed", "completed", "pending")
    path = f"backfills/{backfill_job(acme, config, 'running', states).pk}/chunks"
    first = acme.get(path, limit=2).json()
    second = acme.get(path, limit=2, cursor=first["next_cursor"]).json()
    found = [(each["index"], each["state"]) for each in first["items"] + second["items"]]
    assert found == list(enumerate(states))
    assert [each["index"] for each in acme.get(path, state="completed").json()["items"]] == [0, 2]


def test_a_cursor_of_another_backfill_is_refused(acme, config):
    one, other = (backfill_job(acme, config, "running", ("pending",) * 2) for _ in range(2))
    cursor = acme.get(f"backfills/{one.pk}/chunks", limit=1).json()["next_cursor"]
    assert acme.get(f"backfills/{other.pk}/chunks", cursor=cursor).status_code == 400


# --- steering ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("verb", "state"), WRONG)
def test_what_is_in_another_state_is_a_conflict(acme, config, verb, state):
    job = backfill_job(acme, config, state)
    answer = acme.send("POST", f"backfills/{job.pk}/{verb}")
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")


@pytest.mark.parametrize(
    ("before", "verb", "after"),
    [
        ("running", "pause", "paused"),
        ("paused", "resume", "pending"),
        ("paused", "cancel", "canceled"),
    ],
)
def test_steering_answers_with_the_job(acme, config, before, verb, after):
    job = backfill_job(acme, config, before)
    answer = acme.send("POST", f"backfills/{job.pk}/{verb}")
    assert (answer.status_code, answer.json()["state"]) == (202, after)
    assert answer["Location"] == f"/api/v1/backfills/{job.pk}"


def test_what_was_canceled_is_taken_up_again_and_done(world):
    one = start(world.tenant, world.config(), ago(14), before=str(ago(0)))["Location"]
    path = one.removeprefix("/api/v1/")
    world.tenant.send("POST", f"{path}/cancel")
    assert world.tenant.send("POST", f"{path}/retry").json()["state"] == "pending"
    work.run_all()
    assert world.tenant.get(path).json()["state"] == "completed"
