"""Many records are looked through and rewritten a part at a time."""

from datetime import timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from devhealth.processors.stamped import OF_COMMITS
from devhealth.processors.stamps import Stamps
from devhealth.rewriting import BATCHES, Rewriting, Wrong
from tests.devhealth.restamp.runs import LIVES, ONE_PERSON
from tests.devhealth.stores import FIRST_RUN
from tests.devhealth.sync.runs import sync
from tests.examples import tried
from tests.repositories import add as rewrite


@pytest.mark.parametrize("most", [1, 2, 3, 5, 8])
def test_in_slices_of_any_size_the_same_is_wrong(synced, repository, most):
    """Several commits share an instant."""
    rewrite(repository, *LIVES, *LIVES[2:4])
    repo_id = sync(synced, repository).repository.repo_id
    rewriting = Rewriting(
        sink=synced.sink(),
        partition=repo_id,
        stamped=OF_COMMITS,
        stamps=Stamps(ONE_PERSON, "api"),
        checkpoint=lambda: None,
    )
    whole, sliced = rewriting.look_through(), rewriting.look_through(most)
    assert whole.rows == sliced.rows == {"commits": 7, "commit_files": 6}
    assert (whole.columns, whole.touches) == (sliced.columns, sliced.touches)
    assert_frame_equal(whole.leads, sliced.leads, check_row_order=False)


leads = st.lists(st.tuples(st.integers(0, 9), st.integers(1, 40)), max_size=30)


@given(leads, st.integers(1, 9))
@tried(13)
def test_a_batch_has_few_leads_and_few_rows_unless_one_has_many(given, size):
    wrong = Wrong()
    rows = [
        (f"{place}", FIRST_RUN + timedelta(hours=hours), table, rows)
        for place, (hours, rows) in enumerate(given)
        for table in ("commits", "commit_files")
    ]
    wrong.leads = pl.DataFrame(rows, schema=wrong.leads.schema, orient="row")
    batches = list(wrong.batches(size))
    found = [row for batch in batches for row in batch.drop("batch").iter_rows()]
    assert sorted(found) == sorted(rows)
    assert sorted(batch["at"].min() for batch in batches) == [
        batch["at"].min() for batch in batches
    ]
    for batch in batches:
        each = batch.group_by("lead").agg(pl.col("rows").sum())
        assert each.height <= size
        assert each["rows"].sum() - each["rows"].max() < BATCHES * size
