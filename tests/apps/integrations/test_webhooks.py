"""What a provider tells is looked at: at once, once, and never believed."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client

from apps.inbound import endpoints
from apps.inbound.models import InboundEvent, WebhookEndpoint
from apps.integrations.rotating import rotate
from apps.pipeline.models import SyncUnit
from apps.secret_keys import new_key
from devhealth.models.records import Commit, PullRequest, WorkItem
from devhealth.models.rollups import RepoDay
from tests import work
from tests.apps.inbound import told
from tests.apps.integrations.conftest import connect, served
from tests.apps.integrations.test_synced_by_an_integration import config_of, run_of
from tests.provider import faults
from tests.provider.github_things import pull


@pytest.fixture
def config(world, site):
    """Of each provider, synced once."""
    made = config_of(world, site).json()
    assert run_of(world, made)["state"] == "completed"
    return made


@pytest.fixture
def hooked(world, hub):
    """GitHub's, synced once; what is told of it is told with the right secret."""
    made = config_of(world, hub, targets=["prs"]).json()
    assert run_of(world, made)["state"] == "completed"
    return Hook(world, made["integration_id"], "github")


class Hook:
    """An integration's webhook, and the provider at the other end."""

    def __init__(self, world, integration_id, provider):
        self.world, self.integration_id, self.provider = world, integration_id, provider
        self.path = f"integrations/{integration_id}/webhook"
        self.shown = world.tenant.send("POST", self.path).json()
        self.secret, self.place = self.shown["secret"], self.shown["url"].partition("/webhooks/")[2]

    def tell(self, body=None, *, delivery="d-1", kind=None, secret=None, place=None, **client):
        body = told.BODIES[self.provider]() if body is None else body
        kind = told.KINDS[self.provider] if kind is None else kind
        secret = self.secret if secret is None else secret
        headers = told.headers(self.provider, body, secret, kind=kind, delivery=delivery)
        return deliver(place or self.place, body, headers, **client)

    def read(self):
        return self.world.tenant.get(self.path).json()

    def outcomes(self):
        return [each["outcome"] for each in self.read()["deliveries"]]


def deliver(place, body, headers, *, host="localhost", method="POST", **more):
    given = {"content_type": "application/json"} | more
    raw = told.raw(body)
    return Client(SERVER_NAME=host).generic(
        method, f"/webhooks/{place}", raw, headers=headers, **given
    )


def looked(*queues):
    work.make_due()
    return work.run_all(*queues)


def titles(world):
    return dict(world.sink().read(PullRequest).select("number", "title").iter_rows())


# --- who may, and who is believed ----------------------------------------------------------------


def test_acmes_webhook_is_none_of_globexs(hooked, tenants):
    for method in ("GET", "POST", "DELETE"):
        answer = tenants["globex"].send(method, hooked.path)
        assert (answer.status_code, hooked.secret in answer.content.decode()) == (404, False)
    assert hooked.read()["is_set"]


def test_who_has_another_integrations_secret_is_not_believed(hooked, world, tmp_path):
    assert hooked.tell(secret="s3cr3t").status_code == 401
    assert hooked.tell(secret="").status_code == 401
    assert InboundEvent.objects.count() == 0


@pytest.mark.parametrize("place", ["github/nobodys", "gitlab/{key}", "jira/{key}", "bitbucket/x"])
def test_an_unknown_address_is_nobodys(hooked, place):
    key = hooked.place.partition("/")[2]
    assert hooked.tell(place=place.format(key=key)).status_code == 404


def test_it_is_told_on_no_organisations_host(hooked, world):
    assert hooked.tell(host=world.tenant.host).status_code == 404


def test_it_is_told_by_post_only(hooked):
    assert deliver(hooked.place, {}, {}, method="GET").status_code == 405


def test_what_is_changed_on_the_way_is_not_believed(hooked):
    headers = told.headers("github", told.pull_request(1), hooked.secret, kind="pull_request")
    assert deliver(hooked.place, told.pull_request(2), headers).status_code == 401


def test_what_is_no_json_is_refused_with_what_to_do(hooked):
    answer = hooked.tell(b"payload=%7B%7D", content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, "application/json" in answer.json()["detail"]) == (400, True)


def test_more_than_a_provider_sends_is_not_read(hooked, monkeypatch):
    monkeypatch.setattr("apps.pipeline.webhooks.MOST", 100)
    assert hooked.tell(told.pull_request(1, more="x" * 100)).status_code == 413


def test_a_body_that_is_larger_than_django_reads_is_taken(hooked, settings):
    assert hooked.tell(told.pull_request(7, more="x" * 3_000_000)).status_code == 202


# --- what it is ----------------------------------------------------------------------------------


def test_the_secret_is_told_once(hooked, world):
    assert hooked.secret
    assert hooked.read()["secret"] == ""
    row = WebhookEndpoint.objects.get()
    assert hooked.secret not in f"{row.sealed}{row.sealed_older}{row.key}"


def test_an_address_has_a_key_that_nobody_guesses(hooked):
    assert hooked.shown["url"].startswith("http")
    assert len(hooked.place.partition("/")[2]) == 32


def test_another_secret_leaves_the_one_before_for_a_day(hooked):
    newer = hooked.world.tenant.send("POST", hooked.path).json()
    assert newer["url"] == hooked.shown["url"]
    assert newer["older_until"] is not None
    assert hooked.tell(delivery="1").status_code == 202
    assert hooked.tell(delivery="2", secret=newer["secret"]).status_code == 202
    yesterday = datetime.now(UTC) - timedelta(seconds=1)
    WebhookEndpoint.objects.update(older_until=yesterday)
    assert hooked.tell(delivery="3").status_code == 401
    assert hooked.read()["older_until"] is None


def test_a_webhook_that_was_taken_away_is_nobodys(hooked):
    hooked.tell()
    assert hooked.world.tenant.send("DELETE", hooked.path).status_code == 204
    assert hooked.tell(delivery="2").status_code == 404
    assert hooked.outcomes() == [endpoints.GONE]
    assert hooked.world.tenant.send("DELETE", hooked.path).status_code == 404


def test_it_goes_with_its_integration(world, hub):
    made = connect(world.tenant, hub).json()
    hook = Hook(world, made["id"], "github")
    assert world.tenant.send("DELETE", f"integrations/{made['id']}").status_code == 204
    assert hook.tell().status_code == 404


def test_keys_are_rotated_under_it(hooked, settings):
    settings.ENCRYPTION_KEYS = (f"newer:{new_key()}", *settings.ENCRYPTION_KEYS)
    organization = hooked.world.tenant.organization
    assert rotate(organization) >= 1
    settings.ENCRYPTION_KEYS = settings.ENCRYPTION_KEYS[:1]
    assert hooked.tell().status_code == 202


def test_a_ciphertext_that_was_moved_to_another_row_opens_nothing(hooked, world, hub):
    other = connect(world.tenant, hub, name="other").json()
    Hook(world, other["id"], "github")
    theirs = WebhookEndpoint.objects.get(integration_id=other["id"])
    WebhookEndpoint.objects.filter(integration_id=hooked.integration_id).update(
        sealed=theirs.sealed
    )
    assert hooked.tell().status_code >= 400
    assert InboundEvent.objects.count() == 0


def test_it_is_in_the_audit_log_without_its_secret(hooked):
    hooked.world.tenant.send("DELETE", hooked.path)
    told = hooked.world.tenant.get("audit-log", limit=2)
    target = f"integration:{hooked.integration_id}"
    entries = [(each["action"], each["target"]) for each in told.json()["items"]]
    assert entries == [("provider_webhooks.remove", target), ("provider_webhooks.set", target)]
    assert hooked.secret not in told.content.decode()


# --- what comes of it ----------------------------------------------------------------------------


def test_what_every_provider_tells_is_looked_at(world, site, config):
    hook = Hook(world, config["integration_id"], site.provider)
    assert hook.tell().json() == {"is_new": True}
    assert looked("sync") == 1
    assert hook.outcomes() == ["Looked at."]
    assert (hook.read()["waiting"], hook.read()["deliveries_of_day"]) == (0, 1)


def test_a_change_is_stored_before_any_sync(hooked, hub, world):
    hub.world.pulls[1] |= {"title": "Dim the lamp", "updatedAt": "2026-03-05T09:00:00Z"}
    hooked.tell(told.pull_request(8))
    looked()
    assert titles(world)[8] == "Dim the lamp"


def test_nothing_that_it_says_is_believed(hooked, world):
    lie = told.pull_request(8)
    lie["pull_request"] |= {"title": "Snuffed", "merged": True}
    hooked.tell(lie)
    looked()
    assert titles(world)[8] == "Carry the lamp"


def test_only_what_is_named_is_asked_for(hooked, hub):
    before = len(hub.peer.seen)
    hooked.tell(told.pull_request(8))
    looked("sync")
    assert len(hub.peer.seen) - before == 3  # the repository, the number's id, the thing itself


def test_what_comes_in_heaps_is_one_look(hooked, hub):
    hub.world.pulls += [pull(number) for number in range(20, 60)]
    for number in range(20, 60):
        assert hooked.tell(told.pull_request(number), delivery=str(number)).status_code == 202
    before = len(hub.peer.seen)
    assert looked("sync") == 1
    assert len(hub.peer.seen) - before == 3
    assert len(titles(hooked.world)) == 42


def test_what_is_told_again_is_looked_at_once(hooked):
    assert hooked.tell().json() == {"is_new": True}
    assert looked("sync") == 1
    assert hooked.tell().json() == {"is_new": False}
    assert looked("sync") == 0


def test_what_could_not_be_looked_at_is_taken_up_when_it_is_told_again(hooked, hub, world):
    hub.peer.misbehave(faults.answering(404, {}), times=99, path="/api/graphql")
    hub.peer.misbehave(faults.expired, times=99, path="/api/v3/repos/*")
    hooked.tell(told.pull_request(8))
    looked("sync")
    assert hooked.read()["waiting"] == 1
    hub.peer._faults.clear()
    hub.world.pulls[1] |= {"title": "Dim the lamp", "updatedAt": "2026-03-05T09:00:00Z"}
    assert hooked.tell(told.pull_request(8)).json() == {"is_new": False}
    looked("sync")
    assert (titles(world)[8], hooked.read()["waiting"]) == ("Dim the lamp", 0)


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (told.pull_request(1, "acme/web"), "Ignored: nothing of this is synced here."),
        ({"zen": "Design for failure."}, "Ignored: it says nothing that is synced."),
        ([], "Ignored: it says nothing that is synced."),
    ],
)
def test_what_is_synced_by_nothing_is_kept_and_left(hooked, body, outcome):
    assert hooked.tell(body).status_code == 202
    assert looked("sync") == 0
    assert hooked.outcomes() == [outcome]


def test_targets_that_are_not_synced_are_not_looked_at(hooked):
    hooked.tell({"issue": {"number": 5}, "repository": {"full_name": "acme/api"}}, kind="issues")
    assert looked("sync") == 0
    assert hooked.outcomes() == ["Ignored: nothing of this is synced here."]


def test_a_config_that_is_switched_off_is_left_alone(world, hub):
    made = config_of(world, hub, targets=["prs"]).json()
    run_of(world, made)
    hook = Hook(world, made["integration_id"], "github")
    world.tenant.send("PATCH", f"sync-configs/{made['id']}", {"is_active": False})
    hook.tell()
    assert looked("sync") == 0


def test_before_the_first_sync_nothing_is_looked_at(world, hub):
    made = config_of(world, hub, targets=["prs"]).json()
    hook = Hook(world, made["integration_id"], "github")
    hook.tell()
    before = len(hub.peer.seen)
    looked("sync")
    assert (len(hub.peer.seen) - before, hook.read()["waiting"]) == (0, 0)
    assert hook.outcomes() == ["Its first sync brings it."]


def test_a_source_that_cannot_be_seen_says_why(hooked, hub):
    hub.peer.misbehave(faults.answering(404, {}), times=9, path="/api/v3/repos/*")
    hooked.tell(told.pull_request(8))
    looked("sync")
    (outcome,) = hooked.outcomes()
    assert "gone, or hidden" in outcome


def test_a_repository_is_found_however_its_name_is_written(hooked, hub, world):
    hub.world.pulls[1] |= {"title": "Dim the lamp", "updatedAt": "2026-03-05T09:00:00Z"}
    hooked.tell(told.pull_request(8, "Acme/API"))
    looked()
    assert titles(world)[8] == "Dim the lamp"


def test_a_push_brings_commits(world, hub):
    made = config_of(world, hub, targets=["git"]).json()
    run_of(world, made)
    hook = Hook(world, made["integration_id"], "github")
    push = {
        "ref": "refs/heads/main",
        "repository": {"full_name": "acme/api", "default_branch": "main"},
    }
    before = world.sink().read(Commit).height
    hook.tell(push, kind="push")
    assert looked("sync") == 1
    assert (hook.outcomes(), world.sink().read(Commit).height) == (["Looked at."], before)


def opened_on_the_fifth(world):
    rows = world.sink().latest(RepoDay, date(2026, 3, 5), date(2026, 3, 6))
    return set(rows["prs_opened"])


def test_numbers_follow(hooked, hub, world):
    before = opened_on_the_fifth(world)
    hub.world.pulls.append(pull(9, createdAt="2026-03-05T09:00:00Z"))
    hooked.tell(told.pull_request(9))
    looked()
    work.make_due()
    work.run_all("metrics")
    assert (before - {0}, opened_on_the_fifth(world)) == (set(), {1})


# --- what was missed -----------------------------------------------------------------------------


def test_what_nobody_told_is_found_by_the_next_sync_and_shown_as_drift(world, hub, hooked):
    config_id = world.tenant.get("sync-configs").json()["items"][0]["id"]
    run_of(world, {"id": config_id})  # the webhook is older than the mark from now on
    hub.world.pulls.append(pull(9, updatedAt=now(), createdAt=now()))
    hub.world.pulls.append(pull(10, updatedAt=now(), createdAt=now()))
    hooked.tell(told.pull_request(10))
    looked("sync")
    run = run_of(world, {"id": config_id})
    assert sorted(titles(world)) == [7, 8, 9, 10]
    assert (hooked.read()["drift"], run["units"][0]["drift"]) == (1, 1)


def test_without_a_webhook_there_is_no_drift(world, hub):
    made = config_of(world, hub, targets=["prs"]).json()
    for _ in range(2):
        run_of(world, made)
    with world.tenant.entered():
        assert set(SyncUnit.objects.values_list("drift", flat=True)) == {None}


def test_what_waits_is_done_with_by_a_sync(world, hub, hooked):
    hooked.tell(told.pull_request(8))
    config_id = world.tenant.get("sync-configs").json()["items"][0]["id"]
    run_of(world, {"id": config_id})
    assert hooked.outcomes() == ["A sync brought it."]


def now():
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_deleted_issue_of_jira_is_gone(world, tmp_path, allowed):
    with served("jira", tmp_path) as site:
        made = config_of(world, site).json()
        run_of(world, made)
        hook = Hook(world, made["integration_id"], "jira")
        gone = site.world.issues.pop(0)
        hook.tell(told.issue(gone["id"], gone["key"], "jira:issue_deleted"))
        looked()
        assert world.sink().read(WorkItem)["native_id"].to_list() == [site.world.issues[0]["id"]]
