"""Which of the repositories that hold a commit it counts in."""

import pytest

from devhealth.metrics import prepared
from devhealth.metrics.copies import counted_once
from devhealth.models.records import Commit, CommitFile, Repository
from tests.devhealth.metrics.worlds import API, DOCS, WEB, copied, frames, repository, work

COMMIT = [work("2026-01-05 10:00", {"a": (1, 0), "b": (2, 0)}, repo=WEB, name="c")]
EVERYWHERE = [*COMMIT, *copied(COMMIT, API), *copied(COMMIT, DOCS)]


def by_class(found):
    """Records that are read once only."""
    return {cls: frame for (cls, _, _), frame in found.items()}


def kept(known, works=EVERYWHERE, cls=Commit, of="hash"):
    """Repositories of the rows that are left."""
    found = by_class(frames(works, known))
    return counted_once(found[cls], found[Repository], of)["repo_id"].to_list()


@pytest.mark.parametrize(
    ("known", "first"),
    [
        ([repository(WEB), repository(API), repository(DOCS)], API),
        ([repository(WEB), repository(API, is_fork=True), repository(DOCS)], WEB),
        ([repository(DOCS, is_fork=True), repository(WEB, is_fork=True)], WEB),
        ([repository(DOCS, is_fork=True)], DOCS),  # nothing is known of the other two
        ([], API),
    ],
)
def test_it_is_the_first_that_is_no_fork_then_by_id(known, first):
    assert kept(known) == [str(first)]


def test_files_go_with_their_commit():
    known = [repository(API, is_fork=True), repository(WEB), repository(DOCS)]
    assert kept(known, cls=CommitFile, of="commit_hash") == [str(WEB)] * 2


def test_the_rest_stays_as_it_is():
    other = work("2026-01-05 11:00", repo=DOCS, name="d")
    found = by_class(frames([other, *EVERYWHERE], []))
    left = counted_once(found[Commit], found[Repository])
    assert left.equals(found[Commit].filter([True, False, True, False]))


def test_prepared_records_are_told_apart_alike():
    found = {cls: prepared(frame) for cls, frame in by_class(frames(EVERYWHERE)).items()}
    assert counted_once(found[Commit], found[Repository]).height == 1
