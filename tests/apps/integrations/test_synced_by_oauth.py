"""From what people allowed to facts: the token ends before the run, and is renewed in it."""

import time
from dataclasses import replace

import pytest

from apps.integrations.models import Credential, Integration
from apps.integrations.sealing import opened, sealed
from tests.apps.integrations.conftest import SOURCES, served
from tests.apps.integrations.consent import come_back, entered
from tests.apps.integrations.test_synced_by_an_integration import (
    STORED,
    TARGETS,
    counts,
    run_of,
)
from tests.provider.oauth import OAuth

RENEWED = "canary-access-4-of-gitlab"


@pytest.fixture
def lab(tmp_path, allowed):
    with served("gitlab", tmp_path) as found:
        yield found


def test_a_source_is_synced_by_a_token_that_is_renewed_in_the_run(world, lab, settings):
    oauth = OAuth(lab.peer, "gitlab")
    settings.PROVIDER_APPS = {"gitlab": oauth.app()}
    lab.git.credential = f"oauth2:{RENEWED}"
    assert come_back(entered(world.tenant), world.tenant, oauth).status_code == 200
    with world.tenant.entered():
        made = Integration.objects.select_related("credential").get()
        Credential.objects.update(
            sealed=sealed(made.pk, replace(opened(made), until=time.time() - 1))
        )
    body = {
        "name": "all",
        "provider": "gitlab",
        "integration_id": str(made.pk),
        "targets": TARGETS["gitlab"],
        "sources": [SOURCES["gitlab"]],
    }
    config = world.tenant.send("POST", "sync-configs", body).json()
    run = run_of(world, config)
    assert [each["error"] for each in run["units"]] == [""]
    assert counts(world) == STORED["gitlab"]
    assert oauth.counts["renewed"] == 1
