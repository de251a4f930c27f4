"""An integration is removed with all that goes by it: its facts stay, or go with it."""

import pytest

from apps.integrations.models import Integration
from apps.orgs.models import AuditEntry
from apps.pipeline.models import SyncConfig
from devhealth.removing import classes
from tests import work
from tests.apps.integrations.connected import connected
from tests.apps.integrations.test_synced_by_an_integration import STORED, config_of, counts, run_of
from tests.apps.orgs.people import told
from tests.apps.pipeline.rows import run_of as under_way
from tests.apps.pipeline.rows import sync_config
from tests.apps.web.admins import Inside, text


def remove(tenant, integration_id, facts="remove"):
    return tenant.send("POST", f"integrations/{integration_id}/removal", {"facts": facts})


def left(world):
    """Rows of all kinds, by table; empty tables apart."""
    sink = world.sink()
    found = {cls.table: sink.read(cls).height for cls in classes()}
    return {name: rows for name, rows in found.items() if rows}


def rows_of(tenant):
    with tenant.entered():
        return Integration.objects.count(), SyncConfig.objects.count()


@pytest.fixture
def synced(world, site):
    config = config_of(world, site).json()
    assert run_of(world, config)["state"] == "completed"
    return config


def test_globex_finds_no_integration_of_acmes(globex, acme):
    with acme.entered():
        made = connected()
    assert remove(globex, made.pk).status_code == 404
    assert rows_of(acme) == (1, 0)


@pytest.mark.parametrize("facts", ["", "burn", None])
def test_what_becomes_of_its_facts_is_said(acme, facts):
    with acme.entered():
        made = connected()
    assert remove(acme, made.pk, facts).status_code == 422


def test_without_its_facts_nothing_of_it_is_left(world, synced):
    answer = remove(world.tenant, synced["integration_id"])
    assert answer.status_code == 202, answer.content
    told_of = answer.json()
    assert (told_of["sync_configs"], told_of["sources"], len(told_of["repository_ids"])) == (
        1,
        1,
        1,
    )
    assert rows_of(world.tenant) == (0, 0)
    work.run_all()
    assert left(world) == {}
    assert not {"failed", "quarantined"} & set(work.states())
    actions = AuditEntry.objects.filter(organization=world.tenant.organization).order_by("-at")
    assert {each.action for each in actions[:2]} == {
        "integrations.remove",
        "integrations.disconnect",
    }


def test_its_facts_may_stay(world, synced):
    answer = remove(world.tenant, synced["integration_id"], "keep")
    assert answer.json()["repository_ids"] == []
    work.run_all()
    assert rows_of(world.tenant) == (0, 0)
    assert counts(world) == STORED[synced["provider"]]


def test_one_that_was_never_synced_leaves_nothing_to_remove(world, hub):
    config = config_of(world, hub).json()
    assert remove(world.tenant, config["integration_id"]).status_code == 202
    work.run_all()
    assert (rows_of(world.tenant), left(world)) == ((0, 0), {})
    assert not {"failed", "quarantined"} & set(work.states())


def test_while_something_is_under_way_nothing_is_removed(acme):
    with acme.entered():
        made = connected()
    config = sync_config(acme, provider="github", integration=made, sources=["acme/api"])
    under_way(acme, config)
    assert told(remove(acme, made.pk)) == (409, "busy")
    assert rows_of(acme) == (1, 1)


def test_what_another_integration_brings_too_keeps_its_facts(world, hub):
    config = config_of(world, hub).json()
    run_of(world, config)
    with world.tenant.entered():
        again = connected("github", url=hub.peer.url)
    sync_config(world.tenant, provider="github", integration=again, sources=["acme/api"])
    before = counts(world)
    assert told(remove(world.tenant, config["integration_id"])) == (409, "source_in_use")
    work.run_all()
    assert counts(world) == before


def test_a_page_asks_for_its_name_first(acme):
    owner = Inside(acme)
    with acme.entered():
        made = connected()
    path = f"integrations/integration/{made.pk}/remove/"
    page = text(owner.send(path, facts="keep", confirmed="something else"))
    assert f"It is called {made.name}." in page
    assert rows_of(acme) == (1, 0)
    page = text(owner.send(path, facts="keep", confirmed=made.name))
    assert f"{made.name} is removed." in page
    assert rows_of(acme) == (0, 0)
