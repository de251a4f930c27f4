"""Whatever is cut, frozen, rewritten or run twice, one whole sync at the end makes it right."""

from contextlib import suppress
from datetime import date, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devhealth.models.records import Commit, CommitFile
from tests.devhealth.stores import Organisation
from tests.devhealth.sync.disturbed import Countdown, EndedError, World
from tests.examples import tried
from tests.repositories import ADA, GRACE, NOON, Work, run

pytestmark = pytest.mark.disturbed

DAY = 86_400
FIRST = date(2026, 1, 1)
MOST = 7

days = st.integers(0, 20)
ends = st.integers(0, MOST - 1)


@st.composite
def histories(draw):
    """A few commits by two people on three files: old dates, merges, other roots, dead ends."""
    return [
        Work(
            at=NOON + draw(days) * DAY,
            files={draw(st.sampled_from("abc")): f"{place}\n" * draw(st.integers(1, 3))},
            message=str(place),
            author=draw(st.sampled_from([ADA, GRACE])),
            parents=draw(st.lists(st.integers(place - 3, place - 1), max_size=2, unique=True))
            if place > 2
            else [place - 1][: place > 0],
        )
        for place in range(MOST)
    ]


windows = st.builds(
    lambda since, length: (
        FIRST + timedelta(days=since),
        FIRST + timedelta(days=since + length),
    ),
    days,
    st.integers(1, 9),
)
countdowns = st.one_of(
    st.just(("none", 0)),
    st.tuples(st.just("checkpoint"), st.integers(1, 30)),
    st.tuples(st.just("noted"), st.integers(1, 4)),
    st.tuples(st.sampled_from(["write", "frozen"]), st.integers(1, 9)),
)
step = st.one_of(
    st.tuples(st.just("move"), ends, st.booleans()),
    st.tuples(st.just("whole"), countdowns, st.booleans()),
    st.tuples(st.just("whole"), countdowns, st.booleans()),
    st.tuples(st.just("window"), windows, countdowns),
    st.tuples(st.just("compute"), countdowns, st.none()),
    st.tuples(st.just("thaw"), st.none(), st.none()),
)
steps = st.lists(step, min_size=2, max_size=9)


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    folder = tmp_path_factory.mktemp("worlds")
    return (folder / f"{place}.git" for place in count())


@given(histories(), days, steps, st.booleans())
@tried(2)
def test_whatever_was_cut_frozen_or_rewritten_a_whole_sync_makes_it_right(
    store, paths, works, floor, done, windows_last
):
    """Stored is at least what the branch has of the covered days, those since the first floor and
    those of all windows that completed; and at most what it has since the earliest of them, for
    what lands on a day between two windows is taken, what was there before is not."""
    world = World(Organisation(store), next(paths), works, FIRST + timedelta(days=floor))
    for step in done:
        with suppress(EndedError):
            take(world, *step)
    end(world, windows_last=windows_last)
    live = [row["hash"] for row in world.stored(Commit)]
    since = world.earliest()
    assert world.covered() <= set(live)
    assert set(live) <= {commit for commit, day in world.dated().items() if day >= since}
    for cls, name in ((Commit, "hash"), (CommitFile, "commit_hash")):
        assert world.stored(cls) == world.undisturbed(cls, name, set(live))
    assert world.acme.rollups() == world.recounted()


def take(world, what, first, second):
    if what == "move":
        world.move(first, gone=second)
    elif what == "whole":
        world.whole(Countdown(*first), finish=second)
    elif what == "window":
        world.window(first, Countdown(*second))
    elif what == "compute":
        world.compute(Countdown(*first))
    else:
        world.thaw()


def end(world, *, windows_last):
    """Late writes arrive, nothing is cut any more, what was cut is run again."""
    world.thaw()
    if windows_last:
        world.whole(Countdown())
    for window in sorted(world.cut):
        world.window(window, Countdown())
    world.whole(Countdown())
    world.compute(Countdown())
    assert world.mark()[0] == run(world.path, "rev-parse", "main")
    assert world.whole(Countdown()).days == {}
