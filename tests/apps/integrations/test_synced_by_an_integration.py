"""From a token to facts: what is connected is synced, clone and all."""

import pytest
from django.test import override_settings

from apps.errors import NotFound, Unprocessable
from apps.integrations.models import Integration
from apps.pipeline.models import SyncConfig
from devhealth.models.records import Commit, PullRequest, WorkItem
from tests import work
from tests.apps.integrations.conftest import SOURCES, connect
from tests.apps.integrations.connected import connected
from tests.provider import faults

TARGETS = {
    "github": ["git", "blame", "prs", "cicd", "deployments", "incidents", "work-items"],
    "gitlab": ["git", "blame", "prs", "cicd", "deployments", "incidents", "work-items"],
    "jira": ["work-items"],
}
STORED = {"github": (2, 2, 1), "gitlab": (2, 1, 1), "jira": (0, 0, 2)}


def config_of(world, site, **more):
    made = connect(world.tenant, site).json()
    body = {
        "name": "all",
        "provider": site.provider,
        "integration_id": made["id"],
        "targets": TARGETS[site.provider],
        "sources": [SOURCES[site.provider]],
    }
    return world.tenant.send("POST", "sync-configs", body | more)


def run_of(world, config):
    started = world.tenant.send("POST", f"sync-configs/{config['id']}/runs")
    assert started.status_code == 202
    work.run_all()
    return world.tenant.client().get(started["Location"]).json()


def counts(world):
    sink = world.sink()
    return tuple(sink.read(cls).height for cls in (Commit, PullRequest, WorkItem))


@pytest.mark.parametrize("cache", ["", "kept"])
def test_everything_of_a_source_is_synced(world, site, tmp_path, cache):
    with override_settings(GIT_CACHE=cache and str(tmp_path / cache)):
        run = run_of(world, config_of(world, site).json())
    assert [each["error"] for each in run["units"]] == [""]
    assert run["state"] == "completed"
    assert counts(world) == STORED[site.provider]


def test_a_second_run_asks_for_what_is_new_only(world, hub):
    config = config_of(world, hub).json()
    run_of(world, config)
    before = len(hub.peer.seen)
    assert run_of(world, config)["state"] == "completed"
    assert counts(world) == STORED["github"]
    assert len(hub.peer.seen) - before <= 2 * len(TARGETS["github"])


def test_a_refused_credential_is_told_at_the_run_and_at_the_integration(world, hub):
    config = config_of(world, hub).json()
    hub.peer.misbehave(faults.expired, times=99)
    run = run_of(world, config)
    assert run["state"] == "failed"
    shown = world.tenant.get(f"integrations/{config['integration_id']}").json()
    assert shown["health"] == "reconnect"


def test_a_provider_is_asked_by_an_integration_of_its_own(world, hub, entered):
    with pytest.raises(Unprocessable, match="connect one"):
        world.config(provider="github", targets=["prs"], sources=["acme/api"])
    with pytest.raises(Unprocessable, match="of gitlab"):
        world.config(
            provider="github",
            integration=connected("gitlab"),
            targets=["prs"],
            sources=["acme/api"],
        )
    with pytest.raises(Unprocessable, match="of gitlab"):
        world.config(integration=connected("gitlab"))


def test_globexs_integration_is_none_of_acmes(world, globex):
    with globex.entered():
        theirs = connected()
    body = {
        "name": "theirs",
        "provider": "github",
        "integration_id": str(theirs.pk),
        "targets": ["prs"],
        "sources": ["acme/api"],
    }
    assert world.tenant.send("POST", "sync-configs", body).status_code == 404
    with world.tenant.entered(), pytest.raises(NotFound):
        world.config(
            provider="github",
            integration_id=theirs.pk,
            targets=["prs"],
            sources=["acme/api"],
        )


def test_a_source_that_nobody_sees_is_no_source(world, hub):
    hub.peer.misbehave(faults.answering(404, {}), times=9, path="/api/v3/repos/*")
    answer = config_of(world, hub)
    assert answer.status_code == 422
    with world.tenant.entered():
        assert not SyncConfig.objects.exists()
        assert Integration.objects.exists()
