"""One organisation in a file, and a new one out of it that has the same."""

import gzip
import io
import json
import tarfile
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, models
from django_tenants.utils import schema_exists, tenant_context

from apps.errors import Conflict, Unprocessable
from apps.integrations.models import Credential
from apps.metrics.store import store
from apps.orgs.models import AuditEntry, Invitation, Membership, Organization, User
from apps.pipeline.archives import container, exporting, restoring, tables
from apps.pipeline.models import SyncConfig, SyncRun
from apps.queue.models import WorkUnit
from devhealth.errors import Transient
from devhealth.sinks.bound import SqlSink
from devhealth.sinks.tables import CLASSES
from tests import work
from tests.isolation import world as worlds
from tests.isolation.account_rows import KEPT
from tests.isolation.marks import ACME
from tests.isolation.tenant_rows import tenant_models

pytestmark = pytest.mark.jobs

NEW = "restored"
STORES = ("postgresql", "sqlite", "clickhouse")


def furnish(django_db_blocker):
    with django_db_blocker.unblock():
        store().migrate()
        made = worlds.create_world()
        yield made.acme
        forget(NEW)
        worlds.forget(made)


def forget(slug):
    connection.set_schema_to_public()
    for each in Organization.objects.filter(slug=slug):
        store().for_org(each.id).erase()
        each.delete(force_drop=True)


@pytest.fixture(params=STORES)
def acme(request, tmp_path, tenants, django_db_blocker, settings):
    """With two rows of every table, in one of the stores."""
    if request.param == "sqlite":
        settings.DATABASE_URI = f"sqlite:///{tmp_path / 'facts.db'}"
    if request.param == "clickhouse":
        settings.DATABASE_URI = request.getfixturevalue("clickhouse")
    yield from furnish(django_db_blocker)


@pytest.fixture
def one(tenants, django_db_blocker):
    """The same in PostgreSQL alone."""
    yield from furnish(django_db_blocker)


def exported(tenant):
    written = io.BytesIO()
    exporting.export(tenant.organization, written)
    written.seek(0)
    return written


def restored(archive, slug=NEW):
    return restoring.restore(archive, slug=slug, name="")


def facts(organization):
    sink = store().for_org(organization.id)
    return {cls.table: sink.read(cls).drop(cls.version).sort(*cls.key) for cls in CLASSES}


def rows(organization):
    """Of its schema; which unit of work did something, and what was under way, apart."""
    found = {}
    with tenant_context(organization):
        for model in set(tenant_models()) - {Credential}:  # a secret
            found[model._meta.label] = sorted(
                str({name: cell for name, cell in row.items() if name not in APART})
                for row in model.objects.values()
            )
    return found


APART = {"work_unit_id", "state", "error", "finished_at"}


# --- the same ------------------------------------------------------------------------------------


def test_facts_and_metrics_of_the_new_one_equal_those_of_the_old_one(acme):
    before = facts(acme.organization)
    made = restored(exported(acme))
    after = facts(made)
    assert {name: each.height for name, each in after.items()} == dict.fromkeys(before, 2)
    assert [name for name in before if not before[name].equals(after[name])] == []


def test_its_schema_holds_the_same_rows(one):
    made = restored(exported(one))
    assert rows(made) == rows(one.organization)
    assert made.id != one.organization.id


def test_the_old_one_is_as_it_was(one):
    before = rows(one.organization), facts(one.organization)
    restored(exported(one))
    after = rows(one.organization), facts(one.organization)
    assert before[0] == after[0]
    assert all(before[1][name].equals(after[1][name]) for name in before[1])


def test_people_are_members_by_their_addresses(one):
    made = restored(exported(one))
    of = {
        each: set(
            Membership.objects.filter(organization=each).values_list("user", "role", "created_at")
        )
        for each in (one.organization, made)
    }
    assert of[made] == of[one.organization]


def test_who_is_not_known_here_is_made_without_a_password(one):
    archive = exported(one)
    old = User.objects.get(email=f"sam@{ACME}.example")
    with tenant_context(one.organization):
        SyncConfig.objects.update(created_by=old.id)
    archive = exported(one)
    old.delete()
    made = restored(archive)
    new = User.objects.get(email=f"sam@{ACME}.example")
    assert not new.has_usable_password()
    with tenant_context(made):
        assert set(SyncConfig.objects.values_list("created_by", flat=True)) == {new.id}


def test_invitations_are_open_and_their_links_are_not(one):
    made = restored(exported(one))
    columns = ("email", "role", "created_at", "expires_at", "invited_by_id")
    old, new = (
        list(Invitation.objects.filter(organization=each).order_by("email").values_list(*columns))
        for each in (one.organization, made)
    )
    assert old == new
    assert set(Invitation.objects.filter(organization=made).values_list("digest", flat=True)) == {
        None
    }


def test_its_audit_log_comes_along_and_says_so(one):
    made = restored(exported(one))
    columns = ("at", "action", "target", "user_id", "before", "after")
    old, new = (
        list(AuditEntry.objects.filter(organization=each).order_by("at", "action").values(*columns))
        for each in (one.organization, made)
    )
    assert [each for each in old if each not in new] == []
    assert {each["action"] for each in new if each not in old} == {
        "organization.suspend",
        "organization.resume",
    }


def test_nothing_is_under_way_and_what_is_planned_is_planned_anew(one):
    with tenant_context(one.organization):
        SyncConfig.objects.update(schedule_cron="0 3 * * *", is_active=True)
        config = SyncConfig.objects.first()
        SyncRun.objects.filter(config=config).delete()
        SyncRun.objects.create(config=config, trigger="manual")
    made = restored(exported(one))
    with tenant_context(made):
        run = SyncRun.objects.get(config_id=config.id)
        assert (run.state, run.error) == ("canceled", restoring.CUT)
    planned = WorkUnit.objects.filter(organization_id=made.id, state="pending")
    assert {"pipeline.schedule", "pipeline.daily", "pipeline.compute"} <= set(
        planned.values_list("actor", flat=True)
    )


def test_states_are_guarded_again(one):
    made = restored(exported(one))
    with tenant_context(made), pytest.raises(Exception, match="begins as pending"):
        SyncRun.objects.create(config=SyncConfig.objects.first(), trigger="x", state="running")


def test_every_plain_id_of_the_tenants_tables_is_known_to_be_a_persons_or_not():
    others = {"first_id", "second_id", "membership_id", "scope_id"}
    named = {
        field.attname
        for model in tables.tenant_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.UUIDField) and not field.primary_key
    }
    assert named - others <= tables.PERSON


# --- nothing else --------------------------------------------------------------------------------


def texts(archive):
    """Whatever stands in it, unpacked."""
    archive.seek(0)
    with tarfile.open(fileobj=archive) as tar:
        for name in tar.getnames():
            content = tar.extractfile(name).read()
            yield name, (gzip.decompress(content) if name.endswith(".gz") else content).decode()


def test_no_secret_and_nobody_elses_row_is_in_it(one):
    told = "\n".join(text for _, text in texts(exported(one)))
    kept = [KEPT[ACME][name] for name in ("secret", "access_token", "refresh_token")]
    sent = Invitation.objects.filter(organization=one.organization)
    digests = [one.token.digest, *sent.values_list("digest", flat=True)]
    passwords = User.objects.values_list("password", flat=True)
    others = ["globex", f"{ACME}-stripecustomer-customer_id"]
    secrets = [one.text, *kept, *digests, *passwords, *others]
    assert [each for each in secrets if each in told] == []


def test_the_manifest_says_what_is_in_it_and_what_not(one):
    told = dict(texts(exported(one)))
    manifest = json.loads(told.pop("manifest.json"))
    rows_of = {each["name"]: each["rows"] for each in manifest["members"]}
    assert rows_of == {name: text.count("\n") for name, text in told.items()}
    assert manifest["left_out"].keys() >= {
        "API tokens, sessions, refresh tokens",
        "password hashes",
    }


# --- half an archive -----------------------------------------------------------------------------


def is_nothing():
    return not Organization.objects.filter(slug=NEW).exists()


@pytest.mark.parametrize("share", [0, 0.01, 0.3, 0.7, 0.9])
def test_one_that_was_cut_restores_nothing(one, share):
    whole = exported(one).getvalue()
    with tarfile.open(fileobj=io.BytesIO(whole)) as tar:
        last = tar.getmember(container.MANIFEST)
    end = last.offset_data + last.size  # zeros follow, up to a whole record of the tape
    with pytest.raises(Unprocessable):
        restored(io.BytesIO(whole[: int(end * share)]))
    assert is_nothing()


def test_one_in_which_a_byte_is_another_restores_nothing(one):
    whole = bytearray(exported(one).getvalue())
    with tarfile.open(fileobj=io.BytesIO(bytes(whole))) as tar:
        place = tar.getmember("facts/commits.ndjson.gz").offset_data + 40
    whole[place] ^= 1
    with pytest.raises(Unprocessable, match=r"facts/commits.ndjson.gz is not what it was"):
        restored(io.BytesIO(bytes(whole)))
    assert is_nothing()


def test_one_of_a_newer_release_restores_nothing(one):
    written = io.BytesIO()
    with container.writing(written) as archive:
        archive.add("facts/moods_daily", ['{"mood": 1}\n'])
        archive.finish({"organization": {"name": "x"}})
    written.seek(0)
    with pytest.raises(Unprocessable, match="newer release"):
        restored(written)
    assert is_nothing()


def test_what_fails_in_between_is_deleted(one, monkeypatch):
    archive, put, seen = exported(one), SqlSink.write, []

    def fail(self, rows, cls=None):
        seen.append(self.org_id)
        if len(seen) == 9:
            raise Transient("the store is gone")
        return put(self, rows, cls)

    monkeypatch.setattr("devhealth.sinks.postgres.PostgresSink.write", fail)
    with pytest.raises(Transient):
        restored(archive)
    monkeypatch.undo()
    made = Organization.objects.get(slug=NEW)
    assert made.suspended_at
    work.run_all("sync")
    assert is_nothing()
    assert not schema_exists(made.schema_name)
    assert set(seen) & set(store().orgs()) == set()


def test_a_slug_that_is_taken_is_taken(one):
    with pytest.raises(Conflict):
        restored(exported(one), slug=ACME)
    assert facts(one.organization)["commits"].height == 2


# --- by command ----------------------------------------------------------------------------------


def test_staff_export_and_restore_by_command(one, tmp_path):
    path = tmp_path / "acme.tar"
    call_command("export_organization", ACME, "--to", str(path), stderr=StringIO())
    assert path.stat().st_mode & 0o777 == 0o600
    out = StringIO()
    call_command("restore_organization", str(path), "--slug", NEW, "--name", "Anew", stdout=out)
    made = Organization.objects.get(slug=NEW)
    assert (made.name, made.suspended_at) == ("Anew", None)
    assert str(made.id) in out.getvalue()


def test_a_file_that_is_none_is_said_to_be(one, tmp_path):
    with pytest.raises(CommandError, match="No such file"):
        call_command("restore_organization", str(tmp_path / "none"), "--slug", NEW)
    (tmp_path / "text").write_text("x" * 2000)
    with pytest.raises(CommandError, match="no archive"):
        call_command("restore_organization", str(tmp_path / "text"), "--slug", NEW)
