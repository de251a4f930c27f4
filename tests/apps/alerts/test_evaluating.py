"""When alerts fire, when they are over, and that each is told once."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from hypothesis import given
from hypothesis import strategies as st

from apps.alerts import evaluating
from apps.alerts.evaluating import EVERY
from apps.alerts.findings import beyond
from apps.alerts.models import Alert, Rule
from apps.metrics.models import Team
from apps.pipeline.models import SyncRun, SyncWatermark
from apps.pipeline.services import stages
from devhealth.models.records import Repository
from devhealth.models.states import State
from tests import work
from tests.apps.alerts.conftest import FAILED, MEASURE, STALE
from tests.apps.pipeline.worlds import history, on, today

FIRED, CLEARED = ("busy", "fired"), ("busy", "cleared")


def age(**by):
    """As if every source had been synced so long before; no mark goes back by itself."""
    for mark in SyncWatermark.objects.all():
        mark.delete()
        mark.synced_through -= timedelta(**by)
        mark.save(force_insert=True)


def run_of(config, state):
    run = SyncRun.objects.create(config=config, trigger="manual")
    stages.begin(run)
    stages.end(run, state)


# --- hysteresis ----------------------------------------------------------------------------------


@pytest.mark.parametrize("direction", ["above", "below"])
@given(values=st.lists(st.integers(0, 20)), clear=st.integers(0, 10), gap=st.integers(0, 10))
def test_it_fires_and_is_over_in_turn_and_only_where_it_should(direction, values, clear, gap):
    """Between `clear` and `threshold` nothing changes."""
    low, high = clear, clear + gap
    threshold, over = (high, low) if direction == "above" else (low, high)
    rule, is_on = Rule(direction=direction, threshold=threshold, clear=over), False
    for value in values:
        found = beyond(rule, value)
        was_on, is_on = is_on, is_on if found is None else found
        bad = value > threshold if direction == "above" else value < threshold
        good = value <= over if direction == "above" else value >= over
        assert is_on == (bad or (was_on and not good))


# --- a measure -----------------------------------------------------------------------------------


def test_a_measure_that_crosses_its_threshold_is_told_once(watched, world):
    watched.add(MEASURE)
    world.sync(world.config())
    assert watched.told() == [FIRED]
    assert watched.told() == [FIRED]
    (alert,) = watched.alerts()
    assert (alert["state"], alert["value"], alert["text"]) == (
        "fired",
        12.0,
        "commits_count of the last 30 days: 12, above 10.",
    )


def test_the_number_is_the_one_that_rest_and_graphql_tell(watched, world):
    watched.add(MEASURE)
    world.sync(world.config())
    watched.look()
    query = """query ($day: Date!, $until: Date!) { analytics(batch: {breakdowns: [
        {measure: COMMITS_COUNT, dimension: REPO, dateRange: {startDate: $day, endDate: $until}}
    ]}) { breakdowns { items { value } } } }"""
    days = {"day": str(today() - timedelta(days=29)), "until": str(today())}
    told = watched.tenant.graphql(query, **days)
    connection.set_tenant(watched.tenant.organization)
    values = [each["value"] for each in told["data"]["analytics"]["breakdowns"][0]["items"]]
    assert [each["value"] for each in watched.alerts()] == values


def test_it_is_over_only_when_it_is_back(watched, world):
    rule = watched.add(MEASURE)
    world.sync(world.config())
    assert watched.told() == [FIRED]
    watched.change(rule, threshold=20)  # 12 lies between
    assert watched.told() == [FIRED]
    watched.change(rule, clear=12)
    assert watched.told() == [FIRED, CLEARED]
    (alert,) = watched.alerts("?state=cleared")
    assert alert["cleared_at"] is not None
    assert watched.alerts("?state=fired") == []


def test_what_fired_and_was_over_can_fire_again(watched, world):
    rule = watched.add(MEASURE)
    world.sync(world.config())
    watched.look()
    watched.change(rule, is_active=False)
    assert watched.told() == [FIRED, CLEARED]
    watched.change(rule, is_active=True)
    assert watched.told() == [FIRED, CLEARED, FIRED]
    assert len(watched.alerts(f"?rule_id={rule}")) == 2


def test_nothing_to_count_is_none_and_below(watched, world):
    watched.add(MEASURE, name="quiet", direction="below", threshold=1, clear=2)
    assert watched.told() == [("quiet", "fired")]


def test_what_cannot_be_measured_fires_nothing(watched, world):
    watched.add(MEASURE, measure="pr_cycle_hours_p50", direction="below", threshold=1, clear=2)
    assert watched.told() == []


def test_a_repository_is_asked_for_alone(watched, world):
    world.sync(world.config())
    work.run_all()
    (repo,) = world.sink().read(Repository)["repo_id"]
    watched.add(MEASURE, scope="repository", scope_id=repo)
    assert watched.told() == [FIRED]


def test_a_team_without_commits_is_not_the_whole_organisation(watched, world):
    world.sync(world.config())
    team = Team.objects.create(name="idle")
    watched.add(MEASURE, scope="team", scope_id=str(team.pk))
    assert watched.told() == []


def test_after_every_compute_rules_are_looked_at(watched, world):
    watched.add(MEASURE, threshold=12, clear=12)
    config = world.config()
    world.sync(config)
    work.run_all()
    assert watched.alerts() == []
    world.rewrite([*history(12), on(today(), files={"b": "1\n"})])
    world.sync(config)
    work.run_all()
    assert [each["value"] for each in watched.alerts()] == [13.0]


def test_a_measure_that_is_gone_is_said_and_changes_nothing(watched, world):
    rule = watched.add(MEASURE)
    world.sync(world.config())
    watched.look()
    Rule.objects.update(measure="of_another_release", updated_at=F("updated_at"))
    assert watched.told() == [FIRED]
    assert "of_another_release" in watched.send("GET", f"alert-rules/{rule}").json()["error"]


def test_a_rule_that_is_changed_while_it_is_looked_at_is_looked_at_again(
    watched, world, monkeypatch
):
    """What was found by the old one says nothing."""
    rule = watched.add(MEASURE)
    world.sync(world.config())
    work.run_all("sync", "webhooks")
    found = evaluating.findings

    def changed_meanwhile(*args):
        monkeypatch.undo()
        told = found(*args)
        watched.change(rule, threshold=20)
        return told

    work.run_all("metrics")
    Alert.objects.all().delete()
    monkeypatch.setattr(evaluating, "findings", changed_meanwhile)
    watched.look()
    assert watched.alerts() == []


# --- sources and runs ----------------------------------------------------------------------------


def test_a_source_that_was_not_synced_for_hours_fires_until_it_is(watched, world):
    watched.add(STALE)
    config = world.config()
    world.sync(config)
    assert watched.told() == []
    age(hours=49)
    assert watched.told() == [("stale", "fired")]
    (alert,) = watched.alerts()
    assert (round(alert["value"]), str(world.path) in alert["subject"]) == (49, True)
    world.sync(config)
    assert watched.told() == [("stale", "fired"), ("stale", "cleared")]


def test_a_config_that_is_switched_off_is_not_stale(watched, world):
    watched.add(STALE)
    world.sync(world.config(name="off"))
    work.run_all()
    age(hours=49)
    watched.send("PATCH", f"sync-configs/{config_id(watched)}", {"is_active": False})
    assert watched.told() == []


def config_id(watched):
    return watched.send("GET", "sync-configs").json()["items"][0]["id"]


@pytest.mark.parametrize(
    ("states", "fires"),
    [
        ([State.FAILED], False),
        ([State.FAILED, State.FAILED], True),
        ([State.FAILED, State.CANCELED, State.FAILED], True),
        ([State.FAILED, State.FAILED, State.COMPLETED], False),
        ([State.FAILED, State.COMPLETED, State.FAILED], False),
    ],
)
def test_so_many_failed_runs_in_a_row_fire(watched, world, states, fires):
    watched.add(FAILED)
    config = world.config()
    for state in states:
        run_of(config, state)
    assert watched.told() == ([("failed", "fired")] if fires else [])


def test_a_run_that_went_well_ends_it(watched, world):
    watched.add(FAILED)
    config = world.config()
    for _ in range(2):
        run_of(config, State.FAILED)
    assert watched.told() == [("failed", "fired")]
    run_of(config, State.COMPLETED)
    assert watched.told() == [("failed", "fired"), ("failed", "cleared")]


def test_a_rule_of_one_config_looks_at_no_other(watched, world):
    first, second = world.config(), world.config(name="second")
    watched.add(FAILED, config_id=str(second.pk))
    for _ in range(2):
        run_of(first, State.FAILED)
    assert watched.told() == []


# --- the clockwork -------------------------------------------------------------------------------


def test_a_look_plans_the_next_one(watched, world):
    watched.add(STALE)
    work.run_all()
    (unit,) = work.units(actor="alerts.evaluate", state="pending")
    looked_at = Rule.objects.get().evaluated_at
    assert unit.not_before == looked_at + EVERY


def test_without_rules_nobody_looks(watched, world):
    rule = watched.add(STALE)
    watched.send("DELETE", f"alert-rules/{rule}")
    watched.look()
    assert work.states(actor="alerts.evaluate", state="pending") == []


def test_globex_is_told_nothing_of_acmes_alerts(watched, world, tenants):
    assert tenants["globex"].send("POST", "alert-rules", MEASURE).status_code == 201
    watched.add(MEASURE)
    world.sync(world.config())
    assert watched.told() == [FIRED]
    assert tenants["globex"].get("alerts").json()["items"] == []
