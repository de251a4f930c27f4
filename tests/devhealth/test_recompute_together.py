"""Stretches of days, of one repository or of several, that are computed at once."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devhealth import visits as library
from devhealth.metrics import metrics
from devhealth.metrics.pull_requests import CLOSED, MERGED, OPEN, OPENED
from devhealth.models.records import PullRequest
from devhealth.models.rollups import InvestmentDay, RepoDay, UserDay
from devhealth.models.touches import Touches
from tests.devhealth.metrics.pulls import pull
from tests.devhealth.metrics.worlds import API, WEB, copied_worlds, known_repositories, work
from tests.devhealth.stores import Organisation
from tests.devhealth.test_recompute import LATER
from tests.devhealth.work.things import OURS, records, story
from tests.examples import tried


def computed(store, world, known, portions):
    """The rollups of commits that came in so many syncs."""
    organisation = Organisation(store)
    organisation.know(known)
    for portion in range(portions):
        organisation.compute(organisation.take(world[portion::portions]), LATER)
    return organisation.rollups()


@given(copied_worlds, known_repositories, st.integers(5, 40), st.integers(2, 30), st.integers(1, 2))
@tried(3)
def test_in_stretches_of_any_length_and_number_the_same_is_computed(
    store, world, known, longest, enough, portions
):
    with pytest.MonkeyPatch.context() as patch:
        for name in ("ENOUGH", "FIRST", "FIRST_EVERYWHERE"):
            patch.setattr(library, name, 1)
        alone = computed(store, world, known, portions)
        patch.setattr(library, "ENOUGH", enough)
        patch.setattr(library, "FIRST", 10 * enough)
        patch.setattr(library, "LONGEST_RUN", longest)
        patch.setattr(library, "LONGEST_RUN_EVERYWHERE", longest)
        assert computed(store, world, known, portions) == alone


def test_a_day_that_is_dirty_in_one_repository_alone_is_computed_in_that_alone(acme):
    """A commit that nobody reported stays unseen, though it is read for another day's sake."""
    acme.take([work("2026-01-20 10:00", {"a": (1, 0)}, repo=WEB)])
    touches = acme.take([work("2026-01-05 10:00", repo=WEB), work("2026-01-20 10:00", repo=API)])
    acme.compute(touches, LATER)
    assert {(row["repo_id"], f"{row['day']}") for row in acme.rows(UserDay)} == {
        (str(API), "2026-01-20"),
        (str(WEB), "2026-01-05"),
    }


def test_a_repository_and_a_project_are_computed_together_though_they_need_other_columns(acme):
    touches = acme.take([work("2026-01-20 10:00", {"a": (1, 0)}, repo=API)])
    done = story("2026-01-19 09:00", ("2026-01-20 11:00", "status", "done"))
    touches |= acme.tell(records([done]), LATER)
    acme.compute(touches, LATER)
    told = {row["repo_id"]: row for row in acme.rows(InvestmentDay) if row["population"] == "all"}
    assert told[str(API)]["invested_loc"] == 1
    assert told[str(OURS.work_scope_id)]["items_completed"] == 1


def test_a_pull_request_is_read_once_and_stands_where_one_of_its_instants_is_asked_for(acme):
    pulls = [
        pull(1, "2026-01-05 10:00", merged="2026-01-20 11:00"),
        pull(2, "2026-01-20 10:00"),
        pull(3, "2026-01-05 10:00"),
        pull(4, "2026-01-05 10:00", merged="2026-01-06 11:00"),
    ]
    acme.tell([record for each in pulls for record in each.records], LATER)
    touches = Touches()
    touches.days[PullRequest, str(API)].add(date(2026, 1, 20))
    here = [metric for metric in metrics() if metric.rollup is RepoDay]
    (visit,) = library.visits(acme.sink(), here, touches, [str(API)], LATER, lambda: None)
    numbers = {
        source: sorted(visit.frames[source.key]["number"])
        for source in (OPENED, MERGED, CLOSED, OPEN)
    }
    assert numbers == {OPENED: [2], MERGED: [1], CLOSED: [1], OPEN: [1, 2, 3]}
