"""Sync configs, runs, backfills, teams, identities: an organisation's own, changed by services."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.metrics.models import DirectorySettings, Person, Team, TeamMembership
from apps.orgs.models import AuditEntry
from apps.pipeline.models import BackfillJob, SyncConfig, SyncRun
from devhealth.models.records import QuarantinedRecord
from tests.apps.metrics.people import ADA, GRACE, HOME
from tests.apps.pipeline.rows import backfill_job, bring, run_of, sync_config
from tests.apps.web.admins import Inside, text
from tests.repositories import Work, make


@pytest.fixture
def owner(acme):
    return Inside(acme)


@pytest.fixture
def repo(tmp_path, settings):
    settings.LOCAL_REPO_ROOTS = [str(tmp_path)]
    return str(make(tmp_path / "api", Work({"a.py": "1\n"}, message="one")))


def config_form(repo, **more):
    given = {"name": "api", "provider": "local", "targets": "git", "sources": repo, "options": "{}"}
    return given | {"timezone": "UTC", "is_active": "on"} | more


def last(tenant):
    return AuditEntry.objects.filter(organization=tenant.organization).latest("at").action


# --- sync configs --------------------------------------------------------------------------------


def test_a_config_of_globex_is_not_found(owner, globex):
    there = sync_config(globex, name="globex config").pk
    for view in ("change", "delete", "history", "sync"):
        assert owner.open(f"pipeline/syncconfig/{there}/{view}/").status_code == 404
    assert "globex config" not in text(owner.open("pipeline/syncconfig/"))


def test_a_config_is_made_changed_and_deleted(owner, acme, repo):
    owner.send("pipeline/syncconfig/add/", **config_form(repo))
    with acme.entered():
        config = SyncConfig.objects.get()
    assert (config.sources, config.created_by) == ([repo], owner.person.user.pk)
    path = f"pipeline/syncconfig/{config.pk}/"
    version = re.search(r'name="version" value="([^"]+)"', text(owner.open(f"{path}change/")))[1]
    given = config_form(repo, schedule_cron="0 5 * * *", version=version)
    owner.post(f"/admin/{path}change/", given)
    assert last(acme) == "sync_configs.update"
    stale = owner.post(f"/admin/{path}change/", given)
    assert "It has been changed since you read it" in text(stale)
    owner.send(f"{path}delete/", post="yes")
    with acme.entered():
        assert not SyncConfig.objects.exists()
    assert not LogEntry.objects.exists()


def test_a_repository_that_may_not_be_read_is_told_in_the_form(owner, acme, repo):
    answer = owner.send("pipeline/syncconfig/add/", **config_form("/etc"))
    assert answer.status_code == 200
    assert "/etc" in text(answer)
    with acme.entered():
        assert not SyncConfig.objects.exists()


def test_a_schedule_that_is_too_dense_says_which_tier_has_it(owner, repo):
    given = config_form(repo, schedule_cron="*/5 * * * *")
    assert "The tier Community syncs every 24 hours at most" in text(
        owner.send("pipeline/syncconfig/add/", **given)
    )


def test_what_is_no_json_is_told(owner, repo):
    answer = owner.send("pipeline/syncconfig/add/", **config_form(repo, options="{"))
    assert "Enter a valid JSON." in text(answer)


def test_the_tiers_limits_stand_above_the_form(owner):
    assert "Community: 3 repositories in all, synced every 24 hours at most." in text(
        owner.open("pipeline/syncconfig/add/")
    )


# --- runs ----------------------------------------------------------------------------------------


def test_a_run_is_started_and_followed(owner, acme):
    config = sync_config(acme)
    owner.press(f"pipeline/syncconfig/{config.pk}/change/", "sync")
    with acme.entered():
        run = SyncRun.objects.get()
    assert owner.url.endswith(f"/admin/pipeline/syncrun/{run.pk}/change/")
    fragment = owner.open(f"pipeline/syncrun/{run.pk}/progress/")
    assert fragment["Retry-After"] == "2"
    assert "state-pending" in text(fragment)
    again = owner.client("acme.localhost").get(
        f"/admin/pipeline/syncrun/{run.pk}/progress/", headers={"If-None-Match": fragment["ETag"]}
    )
    assert (again.status_code, again.content, again["Retry-After"]) == (304, b"", "2")


def test_nobody_asks_again_for_what_is_over(owner, acme):
    run = run_of(acme, sync_config(acme), "completed")
    assert "Retry-After" not in owner.open(f"pipeline/syncrun/{run.pk}/progress/")
    assert "data-poll" not in text(owner.open(f"pipeline/syncrun/{run.pk}/change/"))


def test_two_runs_of_a_config_are_one_too_many(owner, acme):
    config = sync_config(acme)
    run_of(acme, config)
    page = owner.press(f"pipeline/syncconfig/{config.pk}/change/", "sync")
    assert "A run of this config is under way." in text(page)


# --- backfills -----------------------------------------------------------------------------------


def asked(config, since="2026-11-20", **more):
    return {"config": str(config.pk), "since": since, "order": "newest", **more}


def recent(days):
    return str((datetime.now(UTC) - timedelta(days=days)).date())


def test_no_config_of_globex_is_offered_or_taken(owner, acme, globex):
    there = sync_config(globex, name="globex config")
    assert "globex config" not in text(owner.open("backfills/new/"))
    answer = owner.send("backfills/new/", **asked(there, recent(5)), start="1")
    assert "Select a valid choice" in text(answer)
    for tenant in (acme, globex):
        with tenant.entered():
            assert not BackfillJob.objects.exists()


def test_a_backfill_is_looked_at_before_it_is_started(owner, acme):
    config = sync_config(acme)
    page = text(owner.send("backfills/new/", **asked(config, recent(5)), preview="1"))
    assert "<dt>Chunks</dt><dd>1</dd>" in page
    with acme.entered():
        assert not BackfillJob.objects.exists()
    owner.send("backfills/new/", **asked(config, recent(5)), start="1")
    with acme.entered():
        job = BackfillJob.objects.get()
    assert owner.url.endswith(f"/admin/pipeline/backfilljob/{job.pk}/change/")
    assert last(acme) == "backfills.create"


def test_beyond_the_tier_there_is_no_button_to_start(owner, acme):
    config = sync_config(acme)
    page = text(owner.send("backfills/new/", **asked(config, recent(60)), preview="1"))
    assert "Team reaches all of it" in page
    assert 'name="start"' not in page
    page = owner.send("backfills/new/", **asked(config, recent(60)), start="1")
    assert "errornote" in text(page)
    with acme.entered():
        assert not BackfillJob.objects.exists()


def test_a_backfill_is_paused_resumed_and_canceled(owner, acme):
    job = backfill_job(acme, sync_config(acme))
    path = f"pipeline/backfilljob/{job.pk}/change/"
    for button, state in (("pause", "paused"), ("resume", "pending"), ("cancel", "canceled")):
        owner.press(path, button)
        with acme.entered():
            assert BackfillJob.objects.get().state == state


def test_only_what_is_of_use_is_offered(owner, acme):
    job = backfill_job(acme, sync_config(acme))
    page = text(owner.open(f"pipeline/backfilljob/{job.pk}/change/"))
    assert f"{job.pk}/pause/" in page
    assert f"{job.pk}/resume/" not in page
    with acme.entered():
        bring(BackfillJob.objects.all(), "completed")
    page = text(owner.open(f"pipeline/backfilljob/{job.pk}/change/"))
    assert f"{job.pk}/cancel/" not in page
    assert "cannot be canceled" in text(
        owner.press(f"pipeline/backfilljob/{job.pk}/change/", "cancel")
    )


def test_what_cannot_be_read_is_told_with_its_reason(owner, acme, globex):
    for tenant in (acme, globex):
        found = QuarantinedRecord(
            source_id="github.com",
            repo_id=UUID(int=1),
            target="prs",
            address="pull request 7",
            reason=f"{tenant.organization.slug} said no number.",
            found_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
        tenant.write([found])
    page = text(owner.open("quarantine/"))
    assert "acme said no number." in page
    assert "globex" not in page


# --- the Directory -------------------------------------------------------------------------------


def test_a_team_of_globex_is_neither_shown_nor_taken(owner, acme, globex):
    with globex.entered():
        there = Team.objects.create(name="globex team")
    assert owner.open(f"metrics/team/{there.pk}/change/").status_code == 404
    assert "globex team" not in text(owner.open("metrics/teammembership/add/"))
    given = {"team": str(there.pk), "person": "ada@x.example"}
    assert "Select a valid choice" in text(owner.send("metrics/teammembership/add/", **given))
    assert "globex team" not in text(owner.open(f"metrics/teammembership/?team={there.pk}"))


def test_a_team_is_made_owned_and_joined(owner, acme):
    owner.send("metrics/team/add/", name="Core", repositories="acme/api\nacme/web", projects="")
    with acme.entered():
        team = Team.objects.get()
        owned = sorted(team.patterns.values_list("pattern", flat=True))
    assert owned == ["acme/api", "acme/web"]
    given = {"team": str(team.pk), "person": "Ada@X.example", "is_primary": "on"}
    owner.send("metrics/teammembership/add/", **given)
    with acme.entered():
        joined = TeamMembership.objects.get()
    assert (joined.person, joined.since) == ("ada@x.example", None)
    given = {"until_0": "2026-02-01", "until_1": "00:00", "is_primary": "on"}
    owner.send(f"metrics/teammembership/{joined.pk}/change/", **given)
    with acme.entered():
        assert str(TeamMembership.objects.get().until) == "2026-02-01 00:00:00+00:00"
    owner.send(f"metrics/team/{team.pk}/change/", name="Kernel", repositories="", projects="K")
    with acme.entered():
        assert list(Team.objects.values_list("name", "patterns__pattern")) == [("Kernel", "k")]
    owner.send(f"metrics/team/{team.pk}/delete/", post="yes")
    assert last(acme) == "teams.delete"
    assert not LogEntry.objects.exists()


def test_of_a_change_that_is_refused_in_part_nothing_is_kept(owner, acme):
    owner.send("metrics/team/add/", name="Core", repositories="acme/api", projects="")
    owner.send("metrics/team/add/", name="Web", repositories="", projects="")
    with acme.entered():
        web = Team.objects.get(name="Web")
    given = {"name": "Renamed", "repositories": "acme/api", "projects": ""}
    page = text(owner.send(f"metrics/team/{web.pk}/change/", **given))
    assert "take it from them first" in page
    with acme.entered():
        assert Team.objects.get(pk=web.pk).name == "Web"


def test_an_identity_is_named_and_linked(owner, acme, globex):
    acme.write([ADA])
    page = text(owner.open("identities/?q=lovelace"))
    assert "ada@example.com" in page
    path = f"identities/{ADA.author_id}/"
    assert globex.owner.email not in text(owner.open(path))
    user = str(owner.person.user.pk)
    owner.send(path, name="Ada L.", user=user)
    with acme.entered():
        person = Person.objects.get()
    assert (person.name, str(person.user_id)) == ("Ada L.", user)
    assert "Select a valid choice" in text(owner.send(path, name="", user=str(globex.owner.pk)))


def test_an_identity_of_globex_is_not_found(owner, globex):
    globex.write([GRACE])
    assert owner.open(f"identities/{GRACE.author_id}/").status_code == 404
    assert "grace@" not in text(owner.open("identities/"))


def test_a_suggestion_is_accepted_or_declined(owner, acme):
    acme.write([ADA, HOME])
    page = text(owner.open("identities/suggestions/"))
    ids = re.findall(r'name="author_id" value="([^"]+)"', page)
    assert len(ids) == 2
    owner.post("/admin/identities/suggestions/", {"author_id": ids, "decline": "1"})
    assert last(acme) == "identities.dismiss"
    assert "author_id" not in text(owner.open("identities/suggestions/"))
    owner.post("/admin/identities/suggestions/", {"author_id": ids, "accept": "1"})
    assert last(acme) == "identities.merge"


def test_nobody_is_merged_by_what_is_no_id(owner, acme):
    owner.open("identities/suggestions/")
    given = {"author_id": ["x", "y"], "accept": "1"}
    page = owner.post("/admin/identities/suggestions/", given)
    assert "Two identities at least." in text(page)


def test_of_two_who_change_the_settings_one_is_told(owner, acme):
    page = text(owner.open("directory/settings/"))
    version = re.search(r'name="version" value="([^"]+)"', page)[1]
    given = {"opens": "08:00", "closes": "17:00", "timezone": "UTC", "privacy_threshold": "6"}
    owner.post("/admin/directory/settings/", given | {"bot_patterns": "ci-*", "version": version})
    with acme.entered():
        stored = DirectorySettings.objects.get()
    assert (stored.privacy_threshold, stored.bot_patterns) == (6, ["ci-*"])
    stale = given | {"privacy_threshold": "9", "version": version}
    assert "changed since you read it" in text(owner.post("/admin/directory/settings/", stale))


def test_what_a_bot_pattern_would_change_is_told_and_not_done(owner, acme):
    page = text(owner.open("directory/settings/"))
    version = re.search(r'name="version" value="([^"]+)"', page)[1]
    given = {"opens": "09:00", "closes": "17:00", "timezone": "UTC", "privacy_threshold": "5"}
    given |= {"bot_patterns": "ci-*", "version": version, "preview": "1"}
    page = text(owner.post("/admin/directory/settings/", given))
    assert "What it would change" in page
    with acme.entered():
        assert not DirectorySettings.objects.filter(bot_patterns=["ci-*"]).exists()


def test_a_zone_that_is_none_is_told_at_its_field(owner):
    page = text(owner.open("directory/settings/"))
    version = re.search(r'name="version" value="([^"]+)"', page)[1]
    given = {"opens": "08:00", "closes": "17:00", "timezone": "Mars", "privacy_threshold": "6"}
    page = text(owner.post("/admin/directory/settings/", given | {"version": version}))
    assert 'class="wrong"' in page


@pytest.mark.parametrize(
    "path",
    [
        "pipeline/syncconfig/",
        "pipeline/syncrun/",
        "pipeline/backfilljob/",
        "pipeline/syncwatermark/",
        "metrics/team/",
        "metrics/teammembership/",
        "",
    ],
)
def test_a_list_asks_as_often_for_thirty_rows_as_for_three(owner, acme, path):
    numbers = []
    for rows in (3, 27):
        for number in range(rows):
            config = sync_config(acme)
            run_of(acme, config)
            backfill_job(acme, config)
            with acme.entered():
                config.watermarks.create(source="s", target="git", synced_through=config.created_at)
                team = Team.objects.create(name=f"{rows} {number}")
                TeamMembership.objects.create(team=team, person="ada@x.example")
        owner.open(path)
        with CaptureQueriesContext(connection) as captured:
            assert owner.open(path).status_code == 200
        numbers.append(len(captured))
    assert numbers[0] == numbers[1]
