"""What a restamp would do, told without doing it."""

from dataclasses import replace
from datetime import UTC, date, datetime, time

from devhealth.metrics import metrics
from devhealth.models.directory import BusinessHours, Directory, Membership, Team
from devhealth.models.records import Commit, CommitFile
from devhealth.restamp import TABLES, Preview, preview
from tests.devhealth.restamp.runs import LIVES, ONE_PERSON, restamped, versions
from tests.devhealth.stores import Organisation
from tests.devhealth.sync.runs import sync
from tests.repositories import make

LONG_AFTER = datetime(2026, 6, 1, tzinfo=UTC)
NOTHING = Preview(
    rows=dict.fromkeys(TABLES, 0),
    days=0,
    first_day=None,
    last_day=None,
    repositories=0,
    tables=(),
)


def asked(acme, directory, at=LONG_AFTER):
    return preview(acme.store.for_org(acme.org_id, version=at), directory)


def test_another_organisations_records_are_not_counted(globex, synced):
    assert asked(globex, ONE_PERSON) == NOTHING


def test_a_merge_is_counted_before_it_is_done(any_store, tmp_path):
    acme = Organisation(any_store)
    sync(acme, make(tmp_path / "api.git", *LIVES))
    before = versions(acme)
    told = asked(acme, ONE_PERSON)
    assert versions(acme) == before
    assert told.rows == restamped(acme, ONE_PERSON).rows
    of_commits = tuple(
        metric.rollup.table
        for metric in metrics()
        if any(source.cls in (Commit, CommitFile) for source in metric.sources)
    )
    assert (told.repositories, told.tables) == (1, of_commits)


def test_days_are_those_that_any_window_reaches(synced):
    """Files were changed on 2 to 6 January; each has a say in the 29 days after it."""
    told = asked(synced, ONE_PERSON)
    assert (told.days, told.first_day, told.last_day) == (
        33,
        date(2026, 1, 2),
        date(2026, 2, 3),
    )


def test_windows_end_today(synced):
    assert asked(synced, ONE_PERSON, datetime(2026, 1, 8, tzinfo=UTC)).last_day == date(2026, 1, 8)


def test_tables_are_those_that_are_made_of_what_changes(synced):
    hours = Directory(hours=BusinessHours(time(13), time(18)))
    told = asked(synced, hours)
    assert "repo_metrics_daily" not in told.tables
    assert "user_metrics_daily" in told.tables
    assert (told.rows["commits"], told.days, told.last_day) == (4, 4, date(2026, 1, 6))


def test_a_team_changes_no_file(synced):
    told = asked(synced, Directory(teams=(Team("web", "", (Membership("grace@example.com"),)),)))
    assert told.rows == NOTHING.rows | {"commits": 1}
    assert (told.days, told.first_day) == (1, date(2026, 1, 6))


def test_a_name_changes_identities_only(synced):
    restamped(synced, ONE_PERSON)
    told = asked(synced, replace(ONE_PERSON, names={"ada@example.com": "Ada"}))
    assert told == replace(NOTHING, rows=NOTHING.rows | {"identities": 1})


def test_what_is_stamped_already_is_nothing(synced):
    restamped(synced, ONE_PERSON)
    assert asked(synced, ONE_PERSON) == NOTHING
