"""The same arguments give the same world, whatever is asked of it and in whatever order."""

import tracemalloc
from datetime import date
from hashlib import sha256

import pytest

from devhealth.synthetic.making import make
from devhealth.synthetic.world import World

UNTIL = date(2026, 11, 1)


def digest(world: World) -> str:
    """Of everything that is true of it."""
    found = sha256()
    everything = (world.people, world.teams, world.repositories, world.projects, world.statuses)
    for each in (*everything, *world.histories(), *world.works()):
        found.update(repr(each).encode())
    return found.hexdigest()[:32]


def test_a_seed_gives_the_world_that_it_always_gave():
    """On every platform and with every version of Python. A change of what is made changes it."""
    assert digest(make(1, 90, 4, 10, until=UNTIL)) == "020ae36da94f358ee42ad9ac5b8a2b46"


def test_another_seed_gives_another_world():
    assert digest(make(1, 60, 2, 8, until=UNTIL)) != digest(make(2, 60, 2, 8, until=UNTIL))


def test_a_place_is_the_same_whatever_was_asked_before():
    one, other = (make(3, 60, 4, 10, until=UNTIL) for _ in range(2))
    last = one.history(one.repositories[-1])
    _ = digest(other)
    assert other.history(other.repositories[-1]) == last


def test_nothing_happens_outside_of_the_days(world: World):
    for history in world.histories():
        for each in history.commits:
            assert each.committed_at.date() < world.until
        for pull in history.pull_requests:
            assert world.since <= pull.created_at.date() <= pull.updated_at.date() < world.until


def test_ten_times_as_much_happens_at_ten_times_the_scale():
    one, ten = (make(1, 60, 2, 10, scale, until=UNTIL) for scale in (1, 10))
    counts = [sum(len(each.pull_requests) for each in world.histories()) for world in (one, ten)]
    assert 8 < counts[1] / counts[0] < 12


def test_a_world_of_many_places_needs_the_memory_of_one():
    """Histories of eight repositories, one after the other, beside that of the largest alone."""
    world = make(1, 60, 8, 24, until=UNTIL)
    alone = max(peak(world, [each]) for each in world.repositories[:-1])
    assert peak(world, world.repositories) < 2.5 * alone


def peak(world: World, repositories) -> int:
    tracemalloc.start()
    for each in repositories:
        world.history(each)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


@pytest.mark.parametrize(("days", "repos", "people"), [(14, 1, 5), (30, 2, 6), (45, 14, 30)])
def test_worlds_of_any_size_can_be_made(days: int, repos: int, people: int):
    world = make(5, days, repos, people, until=UNTIL)
    assert len(world.repositories) == repos
    assert len(world.people) == people
    assert len([*world.histories(), *world.works()]) == repos + len(world.projects)


def test_names_are_nobodys_twice():
    world = make(1, 14, 14, 70, until=UNTIL)
    texts = [text for each in world.people for text in (each.login, *each.emails)]
    assert len(set(texts)) == len(texts)
    assert len({each.full_name for each in world.repositories}) == 14


def test_a_leap_day_has_its_work():
    world = make(1, 30, 2, 10, until=date(2024, 3, 10))
    days = {each.committed_at.date() for history in world.histories() for each in history.commits}
    assert date(2024, 2, 29) in days
