"""What work items and their changes say once the Directory has changed."""

import asyncio
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devhealth.models.directory import CategoryRule, Directory, Membership, Team
from devhealth.models.records import Identity, WorkItem, WorkItemChange, WorkScope
from devhealth.models.rollups import WorkItemDay
from devhealth.processors.stamped import OF_WORK_ITEMS
from devhealth.processors.stamps import Stamps
from devhealth.restamp import TABLES, preview, restamp
from devhealth.rewriting import Rewriting
from tests.devhealth.stores import Organisation
from tests.devhealth.work.test_days_by_hand import stories
from tests.devhealth.work.things import OURS, SITE, THEIRS, records, story
from tests.examples import tried

TODAY = date(2026, 3, 20)


class Later(Organisation):
    """Its runs are of TODAY."""

    def sink(self):
        own = super().sink()
        return self.store.for_org(self.org_id, version=own.version + timedelta(days=74))


@pytest.fixture
def acme(store):
    return Later(store)


PROJECTS = [
    WorkScope(
        work_scope_id=each.work_scope_id,
        source_id=SITE,
        provider="jira",
        scope_key=each.scope_key,
        name=each.scope_key,
        url=f"https://{SITE}/browse/{each.scope_key}",
    )
    for each in (OURS, THEIRS)
]
MOVED = story(
    "2026-03-02 09:00",
    ("2026-03-03 09:00", "status", "in_review"),
    ("2026-03-04 09:00", "scope", "THEIRS"),
    ("2026-03-06 09:00", "status", "done"),
    holder="jira:ada",
)
OTHERS = Directory(
    aliases={"jira:ada": "ada@acme.example", "jira:lin": "ada@acme.example"},
    teams=(
        Team(team_id="one", name="One", members=(Membership(person="ada@acme.example"),)),
        Team(team_id="two", name="Two", projects=("ours",)),
    ),
    statuses={"in review": "todo", "blocked": "in_progress"},
    categories=(CategoryRule(theme="quality", subcategory="bugfix", types=("bug",)),),
)


def known(acme, told, directory=None):
    acme.sink().write(PROJECTS)
    acme.compute(acme.tell(records(told, directory), TODAY), TODAY)
    asyncio.run(restamp(acme.sink(), directory or Directory()))  # who they are is stored by it
    return acme


def stored(acme):
    return [acme.records(cls) for cls in (WorkItem, WorkItemChange, Identity)]


def test_the_same_directory_writes_nothing(acme):
    known(acme, [MOVED])
    done = asyncio.run(restamp(acme.sink(), Directory()))
    assert (done.rows, done.resolved, done.touches.days) == (dict.fromkeys(TABLES, 0), 0, {})


def test_an_item_that_was_moved_touches_days_of_both_projects(acme):
    known(acme, [MOVED])
    done = asyncio.run(restamp(acme.sink(), OTHERS))
    assert done.touches.days[WorkItemChange, str(OURS.work_scope_id)] == {
        date(2026, 3, each) for each in (2, 3, 4)
    }
    assert done.touches.days[WorkItemChange, str(THEIRS.work_scope_id)] == {
        date(2026, 3, each) for each in range(4, 21)
    }


def test_what_is_computed_then_is_as_if_it_had_always_been_so(acme, store):
    known(acme, [MOVED])
    acme.compute(asyncio.run(restamp(acme.sink(), OTHERS)).touches, TODAY)
    always = known(Later(store), [MOVED], OTHERS)
    assert acme.rows(WorkItemDay) == always.rows(WorkItemDay)
    assert stored(acme) == stored(always)


def test_a_preview_counts_what_would_be_written_and_writes_nothing(acme):
    before = stored(known(acme, [MOVED]))
    asked = preview(acme.sink(), OTHERS)
    assert (asked.rows["work_items"], asked.rows["work_item_changes"]) == (1, 5)
    assert "work_item_metrics_daily" in asked.tables
    assert stored(acme) == before


@given(stories())
@tried(3)
def test_any_items_are_as_if_it_had_always_been_so(store, told):
    acme, always = (known(Later(store), told, directory) for directory in (Directory(), OTHERS))
    acme.compute(asyncio.run(restamp(acme.sink(), OTHERS)).touches, TODAY)
    assert stored(acme) == stored(always)
    assert acme.rollups() == always.rollups()


@pytest.mark.parametrize("at_a_time", [1, 2, 100])
@given(told=st.shared(stories()))
@tried(3)
def test_in_slices_of_any_size_the_same_is_wrong(store, told, at_a_time):
    acme = known(Later(store), told)
    found = []
    for size in (at_a_time, 1_000):
        wrongs = [
            Rewriting(
                sink=acme.sink(),
                partition=UUID(str(each.work_scope_id)),
                stamped=OF_WORK_ITEMS,
                stamps=Stamps(OTHERS, each.scope_key),
                checkpoint=lambda: None,
            ).look_through(size)
            for each in PROJECTS
        ]
        found.append([(wrong.rows, wrong.touches.days) for wrong in wrongs])
    assert found[0] == found[1]
