"""Events of a GitHub App: one address, its own secret, and whose they are by the installation."""

import pytest

from apps.inbound import endpoints
from apps.inbound.models import InboundEvent, WebhookEndpoint
from apps.integrations.models import Integration
from tests import work
from tests.apps.inbound import told
from tests.apps.integrations.connected import connected
from tests.apps.integrations.consent import entered
from tests.apps.integrations.test_github_app import github, install  # noqa: F401
from tests.apps.integrations.test_synced_by_an_integration import config_of, run_of
from tests.apps.integrations.test_webhooks import deliver, looked, titles

SECRET = "the-apps-own-canary"


@pytest.fixture(autouse=True)
def app(settings):
    settings.GITHUB_APP_WEBHOOK_SECRETS = ["the-one-before", SECRET]


def tell(body, secret=SECRET, *, delivery="d-1", place="github", **more):
    headers = told.headers("github", body, secret, kind="pull_request", delivery=delivery)
    return deliver(place, body, headers, **more)


def of(installation, number=8):
    return told.pull_request(number, installation={"id": installation})


@pytest.fixture
def acmes(world, hub):
    """acme's installation 41, whose pull requests were synced once."""
    config = config_of(world, hub, targets=["prs"]).json()
    run_of(world, config)
    endpoints.install(world.tenant.organization.id, config["integration_id"], 41)
    return config


def test_who_has_not_the_apps_secret_is_not_believed(acmes):
    assert tell(of(41), secret="s3cr3t").status_code == 401
    assert InboundEvent.objects.count() == 0


def test_without_a_secret_of_the_app_nobody_is_believed(acmes, settings):
    settings.GITHUB_APP_WEBHOOK_SECRETS = []
    answer = tell(of(41))
    assert (answer.status_code, answer["Retry-After"]) == (503, "3600")


@pytest.mark.parametrize("installation", [42, "41'", None, {"id": 41}])
def test_an_installation_that_nobody_has_connected_is_nobodys(acmes, installation):
    assert tell(of(installation)).json() == {"is_new": False}
    assert InboundEvent.objects.count() == 0


def test_by_either_secret_its_installation_is_looked_at(acmes, hub, world):
    hub.world.pulls[1] |= {"title": "Dim the lamp", "updatedAt": "2026-03-05T09:00:00Z"}
    assert tell(of(41), secret="the-one-before").json() == {"is_new": True}
    assert looked("sync") == 1
    assert titles(world)[8] == "Dim the lamp"


def test_of_an_installation_that_two_have_connected_both_hear(acmes, globex):
    with globex.entered():
        theirs = connected(kind="app")
    endpoints.install(globex.organization.id, theirs.pk, 41)
    tell(of(41))
    heard = InboundEvent.objects.values_list("organization_id", "outcome")
    assert dict(heard)[globex.organization.id].startswith("Ignored")
    assert len(heard) == 2


def test_there_is_nothing_to_enter_for_it(acmes, world):
    path = f"integrations/{acmes['integration_id']}/webhook"
    with world.tenant.entered():
        Integration.objects.update(kind="app")
    told_of_it = world.tenant.get(path).json()
    assert (told_of_it["is_of_app"], told_of_it["url"]) == (True, "")
    for method in ("POST", "DELETE"):
        assert world.tenant.send(method, path).json()["code"] == "told_by_app"


def test_connecting_an_installation_is_enough(acme, github):  # noqa: F811
    install(entered(acme), acme, github)
    row = WebhookEndpoint.objects.get()
    assert (row.organization_id, row.installation_id, row.key) == (
        acme.organization.id,
        "41",
        None,
    )


def test_disconnecting_it_is_enough_too(acmes, world):
    work.make_due()
    world.tenant.send("DELETE", f"sync-configs/{acmes['id']}")
    world.tenant.send("DELETE", f"integrations/{acmes['integration_id']}")
    assert tell(of(41)).json() == {"is_new": False}
