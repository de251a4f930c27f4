from dataclasses import replace
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from apps.orgs import audit
from apps.orgs.models import ApiToken, AuditEntry, Organization, Role, Scope, User
from apps.orgs.operations import AUDIT_READ, Operation
from apps.orgs.services import authenticate
from apps.trace import traced

RENAME = Operation("things.rename", Role.ADMIN, Scope.PIPELINE_WRITE)


@pytest.fixture
def olga(acme):
    return authenticate(acme.text)


def renamed(by, before="x", after="y", **more):
    states = {"before": {"name": before, **more}, "after": {"name": after, **more}}
    return audit.record(by, RENAME, target="thing:1", **states)


def kept(entry):
    return AuditEntry.objects.get(pk=entry.pk)


def test_an_entry_says_who_did_what_to_what(olga, acme):
    entry = kept(renamed(olga))
    assert (entry.organization, entry.user_id, entry.token_id, entry.action, entry.target) == (
        acme.organization,
        acme.owner.pk,
        acme.token.pk,
        "things.rename",
        "thing:1",
    )


def test_an_entry_says_from_what_to_what(olga):
    entry = kept(renamed(olga))
    assert (entry.before, entry.after) == ({"name": "x"}, {"name": "y"})


def test_what_was_not_there_before_is_null(olga):
    entry = audit.record(olga, "things.create", target="thing:2", before=None, after={})
    assert AuditEntry.objects.filter(pk=entry.pk, before__isnull=True, after={}).exists()


def test_an_entry_names_its_request(olga):
    with traced(request_id="request-1"):
        entry = renamed(olga)
    assert kept(entry).request_id == "request-1"


def test_an_entry_without_a_request_names_none(olga):
    assert kept(renamed(olga)).request_id == ""


def test_the_console_has_no_token(olga):
    console = replace(olga, token=ApiToken(organization=olga.organization))
    assert kept(renamed(console)).token_id is None


def test_the_operator_is_no_person(acme):
    entry = audit.note(acme.organization, RENAME, target="thing:1", before=None, after={})
    assert kept(entry).user_id is None


def test_instants_ids_and_sets_can_be_told(olga, acme):
    entry = renamed(olga, id=acme.owner.pk, at=acme.owner.created_at, tags={"b", "a"})
    after = kept(entry).after
    assert (after["id"], after["tags"]) == (str(acme.owner.pk), ["a", "b"])


@pytest.mark.parametrize("name", ["token", "client_secret", "Password", "private_key", "digest"])
def test_a_secret_is_hidden_by_its_name(olga, name):
    assert kept(renamed(olga, options=[{name: "hunter2"}])).after["options"] == [{name: "***"}]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://olga:hunter2@git.example/api", "https://***@git.example/api"),
        (f"dh_{'a' * 36}", "***"),
        ("Bearer hunter2", "Bearer ***"),
        ("sk_live_51Ab, whsec_Cd09", "***, ***"),
    ],
)
def test_a_secret_is_hidden_by_its_shape(olga, text, shown):
    assert kept(renamed(olga, after=text)).after == {"name": shown}


def test_ids_of_tokens_are_no_secrets(olga):
    assert kept(renamed(olga, token_id="t1")).after["token_id"] == "t1"


def test_a_change_that_is_rolled_back_leaves_no_entry(olga):
    with transaction.atomic():
        entry = renamed(olga)
        transaction.set_rollback(True)
    assert not AuditEntry.objects.filter(pk=entry.pk).exists()


def test_no_entry_is_changed(olga):
    renamed(olga)
    with pytest.raises(IntegrityError, match="only added to"), transaction.atomic():
        AuditEntry.objects.update(action="nothing.happened")


def test_no_entry_is_deleted(olga):
    renamed(olga)
    with pytest.raises(IntegrityError, match="only added to"), transaction.atomic():
        AuditEntry.objects.all().delete()


def test_the_log_is_not_emptied(olga):
    with (
        pytest.raises(IntegrityError, match="only added to"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("truncate orgs_auditentry")


def test_an_entry_is_of_an_organisation_that_there_is(db):
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditEntry.objects.create(organization_id=uuid4(), action="x.y", target="x:1")


def test_the_log_goes_with_its_organisation(db):
    gone = Organization.objects.create(name="Initech", slug="initech")
    audit.note(gone, RENAME, target="thing:1", before=None, after={})
    Organization.objects.filter(pk=gone.pk).delete()
    assert not AuditEntry.objects.filter(organization_id=gone.pk).exists()


def test_the_log_stays_when_a_person_goes(olga, acme):
    person = User.objects.create_user("gone@acme.example")
    entry = audit.note(acme.organization, RENAME, target="t:1", before={}, after={}, user=person)
    person.delete()
    assert kept(entry).user_id is not None


def test_reading_is_for_admins():
    assert AUDIT_READ.roles == (Role.ADMIN, Role.OWNER)
