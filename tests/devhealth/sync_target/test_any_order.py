"""However a list is cut, mixed and repeated, and however its windows lie: the same is stored."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devhealth.models.records import Identity
from tests.devhealth.stores import Organisation
from tests.devhealth.sync_target.peer import Peer, comment, day, pull_request, review
from tests.devhealth.sync_target.runs import TOLD, stored, sync
from tests.examples import tried

pytestmark = pytest.mark.disturbed

LOGINS = ("ada", "bob", "eve", None)
parts = st.lists(st.tuples(st.integers(1, 9), st.sampled_from(LOGINS)), max_size=3)
tellings = st.lists(
    st.tuples(st.integers(1, 4), st.integers(0, 20), parts, parts), min_size=1, max_size=8
)


def told(number, changed, reviews, comments):
    """As it was when it changed on that day; parts are told once each."""
    return pull_request(
        number,
        -number,
        changed,
        reviews=tuple(review(10 * number + at, who, changed - 1) for at, who in once(reviews)),
        comments=tuple(comment(10 * number + at, who, changed - 1) for at, who in once(comments)),
    )


def once(listed):
    return dict(listed).items()


def peer_of(raws, size=100):
    peer = Peer(size=size)
    peer.listed = lambda target, since, before: [raw for raw in raws if target == "prs"]
    return peer


def newest(raws):
    """By number: of the newest the last that was told."""
    found = {}
    for raw in sorted(raws, key=lambda raw: raw["updatedAt"]):
        found[raw["number"]] = raw
    return list(found.values())


def records(acme):
    """Whoever was met by an older telling stays known."""
    return stored(acme, *(cls for cls in TOLD if cls is not Identity))


@tried(4)
@given(tellings, st.sampled_from([1, 4, 10_000]), st.integers(1, 3))
def test_of_what_comes_several_times_the_newest_is_stored(store, listed, batch_size, size):
    raws = [told(*each) for each in listed]
    acme, globex = Organisation(store), Organisation(store)
    sync(acme, peer_of(raws, size), "prs", batch_size=batch_size)
    sync(globex, peer_of(newest(raws)), "prs")
    assert records(acme) == records(globex)


@tried(4)
@given(tellings, st.lists(st.integers(-1, 22), max_size=3), st.randoms())
def test_windows_of_any_length_in_any_order_are_one_whole_run(store, listed, cuts, chance):
    peer = Peer()
    for raw, (_, changed, _, _) in zip((told(*each) for each in listed), listed, strict=True):
        peer.tell("prs", raw["number"], changed, raw)
    acme, globex = Organisation(store), Organisation(store)
    ends = [None, *(day(cut) for cut in sorted(set(cuts))), None]
    windows = list(pairwise(ends))
    chance.shuffle(windows)
    for since, before in windows:
        sync(acme, peer, "prs", since=since, before=before)
    sync(globex, peer, "prs")
    assert stored(acme) == stored(globex)
