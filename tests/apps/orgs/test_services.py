from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tenants.utils import schema_exists

from apps.errors import BadRequest, Conflict, Forbidden, NotFound, Unauthorized
from apps.orgs import services
from apps.orgs.models import (
    ApiToken,
    AuditEntry,
    Domain,
    Membership,
    Organization,
    Role,
    Scope,
    User,
)
from apps.orgs.operations import Operation

READ = Operation("things.read", Role.VIEWER, Scope.METRICS_READ)


def queries_of(act):
    """What an act asks of the database, search paths apart."""
    with CaptureQueriesContext(
        connection,
    ) as captured:
        act()
    return [each["sql"] for each in captured if not each["sql"].startswith("SET search_path")]


def test_nobody_gets_a_token_of_an_organisation_that_they_are_no_member_of(acme, globex):
    with pytest.raises(NotFound):
        services.issue_token(acme.organization, by=globex.owner, name="mine")


def test_nobody_revokes_another_organisations_token(acme, globex):
    with pytest.raises(NotFound):
        services.revoke_token(acme.token.id, organization=globex.organization)


def test_a_member_who_left_is_nobody(acme):
    Membership.objects.filter(user=acme.owner).delete()
    with pytest.raises(Unauthorized):
        services.authenticate(acme.text)


def test_a_person_who_was_switched_off_is_nobody(acme):
    User.objects.filter(id=acme.owner.id).update(is_active=False)
    with pytest.raises(Unauthorized):
        services.authenticate(acme.text)


def test_a_token_needs_the_scope(acme):
    _, text = services.issue_token(acme.organization, by=acme.owner, name="none", scopes=())
    with pytest.raises(Forbidden):
        services.authenticate(text).require(READ)


def test_an_unknown_scope_is_refused(acme):
    with pytest.raises(BadRequest):
        services.issue_token(acme.organization, by=acme.owner, name="all", scopes=["*"])


def test_only_a_digest_is_kept(acme):
    kept = ApiToken.objects.filter(id=acme.token.id).values().get()
    assert acme.text[12:] not in str(kept)


def test_a_new_token_is_in_the_audit_log_without_its_text(acme):
    token, text = services.issue_token(acme.organization, by=acme.owner, name="ci")
    entry = AuditEntry.objects.get(target=f"token:{token.pk}")
    assert (entry.action, entry.user_id) == ("tokens.create", acme.owner.pk)
    assert entry.after["scopes"] == ["metrics:read"]
    assert text[12:] not in str(entry.after)


def test_a_revoked_token_is_in_the_audit_log(acme):
    token, _ = services.issue_token(acme.organization, by=acme.owner, name="ci")
    services.revoke_token(token.pk, organization=acme.organization, by=acme.owner)
    entry = AuditEntry.objects.get(action="tokens.revoke", target=f"token:{token.pk}")
    assert entry.before == entry.after | {"revoked_at": None}


def test_a_token_is_known_by_one_query(acme):
    services.authenticate(acme.text)
    assert len(queries_of(lambda: services.authenticate(acme.text))) == 1


def test_a_typo_asks_nothing_of_the_database(acme):
    def mistype():
        with pytest.raises(Unauthorized):
            services.authenticate(acme.text[:-1])

    assert queries_of(mistype) == []


def test_use_is_noted_once_a_minute(acme):
    services.authenticate(acme.text)
    first = ApiToken.objects.get(id=acme.token.id).last_used_at
    services.authenticate(acme.text)
    assert ApiToken.objects.get(id=acme.token.id).last_used_at == first


def test_use_is_noted_again_after_a_minute(acme):
    before = timezone.now() - timedelta(minutes=2)
    ApiToken.objects.filter(id=acme.token.id).update(last_used_at=before)
    services.authenticate(acme.text)
    assert ApiToken.objects.get(id=acme.token.id).last_used_at > before


def test_an_organisation_has_a_schema_named_after_its_id(acme):
    assert acme.organization.schema_name == f"org_{acme.organization.id.hex}"
    assert schema_exists(acme.organization.schema_name)


def test_a_slug_may_change_and_the_schema_stays(acme):
    renamed = Organization.objects.get(id=acme.organization.id)
    renamed.slug = "acme-corp"
    renamed.save()
    assert Organization.objects.get(slug="acme-corp").schema_name == acme.organization.schema_name


@pytest.mark.parametrize("slug", ["", "www", "Upper", "-x", "x-", "a.b", "x" * 64, "ä"])
def test_what_is_no_host_name_is_refused(db, slug):
    with pytest.raises(BadRequest):
        services.require_free(slug)


def test_a_slug_is_given_once(acme):
    with pytest.raises(Conflict):
        services.create_organization("A", "acme", owner_email="a@b.example", password=None)


def test_ensuring_twice_gives_the_same(acme):
    again = services.ensure_organization("A", "acme", owner_email="a@b.example", password=None)
    assert again == acme.organization


def test_an_organisation_is_made_whole_or_not_at_all(acme):
    Domain.objects.create(domain="initech.localhost", tenant=acme.organization)
    with pytest.raises(IntegrityError), transaction.atomic():
        services.create_organization("I", "initech", owner_email="b@i.example", password=None)
    assert not Organization.objects.filter(slug="initech").exists()
    assert set(_schemas()) == {f"org_{each.id.hex}" for each in Organization.objects.all()}


def test_a_known_owner_keeps_the_password(acme):
    made = services.create_organization(
        "Umbrella", "umbrella", owner_email=acme.owner.email.upper(), password="another one"
    )
    owner = made.memberships.get().user
    assert owner == acme.owner
    assert owner.check_password("correct horse")


def test_what_an_operator_makes_is_in_its_audit_log_by_nobodys_hand(acme):
    made = services.create_organization("U", "umbrella", owner_email="o@u.example", password=None)
    entry = AuditEntry.objects.get(organization=made)
    assert (entry.action, entry.user_id, entry.token_id) == ("organizations.create", None, None)
    assert entry.after["owner"] == str(made.memberships.get().user_id)


def test_addresses_differ_by_more_than_case(acme):
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user(acme.owner.email.upper())


def test_an_address_in_upper_case_cannot_be_stored(db):
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.bulk_create([User(id=uuid4(), email="A@b.example")])


def _schemas():
    with connection.cursor() as cursor:
        cursor.execute("select nspname from pg_namespace where nspname like 'org\\_%'")
        return [name for (name,) in cursor.fetchall()]
