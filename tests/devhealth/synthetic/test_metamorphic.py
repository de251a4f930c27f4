"""However a world is told, its rollups are those that follow from it."""

import asyncio
from random import Random
from uuid import UUID

import pytest

from devhealth.connectors import synthetic
from devhealth.connectors.synthetic import Synthetic
from devhealth.models.touches import Touches
from devhealth.sync import sync_git
from devhealth.sync_target import sync_target
from devhealth.synthetic.directory import directory
from devhealth.synthetic.expected import last_day
from devhealth.synthetic.making import make
from tests.devhealth.synthetic.conftest import UNTIL
from tests.devhealth.synthetic.rollups import Told

pytestmark = pytest.mark.worlds

RUN = UUID(int=1)
TARGETS = ("incidents", "prs", "cicd", "deployments")


@pytest.fixture
def told(store, small):
    return Told(store, small)


def test_told_twice_nothing_is_computed_anew(told):
    told.compute(told.tell())
    assert told.compute(told.tell()) == 0
    assert told.compute() == 0
    assert told.wrong() == []


@pytest.mark.parametrize("seed", [1, 2])
def test_told_in_any_order_it_is_the_same(told, monkeypatch, seed):
    whole, dice = Synthetic._pages, Random(seed)
    monkeypatch.setattr(synthetic, "PAGE", 7)
    monkeypatch.setattr(
        Synthetic,
        "_pages",
        lambda self, listed: whole(self, dice.sample(listed, len(listed))),
    )
    told.compute(told.tell())
    assert told.wrong() == []


def test_told_in_halves_and_computed_after_each_it_is_the_same(told):
    middle = told.world.history(told.world.repositories[0]).commits[40].committed_at
    told.today = middle.date()
    told.compute(window(told, None, middle))
    told.today = last_day(told.world)
    told.compute(window(told, middle, None))
    told.compute(told.tell())
    assert told.wrong() == []


def window(told, since, before):
    """What changed then, told as it is now."""
    asked = {"since": since, "before": before, "directory": directory(told.world)}
    touches = Touches()
    for place in told.world.repositories:
        connector = Synthetic(told.world, place, is_early=before is not None)
        for target in TARGETS:
            done = asyncio.run(sync_target(told.sink(), connector, target, run_id=RUN, **asked))
            touches |= done.touches
            if target == "incidents":  # git does not tell who a renamed repository was
                touches |= asyncio.run(sync_git(told.sink(), connector.git(), **asked)).touches
    for place in told.world.projects:
        connector = Synthetic(told.world, place)
        done = asyncio.run(sync_target(told.sink(), connector, "work-items", run_id=RUN, **asked))
        touches |= done.touches
    return touches


def test_another_world_in_its_place_leaves_nothing_of_it_but_attempts(told):
    """No provider takes an attempt back: where both have a run of one id, those of the first world
    that the second has no more stay."""
    told.compute(told.tell())
    told.compute(told.tell(make(8, 60, 3, 8, until=UNTIL)))
    left = {each.partition(".")[0] for each in told.wrong()}
    assert left == {"cicd_metrics_daily"}


def test_an_organisation_beside_it_changes_nothing(told, store):
    told.compute(told.tell())
    other = Told(store, make(8, 60, 3, 8, until=UNTIL))
    other.compute(other.tell())
    assert (told.wrong(), other.wrong()) == ([], [])
