"""Founding an organisation: at once a row, then its tables, and only then does it open."""

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django_tenants.utils import schema_exists

from apps.billing import services as billing
from apps.billing.tiers import TEAM
from apps.errors import Conflict
from apps.orgs import founding, schemas, services, sessions
from apps.orgs.models import AuditEntry, Membership, Organization, User
from apps.queue import actors
from apps.queue import services as queue
from apps.queue.models import WorkUnit
from devhealth.models.states import State
from tests import work
from tests.apps.orgs.people import PASSWORD, join, told
from tests.tenants import client, in_threads, send


@pytest.fixture
def founders(committed):
    """Whatever is founded in the test is gone afterwards."""
    yield
    connection.set_schema_to_public()
    for each in Organization.objects.filter(slug__startswith="new-"):
        with connection.cursor() as cursor:
            cursor.execute(f"drop schema if exists {each.schema_name} cascade")
        each.delete()
    User.objects.filter(email__endswith="@founders.example").delete()


@pytest.fixture
def grace(founders):
    return User.objects.create_user("grace@founders.example", PASSWORD)


def found(grace, slug="new-home", name="New Home"):
    return founding.found(name, slug, by=grace).organization


def on_its_host(path="/api/v1/me", slug="new-home"):
    return client(f"{slug}.localhost").get(path)


def step_of(organization, person):
    founded = founding.of_person(organization.pk, person)
    return str(founded.step), founded.detail


# --- by REST -------------------------------------------------------------------------------------


@pytest.fixture
def session(acme, unhurried):
    """A person of acme's who has logged in, and whose address is theirs."""
    person = join(acme).user
    return client(
        Authorization=f"Bearer {sessions.log_in(person.email, PASSWORD, None, address='t').access}"
    )


def ask(who, **body):
    return send(who, "POST", "organizations", {"name": "New Home", "slug": "new-home"} | body)


def test_a_stranger_founds_nothing(stranger):
    assert ask(stranger).status_code == 401


def test_an_api_token_founds_nothing(acme):
    assert told(ask(acme.client())) == (403, "no_session")


def test_an_organisations_own_host_founds_none(session):
    session.defaults["SERVER_NAME"] = "acme.localhost"
    assert told(ask(session)) == (404, "not_on_this_host")


def test_it_is_accepted_and_says_where_to_ask_how_far_it_is(session):
    answer = ask(session)
    assert (answer.status_code, answer["Retry-After"]) == (202, "2")
    assert answer.json()["step"] == "queued"
    read = session.get(answer["Location"])
    assert (read.json(), read["Retry-After"]) == (answer.json(), "2")


def test_mallory_of_globex_learns_nothing_of_it(session, globex):
    path = ask(session)["Location"]
    assert told(globex.client().get(path)) == (404, "not_found")


def test_an_api_token_is_told_of_its_own_only(acme, globex):
    assert acme.get(f"organizations/{acme.organization.pk}").json()["step"] == "ready"
    join_too = Membership.objects.create(
        organization=globex.organization, user=acme.owner, role="owner"
    )
    assert acme.get(f"organizations/{join_too.organization_id}").status_code == 404


@pytest.mark.parametrize(
    ("slug", "refusal"),
    [
        ("acme", (409, "slug_taken")),
        ("admin", (400, "invalid_slug")),
        ("New", (400, "invalid_slug")),
        ("a.b", (400, "invalid_slug")),
    ],
)
def test_a_slug_must_be_free_and_a_host_name(session, slug, refusal):
    assert told(ask(session, slug=slug)) == refusal


def test_a_key_founds_one(session):
    asked = [
        send(
            session,
            "POST",
            "organizations",
            {"name": "New Home", "slug": "new-home"},
            **{"Idempotency-Key": "once and for all"},
        )
        for _ in range(2)
    ]
    assert asked[0].json() == asked[1].json()


# --- who may -------------------------------------------------------------------------------------


def test_an_address_that_nobody_has_confirmed_founds_nothing(session):
    EmailAddress.objects.update(verified=False)
    assert told(ask(session)) == (403, "email_not_verified")


def test_another_address_that_is_confirmed_does_not_stand_for_it(session):
    theirs = EmailAddress.objects.exclude(email__startswith="olga@")
    theirs.update(email="other@founders.example")
    assert told(ask(session)) == (403, "email_not_verified")


def test_the_sixth_that_pays_nothing_is_refused(session):
    for number in range(billing.MOST_UNPAID):
        assert ask(session, slug=f"new-{number}").status_code == 202
    assert told(ask(session)) == (402, "organization_limit")
    billing.set_tier(Organization.objects.get(slug="new-0"), TEAM, by="tests")
    assert ask(session).status_code == 202


def test_those_of_which_one_is_no_owner_do_not_count(session):
    for number in range(billing.MOST_UNPAID):
        ask(session, slug=f"new-{number}")
    Membership.objects.filter(organization__slug="new-0").update(role="admin")
    assert ask(session).status_code == 202


def test_the_eleventh_of_a_day_is_refused(session, monkeypatch):
    monkeypatch.setattr(billing, "MOST_UNPAID", 100)
    for number in range(founding.MOST_A_DAY):
        assert ask(session, slug=f"new-{number}").status_code == 202
    refused = ask(session)
    assert told(refused) == (429, "too_many_organizations")
    assert int(refused["Retry-After"]) > 80_000


# --- its tables ----------------------------------------------------------------------------------


def test_it_opens_once_its_tables_are_made(grace):
    organization = found(grace)
    assert not schema_exists(organization.schema_name)
    assert step_of(organization, grace) == ("queued", "")
    work.run_all("webhooks")
    assert step_of(organization, grace) == ("ready", "")
    assert on_its_host().status_code == 401
    _, text = services.issue_token(
        organization, by=grace, name="first", scopes=("organization:read", "directory:read")
    )
    assert client(Authorization=f"Bearer {text}").get("/api/v1/teams").status_code == 200


def test_until_then_its_host_answers_nobody(grace):
    found(grace)
    refused = on_its_host()
    assert told(refused) == (503, "organization_not_ready")
    assert refused["Retry-After"] == "2"


def test_until_then_its_tokens_open_nothing(grace):
    _, text = services.issue_token(found(grace), by=grace, name="early")
    refused = client(Authorization=f"Bearer {text}").get("/api/v1/me")
    assert told(refused) == (503, "organization_not_ready")


def test_until_then_nobody_logs_in_there_but_elsewhere(grace, unhurried):
    organization = found(grace)
    body = {"email": grace.email, "password": PASSWORD}
    assert told(send(client(), "POST", "auth/login", body)) == (503, "organization_not_ready")
    other = founding.found("Later", "new-later", by=grace).organization
    work.run_all("webhooks")
    Organization.objects.filter(pk=organization.pk).update(ready_at=None)
    opened = send(client(), "POST", "auth/login", body)
    assert opened.json()["user"]["org_id"] == str(other.pk)


def test_until_then_its_other_work_waits_outside(grace):
    organization, seen = found(grace), []
    with work.actor("tests.body", lambda _: seen.append(connection.schema_name)):
        added = queue.add("tests.body", organization.pk)
        work.run_all("sync")
        assert (seen, work.units(id=added)[0].state) == ([], "pending")
        work.run_all("webhooks")
        work.make_due()
        work.run_all("sync")
    assert seen == [organization.schema_name]


def test_its_audit_log_begins_with_it(grace):
    organization = found(grace)
    entry = AuditEntry.objects.filter(organization=organization).earliest("at")
    assert (entry.action, entry.user_id) == ("organizations.create", grace.pk)
    assert entry.after == {"name": "New Home", "slug": "new-home", "owner": str(grace.pk)}


class Killed(BaseException):
    """As good as `kill -9`: nobody catches it."""


def test_whoever_is_killed_among_the_tables_leaves_none_and_the_next_one_makes_all(
    grace, monkeypatch
):
    organization = found(grace)
    create = schemas.create

    def killed(schema):
        create(schema)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(schemas, "create", killed)
        with pytest.raises(Killed):
            work.run_all("webhooks")
    assert not schema_exists(organization.schema_name)
    assert step_of(organization, grace)[0] == "making_tables"
    work.take_back()
    work.run_all("webhooks")
    assert step_of(organization, grace) == ("ready", "")


def test_made_twice_it_is_made_once(grace):
    organization = found(grace)
    work.run_all("webhooks")
    ready_at = Organization.objects.get(pk=organization.pk).ready_at
    queue.add(founding.ACTOR, organization.pk)
    work.run_all("webhooks")
    assert set(work.states(organization_id=organization.pk)) == {"completed"}
    assert Organization.objects.get(pk=organization.pk).ready_at == ready_at


def test_what_failed_says_so_and_is_tried_again(grace, monkeypatch):
    organization = found(grace)

    def failing(schema):
        raise RuntimeError("no room")

    with monkeypatch.context() as patched:
        patched.setattr(schemas, "create", failing)
        for _ in range(actors.MOST_STARTS):
            work.run_all("webhooks")
            work.make_due()
    step, detail = step_of(organization, grace)
    assert (step, actors.UNFORESEEN in detail) == ("failed", True)
    assert str(founding.try_again(organization.pk, grace).step) == "queued"
    work.run_all("webhooks")
    assert step_of(organization, grace) == ("ready", "")


def test_what_is_under_way_is_not_begun_again(grace):
    organization = found(grace)
    founding.try_again(organization.pk, grace)
    assert work.states(organization_id=organization.pk) == [State.PENDING]


def test_what_failed_so_long_ago_that_it_is_forgotten_can_be_tried_again(grace):
    organization = found(grace)
    WorkUnit.objects.all().delete()
    assert step_of(organization, grace)[0] == "failed"
    assert str(founding.try_again(organization.pk, grace).step) == "queued"


def test_of_eight_at_once_of_one_slug_one_is_told_yes(founders):
    people = [User.objects.create_user(f"p{number}@founders.example") for number in range(8)]

    def ask_for_it(number):
        try:
            return [founding.found("New", "new-only", by=people[number]).role]
        except Conflict as error:
            return [error.code]

    answers = in_threads(ask_for_it)
    assert sorted(answers) == sorted(["owner"] + 7 * ["slug_taken"])
    assert Membership.objects.filter(organization__slug="new-only").count() == 1


def test_of_eight_at_once_by_one_person_five_are_made(grace):
    def ask_for_it(number):
        try:
            return [founding.found("New", f"new-{number}", by=grace).role]
        except billing.PaymentRequired as error:
            return [error.code]

    assert in_threads(ask_for_it).count("owner") == billing.MOST_UNPAID


def test_an_operators_is_ready_at_once(tenants):
    assert all(each.organization.ready_at for each in tenants.values())


@pytest.mark.parametrize(
    ("name", "slug"),
    [("Acme & Sons, Ltd.", "acme-sons-ltd"), ("Ünïcode_1", "unicode-1"), ("株式会社", "")],
)
def test_a_slug_is_suggested(name, slug):
    assert founding.suggested_slug(name) == slug


def test_a_suggestion_is_a_host_name():
    for name in ("-" * 80, "a" * 80, f"{'a' * 62} b", "_x_", "A  b"):
        suggested = founding.suggested_slug(name)
        assert not suggested or services.SLUG.fullmatch(suggested)
