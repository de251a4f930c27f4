"""What records of review and delivery say once the Directory has changed."""

import asyncio
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given

from devhealth import people
from devhealth.models.directory import Directory
from devhealth.models.records import Deployment, Identity, PullRequest, Repository, Review
from devhealth.models.touches import Touches
from devhealth.processors.pull_requests import derived
from devhealth.processors.stamped import OF_PULL_REQUESTS
from devhealth.processors.stamps import Stamps
from devhealth.restamp import TABLES, Restamped, preview, restamp
from devhealth.rewriting import Rewriting
from devhealth.sync import Watch
from tests.devhealth.processors.reviewed import (
    CLASSES,
    REPO,
    at,
    comment,
    framed,
    known,
    pull,
    review,
    worlds,
)
from tests.devhealth.processors.test_pull_requests import ONE_PERSON, OWNED, directories
from tests.devhealth.restamp.runs import restamped
from tests.devhealth.stores import Organisation
from tests.examples import tried

NOTHING = dict.fromkeys(TABLES, 0)
API = Repository(
    repo_id=REPO, source_id="github.com", provider="github", full_name="acme/api", url=""
)
TODAY = date(2026, 1, 5)  # of the runs
DAYS = 24

# Opened on Monday, answered on Wednesday by who may be its author, merged on Friday.
WEEK = (
    pull(merged=4 * DAYS),
    review("augusta", 2 * DAYS, "approved"),
    comment("grace", 5 * DAYS, author_name="Grace Hopper"),
)


def known_to(acme, *records, directory=None):
    """Stored as a sync with this Directory stores them."""
    stamps, sink = Stamps(directory or Directory(), API.full_name), acme.sink()
    sink.write([API])
    for cls, rows in derived(framed(records), stamps).items():
        sink.write(rows, cls)
    people.meet(sink, stamps.people, lambda: None)
    return acme


def everything(acme):
    """Tombstones included."""
    sink = acme.sink()
    stored = (sink.read(cls, deleted=True).drop("synced_at").sort(cls.key) for cls in CLASSES)
    return [*(rows.to_dicts() for rows in stored), acme.records(Identity)]


def stored(acme, cls=PullRequest):
    return acme.records(cls)[0]


# --- what is written ------------------------------------------------------------------------------


def test_a_reviewer_who_turns_out_to_be_the_author_has_not_answered(acme):
    known_to(acme, *WEEK)
    assert stored(acme)["pickup_hours"] == 2 * DAYS
    done = restamped(acme, ONE_PERSON)
    assert done.rows == NOTHING | {"pull_requests": 1, "reviews": 1, "identities": 1}
    row = stored(acme)
    assert (row["first_response_at"], row["approved_at"], row["reviews_count"]) == (None, None, 0)
    assert (row["pickup_hours"], row["review_hours"], row["cycle_hours"]) == (None, None, 96)
    assert stored(acme, Review)["is_own"]


def test_what_was_told_stays(acme):
    before = stored(known_to(acme, *WEEK))
    restamped(acme, ONE_PERSON)
    gives = OF_PULL_REQUESTS.lead.gives
    assert all(stored(acme)[name] == before[name] for name in before if name not in gives)


def test_one_person_becomes_two_again(acme):
    before = everything(known_to(acme, *WEEK))
    restamped(acme, ONE_PERSON)
    restamped(acme, Directory())
    assert everything(acme) == before


def test_a_team_that_owns_the_repository_has_its_pull_requests(acme):
    known_to(acme, *WEEK)
    restamped(acme, OWNED)
    assert (stored(acme)["team_id"], stored(acme)["author_team_id"]) == ("api", "after")


@given(worlds, directories, directories)
@tried(7)
def test_a_restamp_leaves_what_a_sync_with_the_directory_leaves(store, records, old, new):
    acme = known_to(Organisation(store), *records, directory=old)
    globex = known_to(Organisation(store), *records, directory=new)
    restamped(acme, new, batch_size=1)
    assert everything(acme) == everything(globex)
    assert restamped(acme, new) == Restamped(NOTHING, Touches())


@given(worlds, directories, directories)
@tried(2, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_store_ends_alike(any_store, records, old, new):
    acme = known_to(Organisation(any_store), *records, directory=old)
    globex = known_to(Organisation(any_store), *records, directory=new)
    restamped(acme, new)
    assert everything(acme) == everything(globex)


def test_it_is_told_before_it_is_done(any_store):
    acme = known_to(Organisation(any_store), *WEEK)
    told = preview(acme.sink(), ONE_PERSON)
    assert told.rows == restamped(acme, ONE_PERSON).rows
    assert told.repositories == 1


@pytest.mark.parametrize("most", [1, 2, 5])
def test_in_slices_of_any_size_the_same_is_wrong(acme, most):
    week = (pull(number, created=number // 2) for number in range(5))
    answers = [review("augusta", number, number=number % 5) for number in range(9)]
    known_to(acme, *week, *answers)
    rewriting = Rewriting(
        sink=acme.sink(),
        partition=REPO,
        stamped=OF_PULL_REQUESTS,
        stamps=Stamps(ONE_PERSON, API.full_name),
        checkpoint=lambda: None,
    )
    whole, sliced = rewriting.look_through(), rewriting.look_through(most)
    assert whole.rows == sliced.rows == {"pull_requests": 5, "reviews": 9}
    assert (whole.columns, whole.touches) == (sliced.columns, sliced.touches)
    assert sorted(whole.leads.rows()) == sorted(sliced.leads.rows())


# --- which days are touched -----------------------------------------------------------------------


def touched(acme, directory):
    days = restamped(acme, directory).touches.days
    return {cls: sorted(day.day for day in found) for (cls, _), found in days.items()}


def test_days_on_which_it_waited_longer_than_was_known_are_touched(acme):
    """January 5 is its Monday: it waited until the 7th, now until it was merged on the 9th."""
    known_to(acme, *WEEK)
    late = acme.store.for_org(acme.org_id, version=datetime(2026, 2, 1, tzinfo=UTC))
    days = asyncio.run(restamp(late, ONE_PERSON)).touches.days
    assert days == {
        (PullRequest, str(REPO)): {date(2026, 1, day) for day in (5, 7, 8, 9)},
        (Review, str(REPO)): {date(2026, 1, 7)},
    }


def test_with_another_author_all_days_on_which_it_was_open_are_touched(acme):
    """No day is later than that of the run, the 5th, but for the instants themselves."""
    known_to(acme, pull(created=-3 * DAYS, ready=-3 * DAYS, merged=-DAYS), pull(8, created=-DAYS))
    assert touched(acme, Directory(bots=("ada",))) == {PullRequest: [2, 3, 4, 5]}


def test_a_category_touches_the_days_of_instants_alone(acme):
    rules = next(each for each in directories.elements if each.categories)
    known_to(acme, pull(title="Fix it", labels=["bug"], created=-3 * DAYS, merged=0))
    assert touched(acme, rules) == {PullRequest: [2, 5]}


@given(worlds, directories, directories)
@tried(7)
def test_whatever_a_changed_row_counts_on_is_noted_before_it_is_written(store, records, old, new):
    acme = known_to(Organisation(store), *records, directory=old)
    before = {cls: acme.sink().read(cls) for cls in CLASSES}
    noted = Touches()

    async def note(touches):
        nonlocal noted
        noted |= touches

    done = restamped(acme, new, batch_size=1, watch=Watch(noted=note))
    wanted = Touches()
    for cls in CLASSES:
        wanted.change(cls, before[cls], acme.sink().read(cls), TODAY)
    assert done.touches == noted
    assert all(days <= noted.days[key] for key, days in wanted.days.items())
    if not any(each.deleted_at for each in records):
        assert noted.days == wanted.days


# --- who is known ---------------------------------------------------------------------------------


def names(acme):
    return {row["author_id"]: (row["name"], row["handle"]) for row in acme.records(Identity)}


def test_whoever_a_record_names_by_a_login_is_known_by_it(acme):
    known_to(acme, *WEEK)
    restamped(acme, Directory())
    assert names(acme) == {
        known("ada"): ("", "github:ada"),
        known("augusta"): ("", "github:augusta"),
        known("grace"): ("Grace Hopper", "github:grace"),
    }


def test_the_newest_name_of_an_account_is_found_among_all_records(acme):
    """The run that meets her under an older name asks the others."""
    known_to(acme, *WEEK)
    known_to(acme, pull(8, author="grace", created=-DAYS, ready=-DAYS, author_name="Grace"))
    assert names(acme)[known("grace")] == ("Grace Hopper", "github:grace")


def test_who_was_named_by_nothing_else_is_gone_with_the_alias(acme):
    known_to(acme, *WEEK)
    restamped(acme, ONE_PERSON)
    (gone,) = acme.sink().read(Identity, deleted=True).drop_nulls("deleted_at").to_dicts()
    assert (gone["author_id"], gone["deleted_reason"]) == (
        known("augusta"),
        "no stored record is theirs",
    )


# --- deployments ----------------------------------------------------------------------------------


def deployment(name, kind, finished=None):
    return Deployment(
        repo_id=REPO,
        deployment_id=name,
        kind=kind,
        environment="production",
        status="pending" if finished is None else "success",
        created_at=at(0),
        finished_at=at(finished),
        url="",
    )


def test_deployments_of_the_chosen_kind_count_whether_they_have_ended_or_not(acme):
    acme.sink().write([API])
    acme.sink().write(
        [deployment("1", "deployment", DAYS), deployment("2", "deployment"),
         deployment("release:3", "release", 0), deployment("merge:4", "merge", 0)]
    )  # fmt: skip
    releases = Directory(deployment_kinds=(("acme/*", "release"),))
    assert restamped(acme, Directory()).rows == NOTHING | {"deployments": 2}
    done = restamped(acme, releases)
    assert done.rows == NOTHING | {"deployments": 3}
    assert done.touches.days == {(Deployment, str(REPO)): {date(2026, 1, 5), date(2026, 1, 6)}}
    counted = {row["deployment_id"]: row["is_counted"] for row in acme.records(Deployment)}
    assert [name for name, is_counted in counted.items() if is_counted] == ["release:3"]
