"""Restamps among syncs and windows that are cut, frozen and rewritten: in the end all is right."""

from contextlib import suppress
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devhealth.models.directory import Directory
from devhealth.models.records import Commit, CommitFile
from tests.devhealth.stores import Organisation
from tests.devhealth.sync import test_any_order as of_syncs
from tests.devhealth.sync.disturbed import Countdown, EndedError, World
from tests.examples import tried

pytestmark = pytest.mark.disturbed

BOTS = Directory(bots=("grace@*",))

restamps = st.tuples(st.just("restamp"), st.sampled_from([BOTS, Directory()]), of_syncs.countdowns)


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    folder = tmp_path_factory.mktemp("worlds")
    return (folder / f"{place}.git" for place in count())


@given(
    of_syncs.histories(),
    of_syncs.days,
    st.lists(st.one_of(of_syncs.step, of_syncs.step, restamps), min_size=3, max_size=10),
    st.booleans(),
)
@tried(2)
def test_whatever_was_cut_frozen_or_restamped_is_right_in_the_end(
    store, paths, works, floor, done, windows_last
):
    world = World(Organisation(store), next(paths), works, of_syncs.FIRST + timedelta(days=floor))
    for step in done:
        with suppress(EndedError):
            take(world, *step)
    world.thaw()
    world.restamp(Directory(), Countdown())
    of_syncs.end(world, windows_last=windows_last)
    live = {row["hash"] for row in world.stored(Commit)}
    assert world.covered() <= live
    assert live <= {commit for commit, day in world.dated().items() if day >= world.earliest()}
    for cls, name in ((Commit, "hash"), (CommitFile, "commit_hash")):
        assert world.stored(cls) == world.undisturbed(cls, name, live)
    assert world.acme.rollups() == world.recounted()


def take(world, what, first, second):
    if what == "restamp":
        world.restamp(first, Countdown(*second))
    else:
        of_syncs.take(world, what, first, second)
