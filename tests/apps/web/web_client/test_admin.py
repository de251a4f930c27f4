"""The client's administration says what our own doors say, in its own words."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.integrations.models import Integration
from apps.orgs.models import Role, Scope
from apps.pipeline.models import SyncConfig, SyncRun
from devhealth.models.states import State
from tests.apps.integrations.connected import connected
from tests.apps.pipeline.rows import backfill_job, run_of, sync_config
from tests.repositories import Work, make
from tests.tenants import client, send

READS = [
    "setup/status", "audit-logs", "credentials", "sync-configs", "sync-targets", "backfill-jobs",
    "teams", "identities", "users", "feature-flags", "teams/discover",
]  # fmt: skip


@pytest.fixture
def config(acme):
    return sync_config(acme)


@pytest.fixture
def repo(tmp_path, settings):
    settings.LOCAL_REPO_ROOTS = [str(tmp_path)]
    now = int((datetime.now(UTC) - timedelta(minutes=1)).timestamp())
    return make(tmp_path / "api", Work({"a.py": "a\n"}, at=now))


def given(tenant, path, **query):
    return tenant.get(f"admin/{path}", **query).json()


@pytest.mark.parametrize("path", READS)
def test_a_stranger_administers_nothing(acme, path):
    assert send(client("acme.localhost"), "GET", f"admin/{path}").status_code == 401


@pytest.mark.parametrize("path", READS)
def test_a_claim_to_be_acme_is_of_no_use_to_globex(acme, globex, path):
    answer = globex.get(f"admin/{path}", org_id=str(acme.organization.id))
    assert answer.status_code == 404


def test_what_is_acmes_is_nothing_to_globex(acme, globex, config):
    run, job = run_of(acme, config), backfill_job(acme, config)
    org = acme.organization.id
    for method, path in [
        ("GET", f"sync-configs/{config.pk}"), ("DELETE", f"sync-configs/{config.pk}"),
        ("POST", f"sync-configs/{config.pk}/trigger"), ("GET", f"sync-runs/{run.pk}"),
        ("GET", f"backfill-jobs/{job.pk}"), ("GET", f"orgs/{org}/members"),
        ("GET", f"orgs/{org}/invites"),
    ]:  # fmt: skip
        assert globex.send(method, f"admin/{path}").status_code == 404, path
    assert globex.get(f"licensing/entitlements/{org}").status_code == 404


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MEMBER])
def test_only_admins_change_what_is_synced(acme, config, role):
    asker = acme.asker(role, Scope)
    for method, path, body in [
        ("PATCH", f"sync-configs/{config.pk}", {"name": "n"}),
        ("DELETE", f"sync-configs/{config.pk}", None),
        ("POST", "teams", {"name": "Web"}),
        ("POST", f"orgs/{acme.organization.id}/invites", {"email": "a@b.example"}),
    ]:
        answer = send(asker, method, f"admin/{path}", body)
        assert (answer.status_code, answer.json()["code"]) == (403, "missing_role"), path


# --- set-up --------------------------------------------------------------------------------------


def test_a_new_organisation_is_told_to_connect(acme):
    found = given(acme, "setup/status")
    assert (found["has_integration"], found["sync_status"], found["next_action"]) == (
        False, "none", "connect_integration",
    )  # fmt: skip


def test_a_connected_one_to_say_what_is_synced(acme):
    with acme.entered():
        connected()
    found = given(acme, "setup/status")
    assert (found["providers"], found["next_action"]) == (["github"], "create_sync_config")


@pytest.mark.parametrize(
    ("state", "told"),
    [(State.PENDING, "pending"), (State.RUNNING, "running"), (State.FAILED, "failed")],
)
def test_a_sync_is_told_by_its_newest_run(acme, config, state, told):
    run_of(acme, config, state=state)
    found = given(acme, "setup/status")
    assert (found["sync_status"], found["next_action"]) == (told, "complete")
    assert found["can_start_sync"] == (told == "failed")


def test_limits_are_the_tiers(acme):
    found = acme.get(f"licensing/entitlements/{acme.organization.id}").json()
    ours = {
        each["name"]: each["limit"] for each in acme.get("billing/entitlements").json()["limits"]
    }
    assert found["tier"] == "community"
    assert found["limits"]["max_repos"] == ours["repositories"] == 3
    assert found["limits"]["backfill_days"] == ours["backfill_days"] == 30
    assert found["limits"]["min_sync_interval_hours"] == 24


def test_changes_are_those_of_our_audit_log(acme):
    acme.send("POST", "admin/teams", {"name": "Web"})
    ours = acme.get("audit-log").json()["items"]
    theirs = given(acme, "audit-logs", limit=200)["items"]
    assert [each["id"] for each in theirs] == [each["id"] for each in ours]
    assert (theirs[0]["action"], theirs[0]["resource_type"]) == ("teams.create", "team")
    assert given(acme, "audit-logs", offset=1)["items"] == theirs[1:]


def test_what_we_do_not_have_is_an_empty_list(acme):
    for path in ("ip-allowlist", "retention-policies", "feature-flags", "teams/pending-changes"):
        assert given(acme, path) == []


# --- credentials ---------------------------------------------------------------------------------


def test_a_credential_is_our_integration_without_its_secret(acme):
    with acme.entered():
        made = connected()
    found = given(acme, f"credentials/github/{made.name}")
    assert (found["id"], found["provider"]) == (str(made.pk), "github")
    assert given(acme, "credentials") == [found]
    assert "token" not in found
    assert acme.send("DELETE", f"admin/credentials/github/{made.name}").status_code == 204
    with acme.entered():
        assert not Integration.objects.exists()


def test_a_credential_of_another_provider_is_none(acme):
    with acme.entered():
        made = connected()
    assert acme.get(f"admin/credentials/gitlab/{made.name}").status_code == 404


def test_without_a_token_nothing_is_connected(acme):
    body = {"provider": "github", "name": "g", "credentials": {"email": "a"}}
    assert acme.send("POST", "admin/credentials", body).status_code == 422


# --- syncs ---------------------------------------------------------------------------------------


def test_a_config_is_created_changed_and_deleted(acme, repo):
    body = {
        "name": "api", "provider": "local", "sync_targets": ["git"],
        "sync_options": {"repos": [str(repo)]},
    }  # fmt: skip
    made = acme.send("POST", "admin/sync-configs", body)
    assert made.status_code == 201, made.content
    id = made.json()["id"]
    ours = acme.get(f"sync-configs/{id}").json()
    assert (ours["name"], ours["targets"], ours["sources"]) == ("api", ["git"], [str(repo)])
    changed = acme.send("PATCH", f"admin/sync-configs/{id}", {"is_active": False}).json()
    assert (changed["is_active"], changed["name"]) == (False, "api")
    assert given(acme, f"sync-configs/{id}/repositories") == {"repositories": [str(repo)]}
    assert acme.send("DELETE", f"admin/sync-configs/{id}").status_code == 204
    with acme.entered():
        assert not SyncConfig.objects.exists()


def test_a_sync_is_triggered_and_followed(acme, config):
    answer = acme.send("POST", f"admin/sync-configs/{config.pk}/trigger")
    assert answer.status_code == 202
    run = answer.json()["sync_run_id"]
    assert given(acme, f"sync-runs/{run}")["status"] == acme.get(f"runs/{run}").json()["state"]
    jobs = given(acme, f"sync-configs/{config.pk}/jobs", limit=1)
    assert ([each["id"] for each in jobs["items"]], jobs["total"]) == ([run], 1)
    assert [each["source"] for each in given(acme, f"sync-runs/{run}/units")] == config.sources


def test_a_config_tells_its_last_run_that_is_over(acme, config):
    run = run_of(acme, config, state=State.FAILED)
    with acme.entered():
        SyncRun.objects.filter(pk=run.pk).update(error="gone")
    assert given(acme, "sync-configs")[0]["last_sync_error"] == "gone"
    assert given(acme, f"sync-configs/{config.pk}")["last_sync_success"] is False


def test_a_backfill_is_started_as_deep_as_the_tier_allows(acme, config):
    today = datetime.now(UTC).date()
    path = f"admin/sync-configs/{config.pk}/backfill"
    days = {"since": str(today - timedelta(days=20)), "before": str(today)}
    answer = acme.send("POST", path, days)
    assert answer.status_code == 202, answer.content
    job = answer.json()["backfill_job_id"]
    ours, theirs = acme.get(f"backfills/{job}").json(), given(acme, f"backfill-jobs/{job}")
    assert theirs["total_chunks"] == ours["total_chunks"] == 3
    assert (theirs["status"], theirs["since_date"]) == ("pending", days["since"])
    assert given(acme, "backfill-jobs") == {
        "items": [theirs], "total": 1, "limit": 50, "offset": 0,
    }  # fmt: skip

    refused = acme.send("POST", path, days | {"since": str(today - timedelta(days=60))})
    detail = refused.json()["detail"]
    assert (refused.status_code, detail["error"]) == (402, "limit_exceeded")
    assert (detail["current_tier"], detail["required_tier"]) == ("community", "team")


def test_an_offset_goes_on_where_the_page_before_ended(acme, config):
    for _ in range(3):
        run_of(acme, config, state=State.FAILED)
    path = f"sync-configs/{config.pk}/jobs"
    every = [each["id"] for each in given(acme, path)["items"]]
    pages = [given(acme, path, limit=1, offset=place)["items"] for place in range(4)]
    assert [each["id"] for page in pages for each in page] == every
    assert len(every) == 3


def test_a_job_that_failed_in_parts_says_so(acme, config):
    job = backfill_job(acme, config, State.FAILED, chunks=("completed", "failed"))
    assert given(acme, f"backfill-jobs/{job.pk}")["status"] == "partial_failed"


# --- people --------------------------------------------------------------------------------------


def test_a_team_is_created_renamed_and_deleted(acme):
    id = acme.send("POST", "admin/teams", {"name": "Web"}).json()["id"]
    assert acme.send("PATCH", f"admin/teams/{id}", {"name": "Apps"}).json()["name"] == "Apps"
    assert [each["name"] for each in given(acme, "teams")] == ["Apps"]
    assert acme.get(f"teams/{id}").json()["name"] == "Apps"
    assert acme.send("DELETE", f"admin/teams/{id}").status_code == 204
    assert acme.get(f"admin/teams/{id}").status_code == 404


def test_members_and_invitations_are_ours(acme):
    org = acme.organization.id
    assert given(acme, f"orgs/{org}/members") == given(acme, "users")
    assert [each["email"] for each in given(acme, "users")] == [acme.owner.email]
    path = f"orgs/{org}/invites"
    made = acme.send("POST", f"admin/{path}", {"email": "ada@acme.example", "role": "viewer"})
    assert (made.status_code, made.json()["role"]) == (201, "viewer")
    assert given(acme, path) == [made.json()]
    assert acme.send("DELETE", f"admin/{path}/{made.json()['id']}").status_code == 204
    assert given(acme, path) == []
