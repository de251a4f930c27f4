from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devhealth.connectors.github_windows import day_before, halves, span, text
from devhealth.errors import Permanent
from tests.devhealth.connectors.github_asking import asking, on
from tests.examples import tried
from tests.provider.github import Hub, within
from tests.provider.github_things import deployment, pull, run

BEGAN = datetime(2008, 1, 1, tzinfo=UTC)
SECONDS = st.integers(0, 3_600)


def after(seconds):
    return on(1) + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ((on(1), on(2)), "2026-03-01T00:00:00Z..2026-03-01T23:59:59Z"),
        ((on(1), None), ">=2026-03-01T00:00:00Z"),
        ((None, on(2)), "<2026-03-02T00:00:00Z"),
        ((None, None), None),
    ],
)
def test_windows_in_githubs_words(window, expected):
    assert span(window) == expected


@given(since=SECONDS, length=st.integers(2, 3_600), at=SECONDS)
def test_each_instant_of_a_window_is_in_one_of_its_halves(since, length, at):
    window = after(since), after(since + length)
    parts = halves(window, BEGAN, "things")
    instant = text(after(at))
    found = [part for part in parts if within(instant, span(part))]
    assert len(found) == within(instant, span(window))


@given(
    since=st.none() | SECONDS.map(after), before=st.none() | st.integers(3_602, 7_200).map(after)
)
def test_open_ends_stay_open(since, before):
    (first, middle), (again, last) = halves((since, before), BEGAN, "things")
    assert (first, last) == (since, before)
    assert (since or BEGAN) < middle == again


def test_a_second_has_no_halves():
    with pytest.raises(Permanent, match="1,000 things of a second, and 2026-03-01T00:00:00Z"):
        halves((on(1), after(1)), BEGAN, "things")


def test_the_day_before_begins_at_midnight_utc():
    assert day_before(datetime.fromisoformat("2026-03-02T01:30:00+02:00")) == datetime(
        2026, 2, 28, tzinfo=UTC
    )


@pytest.fixture(scope="module")
def github():
    with asking(Hub()) as started:
        yield started


@tried(4)
@given(
    instants=st.lists(SECONDS, max_size=12),
    cuts=st.lists(SECONDS, min_size=1, max_size=3, unique=True).map(sorted),
)
def test_however_time_is_cut_all_is_given(github, instants, cuts):
    stamps = [text(after(each)) for each in instants]
    hub = github.hub
    hub.pulls = [pull(n, updatedAt=at) for n, at in enumerate(stamps, 1)]
    hub.runs = [run(n, created_at=at, check_suite_node_id=None) for n, at in enumerate(stamps, 1)]
    hub.deployments = [deployment(n, createdAt=at, updatedAt=at) for n, at in enumerate(stamps, 1)]
    ends = [None, *map(after, cuts), None]
    for target, key in (("prs", "number"), ("cicd", "id"), ("deployments", "id")):
        every = [each[key] for each in github.items(target)]
        found = [each[key] for window in pairwise(ends) for each in github.items(target, *window)]
        assert set(found) == set(every)
        assert len(every) == len(instants)
