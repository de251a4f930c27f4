"""Many at once are stamped as each alone is."""

from datetime import UTC, datetime, time, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devhealth.models.directory import (
    UNASSIGNED,
    BusinessHours,
    Directory,
    Membership,
    Team,
)
from devhealth.models.records import RECORDS
from devhealth.processors.identity import NEVER
from devhealth.processors.stamped import OF_COMMITS, STAMPED, of_commits
from devhealth.processors.stamps import Stamp, Stamps
from devhealth.sinks.tables import table_of

COMMITS = OF_COMMITS.lead
MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)

names = st.sampled_from(["Ada", "ada", "Grace", "dependabot[bot]", ""])
addresses = st.sampled_from(["ada@x", "a@x", "grace@x", "1+ada@users.noreply.github.com", ""])
instants = st.one_of(
    st.builds(
        lambda hours, seconds: MONDAY + timedelta(hours=hours, seconds=seconds),
        st.integers(-90, 90),
        st.sampled_from([-1, 0, 1]),
    ),
    st.sampled_from([datetime(1900, 1, 1, tzinfo=UTC), datetime(2299, 12, 31, tzinfo=UTC)]),
    st.builds(lambda days: MONDAY + timedelta(days=days, hours=16), st.integers(0, 365)),
)
bounds = st.none() | instants | instants.map(lambda at: at + timedelta(microseconds=500))
commits = st.fixed_dictionaries(
    {
        "author_name": names,
        "author_email": addresses,
        "authored_at": instants,
        "author_utc_offset_minutes": st.none() | st.sampled_from([-720, -210, 0, 60, 345, 840]),
        "committed_at": instants,
        "co_author_emails": st.lists(addresses, max_size=3, unique=True).map(sorted),
        "deleted_at": st.none() | st.just(MONDAY),
    }
)
members = st.builds(Membership, st.sampled_from(["ada@x", "grace@x", "ada"]), bounds, bounds,
                    st.booleans())  # fmt: skip
teams = st.lists(
    st.tuples(
        st.lists(members, max_size=3).map(tuple),
        st.sampled_from([(), ("acme/api",), ("acme/*",), ("globex/*",)]),
    ),
    max_size=3,
).map(
    lambda given: tuple(
        Team(f"team-{place}", "", members, repositories)
        for place, (members, repositories) in enumerate(given)
    )
)
directories = st.builds(
    Directory,
    aliases=st.sampled_from([{}, {"a@x": "ada@x"}, {"a@x": "ada@x", "grace@x": "ada@x"},
                             {"github:ada": "ada@x", "ada": "ada@x"}]),
    bots=st.sampled_from([(), ("*[[]bot[]]",), ("ada*",)]),
    humans=st.sampled_from([frozenset(), frozenset({"ada@x"})]),
    teams=teams,
    hours=st.builds(
        BusinessHours, st.just(time(9)), st.sampled_from([time(9, 0, 1), time(18)]),
        st.sampled_from(["UTC", "America/New_York", "Asia/Kathmandu"]),
    ),
)  # fmt: skip


def framed(rows):
    """As a store gives them, with stamps of another time."""
    schema = table_of(COMMITS.cls).schema
    fillers = {"author_id": "", "actor_kind": "", "team_id": "", "author_team_id": "x",
               "time_of_week": "", "co_author_ids": ["x"]}  # fmt: skip
    numbered = [fillers | row | {"hash": str(place)} for place, row in enumerate(rows)]
    columns = (*COMMITS.asks, *COMMITS.gives, "hash")
    return pl.DataFrame(numbered, schema={name: schema[name] for name in columns})


def one_by_one(rows, stamps):
    return [
        stamps.of_commit(
            (row["author_name"], row["author_email"]),
            row["authored_at"],
            row["author_utc_offset_minutes"],
            row["committed_at"],
            row["co_author_emails"],
        )
        for row in rows
    ]


def at_once(rows, stamps):
    found = of_commits(framed(rows), stamps)
    assert set(found.columns) == set(framed(rows).columns)
    ordered = found.sort(pl.col("hash").cast(pl.Int64)).select(COMMITS.gives)
    return [Stamp(**row) for row in ordered.iter_rows(named=True)]


def met(stamps):
    return {each.author_id: each for each in stamps.people.met()}


def texts(stamp):
    return [str(getattr(stamp, name)) for name in COMMITS.gives]


@given(st.lists(commits, max_size=8), directories)
def test_many_are_stamped_as_each_alone(rows, directory):
    alone, together = Stamps(directory, "acme/api"), Stamps(directory, "acme/api")
    wanted = one_by_one(rows, alone)
    assert list(map(texts, at_once(rows, together))) == list(map(texts, wanted))


@given(st.lists(commits, max_size=8), directories)
def test_the_same_people_are_met(rows, directory):
    """Commits that are gone are no one's newest."""
    alone, together = Stamps(directory, "acme/api"), Stamps(directory, "acme/api")
    for row in rows:
        at = NEVER if row["deleted_at"] else row["committed_at"]
        alone.people.meet(row["author_name"], row["author_email"], at)
    at_once(rows, together)
    assert met(together) == met(alone)


def test_another_repository_has_its_own_owner():
    owner = Team("web", "Web", repositories=("acme/web",))
    stamps = Stamps(Directory(teams=(owner,)), "acme/api")
    row = {"author_name": "Ada", "author_email": "ada@x", "authored_at": MONDAY,
           "author_utc_offset_minutes": 0, "committed_at": MONDAY, "co_author_emails": [],
           "deleted_at": None}  # fmt: skip
    assert at_once([row], stamps)[0].team_id == UNASSIGNED
    assert at_once([row], stamps.of_repository("acme/web"))[0].team_id == "web"
    assert [each.name for each in stamps.people.met()] == ["Ada"]


@pytest.mark.parametrize("stamped", STAMPED, ids=lambda each: each.lead.cls.table)
def test_stamps_and_what_they_are_found_from_are_columns(stamped):
    assert set(stamped.classes) <= set(RECORDS)
    assert stamped.at in (None, *stamped.lead.cls.instants)
    for each in stamped.parts:
        assert {each.by, *each.asks, *each.gives} <= set(table_of(each.cls).names)
    for each in stamped.followers:
        assert {each.by, *each.gives} <= set(table_of(each.cls).names)
        assert set(each.gives) <= set(stamped.lead.gives)
        assert each.cls.instants == (stamped.at,)
