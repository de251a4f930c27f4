"""Whatever the Directory was before, a restamp makes of the records what a sync with it makes."""

from itertools import count

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from devhealth.models.records import Commit, CommitFile
from devhealth.models.touches import Touches
from tests.devhealth.processors.test_stamped import directories
from tests.devhealth.restamp.runs import people, restamped
from tests.devhealth.stores import Organisation
from tests.devhealth.sync.runs import TODAY, everything, sync
from tests.examples import tried
from tests.repositories import NOON, Work, make, run

pytestmark = pytest.mark.disturbed

PEOPLE = (
    b"Ada <ada@x>", b"ada <A@x>", b"Grace <grace@x>", b"<ada@x>", b"dependabot[bot] <bot@x>",
    b"Ada L. <1+ada@users.noreply.github.com>", b"Somebody <>",
)  # fmt: skip

works = st.builds(
    lambda files, author, authored, at, zone, helper: Work(
        files={name: f"{at}\n" for name in files},
        author=author,
        authored=NOON + authored,
        at=NOON + at,
        zone=zone,
        message=b"Work\n\nCo-authored-by: " + helper if helper else b"Work",
    ),
    st.sets(st.sampled_from("abc")),
    st.sampled_from(PEOPLE),
    st.integers(-9, 9).map(lambda hours: hours * 3600),
    st.integers(-60, 60).map(lambda hours: hours * 3 * 3600),
    st.sampled_from(["+0000", "-0500", "+0545", "+9900"]),
    st.none() | st.sampled_from(PEOPLE),
)
histories = st.lists(works, min_size=1, max_size=6)


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    folder = tmp_path_factory.mktemp("worlds")
    return (folder / str(place) / "api.git" for place in count())


def owned(path, *history):
    """Of `acme/api`, whom a team may own."""
    make(path, *history)
    run(path, "config", "remote.origin.url", "https://example.com/acme/api.git")
    return path


@given(histories, directories, directories)
@tried(3)
def test_a_restamp_leaves_what_a_sync_with_the_directory_leaves(store, paths, history, old, new):
    acme, globex = Organisation(store), Organisation(store)
    path = owned(next(paths), *history)
    acme.compute(sync(acme, path, directory=old).touches, TODAY)
    sync(globex, path, directory=new)
    noted = restamped(acme, new, batch_size=1).touches
    assert everything(acme) == everything(globex)
    acme.compute(noted, TODAY)
    globex.compute_everything(TODAY)
    assert acme.rollups() == globex.rollups()


@given(histories, histories, directories, directories)
@tried(3)
def test_so_it_does_after_a_rewrite_and_a_sync_with_it(store, paths, first, second, old, new):
    """Tombstones stay, and with them those who made them."""
    acme, globex = Organisation(store), Organisation(store)
    path = owned(next(paths), *first)
    noted = sync(acme, path, directory=old).touches
    run(path, "branch", "first", "main")
    run(path, "fetch", "-q", str(owned(next(paths), *second)), "main")
    run(path, "update-ref", "refs/heads/main", "FETCH_HEAD")
    noted |= sync(acme, path, directory=old).touches
    noted |= restamped(acme, new).touches
    run(path, "update-ref", "refs/heads/main", "first")
    noted |= sync(acme, path, directory=new).touches
    sync(globex, path, directory=new)
    for cls in (Commit, CommitFile):
        assert acme.records(cls) == globex.records(cls)
    assert people(globex).keys() <= people(acme).keys()
    acme.compute(noted, TODAY)
    globex.compute_everything(TODAY)
    assert acme.rollups() == globex.rollups()


@given(st.lists(histories, min_size=2, max_size=3), directories, directories)
@tried(3)
def test_so_it_does_over_several_repositories(store, paths, past, old, new):
    """Each is synced when half of it is there, and again with all of it."""
    acme, globex = Organisation(store), Organisation(store)
    repositories = [make(next(paths), *history) for history in past]
    for place, path in enumerate(repositories):
        run(path, "config", "remote.origin.url", f"https://example.com/acme/{place}.git")
        whole = run(path, "rev-parse", "main")
        run(path, "update-ref", "refs/heads/main", f"main~{len(past[place]) // 2}")
        sync(acme, path, directory=old)
        run(path, "update-ref", "refs/heads/main", whole)
    for path in repositories:
        sync(acme, path, directory=old)
        sync(globex, path, directory=new)
    restamped(acme, new)
    assert everything(acme) == everything(globex)


@given(histories, directories)
@tried(3)
def test_with_the_directory_of_the_sync_it_finds_nothing(store, paths, history, directory):
    acme = Organisation(store)
    sync(acme, owned(next(paths), *history), directory=directory)
    done = restamped(acme, directory)
    assert (sum(done.rows.values()), done.touches) == (0, Touches())


@given(histories, directories, directories)
@tried(2, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_store_ends_alike(any_store, paths, history, old, new):
    acme, globex = Organisation(any_store), Organisation(any_store)
    path = owned(next(paths), *history)
    sync(acme, path, directory=old)
    sync(globex, path, directory=new)
    restamped(acme, new, batch_size=1)
    assert everything(acme) == everything(globex)
