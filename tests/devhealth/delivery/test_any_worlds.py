"""On any world the rows are what plain Python counts, in whatever order things come."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from devhealth.models.records import DeploymentChange, Incident
from tests.devhealth.delivery import by_python
from tests.devhealth.delivery.by_python import linked, world_of
from tests.devhealth.delivery.days import WEEK, every_day
from tests.devhealth.delivery.random_worlds import worlds
from tests.devhealth.delivery.things import RELEASES, resolved
from tests.examples import tried


@given(worlds())
@tried(13)
def test_links_are_where_plain_python_finds_them(world):
    found, by_hand = resolved(world), world_of(world)
    names = ("environment", "change_id", "deployment_id", "basis", "team_id")
    assert sorted(found[DeploymentChange].select(names).rows()) == sorted(
        (each.environment, change.name, each.deployment_id, basis, change.team)
        for each, change, basis in by_hand.brought
    )
    links = found[Incident].select("incident_id", "deployment_id", "link_basis")
    assert sorted(links.rows()) == sorted(
        (each.incident_id, *linked(by_hand, each)) for each in by_hand.incidents
    )


@given(worlds())
@tried(13)
def test_days_are_what_plain_python_counts(world):
    assert every_day(world) == by_python.every_day(world_of(world))


@given(worlds())
@tried(5)
def test_only_deployments_of_the_chosen_kind_make_days(world):
    found = every_day(world, directory=RELEASES)
    assert found == by_python.every_day(world_of(world, "release"))


@given(worlds())
@tried(5)
def test_a_week_is_counted_anew_and_not_from_its_days(world):
    def monday(day):
        return day - timedelta(days=day.weekday())

    assert every_day(world, bucket=WEEK) == by_python.every_day(world_of(world), monday)


@given(worlds(), st.data())
@tried(5)
def test_the_order_of_things_says_nothing(world, data):
    assert every_day(data.draw(st.permutations(world))) == every_day(world)


@given(worlds())
@tried(5)
def test_what_an_earlier_run_found_says_nothing(world):
    """Nor what it found wrongly."""
    marks = {"failure_basis": "native", "is_flaky": True, "recovery_hours": 1.0}
    marked = [
        replace(each, **{name: mark for name, mark in marks.items() if hasattr(each, name)})
        for each in world
    ]
    assert every_day(marked) == every_day(world)
