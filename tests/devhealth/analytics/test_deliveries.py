"""Questions about deliveries: by environment, by team; from rows as from records; with evidence."""

from datetime import date, timedelta

import pytest
from hypothesis import given

from devhealth.analytics.catalogue import catalogue
from devhealth.analytics.evidence import evidence
from devhealth.analytics.questions import Dimension, Unanswerable
from devhealth.models.rollups import CicdDay, DeployDay, IncidentDay
from devhealth.sinks.query import measures_of
from tests.devhealth.analytics.asking import answered, by_records, question, told
from tests.devhealth.delivery.random_worlds import START, worlds
from tests.devhealth.delivery.stored import known
from tests.devhealth.delivery.things import OWNED, deployed, incident, landed, pull, ran
from tests.devhealth.stores import Organisation
from tests.examples import tried

FIRST = date(2026, 1, 1)
MONDAY = (date(2026, 1, 5), date(2026, 1, 6))
MEASURES = {
    name: measure
    for cls in (CicdDay, DeployDay, IncidentDay)
    for name, measure in measures_of(cls).items()
}

# Two successes of production, one of staging, one that failed; #1 and a commit of its own reached
# both environments, and an incident followed.
THINGS = [
    landed("c0", "2026-01-05 08:00"),
    landed("c1", "2026-01-05 10:00"),
    landed("mine", "2026-01-05 10:30", team="web", owner="web"),
    pull(1, "2026-01-05 10:00", "c1", begun="2026-01-05 00:00", team_id="web"),
    deployed("p0", "2026-01-05 09:00", "c0"),
    deployed("s0", "2026-01-05 09:30", "c0", environment="staging"),
    deployed("s1", "2026-01-05 11:00", "mine", environment="staging"),
    deployed("p1", "2026-01-05 12:00", "mine"),
    deployed("f", "2026-01-05 13:00", "mine", status="failed"),
    deployed("r", "2026-01-05 14:00", "mine", kind="release"),
    incident("i", "2026-01-05 15:00", "2026-01-05 16:00"),
    ran("1.1", "2026-01-05 10:10", "failed", is_final_attempt=False),
    ran("1.2", "2026-01-05 10:20", duration_minutes=4.0),
    ran("2", "2026-01-05 10:20", "skipped"),
]


@pytest.fixture(scope="module")
def acme(store):
    return known(Organisation(store), THINGS, OWNED)


def values(acme, measure, dimension=None, **more):
    return told(answered(acme.sink(), question(measure, dimension, **more)))


def test_another_organisation_has_no_deployments(acme, store):
    assert values(Organisation(store), "deployments_count") == {}


def test_deployments_are_told_apart_by_environment(acme):
    assert values(acme, "deployments_count", "environment") == {
        (FIRST, "production"): 2, (FIRST, "staging"): 2,
    }  # fmt: skip


def test_an_environment_can_be_filtered_on(acme):
    staging = {"environment": ["staging"]}
    assert values(acme, "deployments_count", where=staging) == {FIRST: 2}
    assert values(acme, "change_lead_hours_p50", where=staging) == {FIRST: 5.75}  # of 11 and 0.5


def test_statistics_of_an_environment_are_taken_from_its_records(acme):
    """#1 was begun at midnight, the other commit at 10:30; production had both at 12:00."""
    assert values(acme, "change_lead_hours_p50", "environment") == {
        (FIRST, "production"): 6.75, (FIRST, "staging"): 5.75,
    }  # fmt: skip


def test_what_has_no_environment_cannot_be_told_apart_by_it(acme):
    with pytest.raises(Unanswerable, match="runs_count cannot be told apart by environment"):
        answered(acme.sink(), question("runs_count", "environment"))


@pytest.mark.parametrize("measure", ["deployments_count", "runs_count", "incidents_resolved"])
def test_deliveries_count_for_the_team_that_owns_the_repository(acme, measure):
    of_all = values(acme, measure)[FIRST]
    assert values(acme, measure, "team") == {(FIRST, "web"): of_all}
    assert values(acme, measure, where={"team": ["platform"]}).get(FIRST, 0) == 0


def test_people_have_nothing_to_do_with_what_nobody_made(acme):
    """Bots are left out of people's work; of deployments there is nothing to leave out."""
    assert values(acme, "deployments_count") == values(acme, "deployments_count", population="all")
    answer = answered(acme.sink(), question("deployments_count"))
    assert answer.basis == "rows"


def test_every_measure_of_deliveries_is_in_the_catalogue():
    for name, measure in MEASURES.items():
        entry = catalogue()[name]
        assert (entry.unit, entry.definition) == (measure.unit, measure.definition)
        assert {Dimension.REPO, Dimension.TEAM} <= set(entry.dimensions)
        assert len(entry.grains) == 1


# --- evidence -------------------------------------------------------------------------------------


def behind(acme, measure, **more):
    return evidence(acme.sink(), question(measure, days=MONDAY, **more))


def test_behind_deployments_are_those_that_count(acme):
    found = behind(acme, "deployments_count", where={"environment": ["production"]})
    assert found.records.select("kind", "record_id", "environment").rows() == [
        ("deployment", "p1", "production"), ("deployment", "p0", "production"),
    ]  # fmt: skip
    assert (found.value, found.is_stale) == (2, False)


def test_behind_a_lead_time_are_changes_as_what_they_are(acme):
    found = behind(acme, "change_lead_hours_p50", where={"environment": ["production"]})
    assert found.records.select("kind", "number", "hash").rows() == [
        ("change", 1, ""), ("change", 0, "mine"),
    ]  # fmt: skip


def test_behind_runs_are_attempts(acme):
    found = behind(acme, "runs_count")
    assert found.records.select("kind", "record_id", "attempt").rows() == [("pipeline run", "1", 2)]
    assert behind(acme, "success_ratio").records.height == 1


def test_behind_incidents_are_incidents(acme):
    found = behind(acme, "restore_hours_p50")
    assert found.records.select("kind", "source_id", "record_id").rows() == [
        ("incident", "github.com", "i")
    ]
    assert found.value == 1


# --- any world ------------------------------------------------------------------------------------

SPAN = (START.date(), START.date() + timedelta(days=12))


@given(worlds())
@tried(3)
def test_rows_and_records_say_the_same(store, world):
    organisation = known(Organisation(store), world)
    sink = organisation.sink()
    for name in MEASURES:
        for dimension in [None, *catalogue()[name].dimensions]:
            asked = question(name, dimension, days=SPAN, bucket="week")
            rows, records = answered(sink, asked), by_records(sink, asked)
            assert _measured(rows) == _measured(records), (name, dimension)


@given(worlds())
@tried(3)
def test_a_count_has_as_many_records_behind_it(store, world):
    sink = known(Organisation(store), world).sink()
    for name, measure in MEASURES.items():
        if measure.rolls_up.kind == "sum":
            for ahead in range(3):
                day = SPAN[0] + timedelta(days=ahead)
                found = evidence(sink, question(name, days=(day, day + timedelta(days=1))))
                assert found.records.height == found.value == found.recomputed, (name, day)


def _measured(answer):
    return {key: round(value, 6) for key, value in told(answer).items() if value}
