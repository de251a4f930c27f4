"""Only touched days are computed, and they are always enough."""

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from devhealth.models.rollups import CicdDay, DeployDay, IncidentDay
from tests.devhealth.delivery.by_python import every_day, world_of
from tests.devhealth.delivery.random_worlds import worlds
from tests.devhealth.delivery.stored import LATER, known, synced
from tests.devhealth.delivery.things import MERGES, deployed, incident, landed, pull, ran
from tests.devhealth.stores import Organisation
from tests.examples import tried

TABLES = (CicdDay, DeployDay, IncidentDay)
BRANCH = [
    landed("c0", "2026-01-05 08:00"),
    landed("c1", "2026-01-05 10:00"),
    landed("c2", "2026-01-06 10:00"),
]
PULLS = [pull(1, "2026-01-05 10:00", "c1"), pull(2, "2026-01-06 10:00", "c2")]
FIRST = deployed("d0", "2026-01-05 09:00", "c0")
THINGS = [
    *BRANCH,
    *PULLS,
    FIRST,
    deployed("d1", "2026-01-05 12:00", "c1"),
    deployed("d2", "2026-01-06 12:00", "c2"),
    incident("i", "2026-01-06 13:00", "2026-01-09 13:00"),
    ran("1.1", "2026-01-05 23:55", "failed", is_final_attempt=False),
    ran("1.2", "2026-01-06 00:05"),
]


def rows(organisation):
    return [organisation.rows(cls) for cls in TABLES]


def taken(organisation, things, **more):
    """Rows written, by table, of those that have any."""
    written = organisation.compute(synced(organisation, things, **more), LATER)
    return {table: count for table, count in written.items() if count and "team" not in table}


def test_every_store_has_the_rows_that_plain_python_counts(any_store):
    acme = Organisation(any_store)
    taken(acme, THINGS)
    assert rows(acme) == every_day(world_of(THINGS))
    assert known(Organisation(any_store), THINGS).rows(DeployDay) == acme.rows(DeployDay)


def test_a_second_sync_of_the_same_writes_nothing(acme):
    taken(acme, THINGS)
    assert taken(acme, THINGS) == {}


def test_an_incident_that_is_opened_later_changes_the_day_of_its_deployment(acme):
    taken(acme, THINGS)
    late = incident("late", "2026-01-05 20:00", "2026-02-01 10:00")  # after d1
    assert taken(acme, [late]) == {"deploy_metrics_daily": 1, "incident_metrics_daily": 2}
    monday, _ = acme.rows(DeployDay)
    assert (monday["day"], monday["change_failures_count"]) == (date(2026, 1, 5), 1)


def test_a_revert_that_is_merged_a_week_later_changes_the_day_of_the_deployment(acme):
    taken(acme, THINGS)
    written = taken(acme, [pull(3, "2026-01-13 10:00", "c3", reverts_number=1)])
    assert written["deploy_metrics_daily"] == 1
    assert [row["change_failures_count"] for row in acme.rows(DeployDay)] == [1, 1]


def test_an_incident_that_is_opened_again_leaves_the_day_on_which_it_was_resolved(acme):
    taken(acme, THINGS)
    taken(acme, [incident("i", "2026-01-06 13:00")])
    (row,) = acme.rows(IncidentDay)
    assert (row["day"], row["incidents_opened"]) == (date(2026, 1, 6), 1)
    lost = acme.rows(IncidentDay, empty=True)[1]
    assert (lost["is_empty"], lost["restore_hours_p50"]) == (True, None)


def test_a_later_attempt_takes_the_run_off_the_day_of_the_one_before(acme):
    taken(acme, [ran("1.1", "2026-01-05 23:55", "failed")])
    taken(acme, [ran("1.2", "2026-01-06 00:05")])
    monday, tuesday = acme.rows(CicdDay)
    assert (monday["runs_count"], monday["first_attempts_count"]) == (0, 1)
    assert (tuesday["runs_count"], tuesday["flaky_count"]) == (1, 1)


def test_a_deployment_of_the_past_moves_changes_to_its_day(acme):
    taken(acme, [each for each in THINGS if each != THINGS[6]])
    assert [row["change_lead_n"] for row in acme.rows(DeployDay)] == [0, 2]
    taken(acme, [THINGS[6]])
    assert [row["change_lead_n"] for row in acme.rows(DeployDay)] == [1, 1]


def test_another_choice_of_what_counts_empties_the_days_of_the_old_one(acme):
    taken(acme, THINGS)
    taken(acme, [], directory=MERGES)
    assert [row["deployments_count"] for row in acme.rows(DeployDay)] == [1, 1]
    assert rows(acme)[1] == known(Organisation(acme.store), THINGS, MERGES).rows(DeployDay)


@given(worlds(), st.data())
@tried(3)
def test_things_in_any_portions_end_where_all_at_once_do(store, world, data):
    acme = Organisation(store)
    arriving = data.draw(st.permutations(world))
    cut = data.draw(st.integers(0, len(world)))
    for portion in (arriving[:cut], arriving[cut:], arriving[: cut // 2]):
        taken(acme, portion)
    assert rows(acme) == every_day(world_of(world))


@given(worlds(), st.data())
@tried(3)
def test_what_is_lost_again_leaves_nothing_behind(store, world, data):
    acme, gone = Organisation(store), data.draw(st.sets(st.integers(0, len(world))))
    taken(acme, world)
    marks = {"deleted_at": FIRST.finished_at, "deleted_reason": "lost"}
    taken(acme, [replace(each, **marks) for place, each in enumerate(world) if place in gone])
    left = [each for place, each in enumerate(world) if place not in gone]
    assert rows(acme) == every_day(world_of(left))
