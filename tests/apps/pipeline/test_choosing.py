"""Choosing what is synced, by REST: one call, and the first run is under way."""

from uuid import UUID

import pytest

from apps.orgs.models import Scope
from apps.pipeline.models import SyncConfig, SyncRun
from apps.pipeline.services import backfills, beginning
from apps.pipeline.services.beginning import Past, Stage
from devhealth.models.records import Commit
from tests import work
from tests.apps.integrations.conftest import connect, served
from tests.apps.integrations.connected import connected
from tests.apps.pipeline.worlds import ago, inside
from tests.provider import faults
from tests.provider.lists import listed
from tests.tenants import client, send

NOBODYS = UUID(int=7)
LISTED = [
    {"full_name": "acme/api"},
    {"full_name": "acme/old", "archived": True},
    {"full_name": "acme/web"},
    {"full_name": "ada/api", "fork": True},
]


@pytest.fixture
def hub(world, tmp_path, settings):
    settings.PROVIDER_HOSTS = ["127.0.0.1"]
    with served("github", tmp_path) as found:
        found.peer.route("GET", "/api/v3/user/repos", listed(LISTED))
        yield found


@pytest.fixture
def integration(world, hub):
    return connect(world.tenant, hub, name="Hub").json()


def choose(tenant, integration, **body):
    headers = {"Idempotency_Key": body.pop("key")} if "key" in body else {}
    return tenant.send("POST", f"integrations/{integration['id']}/choose", body, **headers)


def configs(world):
    """A request leaves its thread outside of every organisation."""
    with inside(world.tenant):
        return list(SyncConfig.objects.order_by("created_at").prefetch_related("watermarks"))


def next_step(world):
    with inside(world.tenant):
        return beginning.next_step(by=world.member)


def told(answer):
    return answer.status_code, answer.json()["code"]


# --- strangers -----------------------------------------------------------------------------------


def test_a_stranger_is_told_no(acme):
    path = f"integrations/{NOBODYS}/choose"
    assert send(client(), "POST", path, {"sources": ["acme/api"]}).status_code == 401


def test_another_organisations_integration_is_nobodys(acme, globex):
    with acme.entered():
        theirs = {"id": connected().pk}
    assert told(choose(globex, theirs, sources=["acme/api"])) == (404, "not_found")


@pytest.mark.parametrize("role", ["viewer", "member"])
def test_only_admins_choose(acme, role):
    asker = acme.asker(role, Scope)
    answer = send(asker, "POST", f"integrations/{NOBODYS}/choose", {"sources": ["acme/api"]})
    assert told(answer) == (403, "missing_role")


def test_a_config_of_another_integration_is_not_changed(world, integration):
    with world.tenant.entered():
        other = world.config()
    answer = choose(world.tenant, integration, sources=["acme/api"], config_id=str(other.pk))
    assert told(answer) == (404, "not_found")


# --- from a choice to numbers --------------------------------------------------------------------


def test_what_is_chosen_is_synced_at_once_with_all_that_the_provider_has(world, integration):
    answer = choose(world.tenant, integration, sources=["acme/api"])
    assert answer.status_code == 202, answer.content
    (config,) = configs(world)
    assert (config.name, config.sources) == ("Hub", ["acme/api"])
    assert config.targets == [
        "git",
        "blame",
        "prs",
        "cicd",
        "deployments",
        "incidents",
        "work-items",
    ]
    assert config.options == {"initial_days": 14}
    assert config.schedule_cron.endswith(" * * *")
    entry = world.tenant.get("audit-log", action="sync_configs.create", limit=1).json()["items"][0]
    assert entry["target"] == f"sync_config:{config.pk}"
    work.run_all()
    run = world.tenant.client().get(answer["Location"]).json()
    assert (run["state"], run["config_id"]) == ("completed", str(config.pk))
    marks = {each.target: each.covered_since for each in configs(world)[0].watermarks.all()}
    assert marks == dict.fromkeys(config.targets, ago(14)) | {"blame": None}


def test_patterns_choose_what_matches_now(world, integration):
    answer = choose(world.tenant, integration, patterns=["*/*", "!*web"], forks=True)
    assert [each["source"] for each in answer.json()["units"]] == ["acme/api", "ada/api"]


def test_what_is_named_and_matches_is_there_once(world, integration):
    choose(world.tenant, integration, sources=["acme/web"], patterns=["acme/*"])
    assert configs(world)[0].sources == ["acme/web", "acme/api"]


@pytest.mark.parametrize("body", [{}, {"patterns": ["nobody/*"]}, {"archived": True}])
def test_nothing_is_no_choice(world, integration, body):
    assert told(choose(world.tenant, integration, **body)) == (422, "nothing_chosen")


def test_more_than_the_tier_has_is_refused_as_a_whole_before_any_is_looked_at(
    world, hub, integration
):
    before = len(hub.peer.seen)
    answer = choose(
        world.tenant, integration, sources=["a/1", "a/2"], patterns=["acme/*"], archived=True
    )
    assert told(answer) == (402, "tier_limit")
    assert answer.json()["asked"] == {"repositories": 5}
    assert answer.json()["allowed_by"] == "team"
    assert [each.path for each in hub.peer.seen[before:]] == ["/api/v3/user/repos"]
    assert configs(world) == []


def test_sources_of_other_configs_are_counted_and_each_once(world, integration):
    with inside(world.tenant):
        world.config()
    assert choose(world.tenant, integration, sources=["acme/api"]).status_code == 202
    answer = choose(world.tenant, integration, sources=["acme/api", "acme/web", "acme/lib"])
    assert answer.json()["asked"] == {"repositories": 4}


def test_a_source_that_nobody_sees_is_not_chosen(world, hub, integration):
    hub.peer.misbehave(faults.answering(404, {}), times=9, path="/api/v3/repos/*")
    assert choose(world.tenant, integration, sources=["acme/gone"]).status_code == 422
    assert configs(world) == []


def test_a_second_choice_has_a_config_and_a_name_of_its_own(world, integration):
    for source in ("acme/api", "acme/web"):
        choose(world.tenant, integration, sources=[source])
    assert [each.name for each in configs(world)] == ["Hub", "Hub 2"]


def test_a_config_that_is_known_gets_other_sources_and_a_run(world, integration):
    first = choose(world.tenant, integration, sources=["acme/api"]).json()
    work.run_all()
    with inside(world.tenant):
        SyncConfig.objects.update(is_active=False, options={"initial_days": 3})
    more = {"config_id": first["config_id"], "sources": ["acme/web"], "targets": ["prs"]}
    run = choose(world.tenant, integration, **more).json()
    assert run["id"] != first["id"]
    (config,) = configs(world)
    assert (config.sources, config.targets, config.is_active) == (["acme/web"], ["prs"], True)
    assert config.options == {"initial_days": 3}


def test_what_is_chosen_while_a_run_is_under_way_is_part_of_it(world, integration):
    first = choose(world.tenant, integration, sources=["acme/api"]).json()
    more = {"config_id": first["config_id"], "sources": ["acme/api", "acme/web"]}
    second = choose(world.tenant, integration, **more).json()
    assert second["id"] == first["id"]
    assert [each["source"] for each in second["units"]] == ["acme/api", "acme/web"]
    work.run_all()
    with inside(world.tenant):
        assert SyncRun.objects.get().state == "completed"


def test_what_was_asked_once_is_chosen_once(world, integration):
    first, second = (
        choose(world.tenant, integration, sources=["acme/api"], key="one") for _ in range(2)
    )
    assert second["Idempotent-Replayed"] == "true"
    assert first.json() == second.json()
    assert len(configs(world)) == 1


# --- what comes next -----------------------------------------------------------------------------


def stage(world):
    return next_step(world).stage


def test_each_step_leads_to_the_next(world, hub):
    assert stage(world) == Stage.CONNECT
    made = connect(world.tenant, hub).json()
    assert stage(world) == Stage.CHOOSE
    choose(world.tenant, made, sources=["acme/api"])
    assert stage(world) == Stage.WAIT
    work.run_all()
    found = next_step(world)
    assert (found.stage, found.past) == (Stage.BACKFILL, Past(ago(30), ago(14)))
    with inside(world.tenant):
        world.backfill(found.config, found.past.since, found.past.before)
    assert stage(world) == Stage.DONE


def test_a_first_run_that_failed_is_to_be_mended(world, hub, integration):
    choose(world.tenant, integration, sources=["acme/api"])
    hub.peer.misbehave(faults.expired, times=99)
    work.run_all()
    assert stage(world) == Stage.MEND


def test_a_config_that_never_ran_is_to_be_started(world):
    world.config()
    assert stage(world) == Stage.START


@pytest.mark.parametrize(("tier", "since"), [("team", 90), ("enterprise", 14 + 365)])
def test_the_past_reaches_as_far_as_the_tier(world, tier, since):
    config = world.config(options={"initial_days": 14})
    world.sync(config)
    work.run_all()
    world.pay_for(tier)
    assert beginning.past_of(config, by=world.member) == Past(ago(since), ago(14))


def test_there_is_no_past_where_the_first_run_reached_as_far_as_the_tier(world):
    config = world.config()
    world.sync(config)
    work.run_all()
    assert world.sink().read(Commit).height == 30
    assert beginning.past_of(config, by=world.member) is None


def test_a_canceled_backfill_leaves_the_past_to_be_fetched(world):
    config = world.config(options={"initial_days": 14})
    world.sync(config)
    work.run_all()
    job = world.backfill(config, ago(30), ago(14))
    assert beginning.past_of(config, by=world.member) is None
    backfills.cancel(job.pk, by=world.member)
    assert beginning.past_of(config, by=world.member) == Past(ago(30), ago(14))
