"""People, who may be in several organisations, and what proves who they are."""

import pytest

from apps.orgs.models import Invitation, Membership, Organization, Role, Scope, User
from apps.orgs.services import add_member
from tests.isolation.account_rows import KEPT, owner_of, password_of
from tests.isolation.answers import told
from tests.isolation.marks import ACME, GLOBEX, leaks
from tests.tenants import client, send

pytestmark = pytest.mark.isolation


def problem_of(answer):
    return answer.status_code, answer.json()["code"]


def bearer(text, host="localhost"):
    return client(host, Authorization=f"Bearer {text}")


def logged_in(slug):
    """The owner, by the access token of a session."""
    return bearer(KEPT[slug]["access_token"])


def log_in(slug, password, **more):
    body = {"email": owner_of(slug), "password": password, **more}
    return send(client(), "POST", "auth/login", body)


def refresh(text, by=None):
    return send(by or client(), "POST", "auth/refresh", {"refresh_token": text})


def accept(by, **body):
    return send(by, "POST", "invitations/accept", {"secret": KEPT[ACME]["secret"], **body})


def people_of(tenant):
    members = Membership.objects.filter(organization=tenant.organization.id)
    return set(members.values_list("user__email", flat=True))


@pytest.fixture
def both(world):
    """Globex's owner, who is acme's viewer as well."""
    add_member(world.acme.organization, world.globex.owner, Role.VIEWER)
    return world


# --- invitations ---------------------------------------------------------------------------------


def test_globex_joins_acme_by_no_invitation_of_acmes(world):
    before = people_of(world.acme)
    answers = [
        accept(world.globex.client()),
        accept(logged_in(GLOBEX), password=password_of(GLOBEX)),
        accept(world.globex.client(), name="Globex", password="another battery staple"),
    ]
    assert {problem_of(each) for each in answers} == {(403, "other_address")}
    for each in answers:
        assert leaks(told(each), world.secrets(world.acme)) == []
    assert people_of(world.acme) == before


def test_an_address_that_has_an_account_is_asked_for_its_own_password(world):
    """Of the one who was invited: the secret alone makes nobody somebody who is known."""
    User.objects.create_user(KEPT[ACME]["invited"], password_of(ACME))
    answer = accept(client(), password=password_of(GLOBEX))
    assert problem_of(answer) == (401, "wrong_credentials")


def test_the_secret_opens_its_own_organisation_to_its_own_address(world):
    before = people_of(world.globex)
    answer = accept(client(), name="Ada", password="another battery staple")
    assert (answer.status_code, answer.json()["slug"]) == (201, ACME)
    assert KEPT[ACME]["invited"] in people_of(world.acme)
    assert people_of(world.globex) == before


def test_one_address_is_invited_by_both_and_neither_is_told(world):
    invited = {"email": KEPT[ACME]["invited"], "role": "member"}
    answer = world.globex.send("POST", "invitations", invited)
    assert answer.status_code == 201
    assert leaks(told(answer), world.secrets(world.acme), [invited["email"]]) == []
    assert Invitation.objects.filter(email=invited["email"]).count() == 2


# --- sessions ------------------------------------------------------------------------------------


def test_nobody_logs_in_to_an_organisation_that_is_not_theirs(world):
    answer = log_in(GLOBEX, password_of(GLOBEX), org_id=KEPT[ACME]["org_id"])
    assert problem_of(answer) == (404, "unknown_organization")
    assert leaks(told(answer), world.secrets(world.acme)) == []


@pytest.mark.parametrize(("slug", "other"), [(ACME, GLOBEX), (GLOBEX, ACME)])
def test_a_session_switches_to_no_organisation_of_others(world, slug, other):
    body = {"org_id": KEPT[other]["org_id"]}
    answer = send(logged_in(slug), "POST", "auth/switch-org", body)
    assert problem_of(answer) == (404, "unknown_organization")
    assert logged_in(slug).get("/api/v1/auth/me").json()["org_id"] == KEPT[slug]["org_id"]


def test_a_refresh_token_stays_in_its_organisation_whoever_sends_it(world):
    """Whoever has it is acme's person, and nothing of globex's comes of it."""
    answer = refresh(KEPT[ACME]["refresh_token"], world.globex.client())
    assert answer.json()["user"]["org_id"] == KEPT[ACME]["org_id"]
    assert leaks(told(answer), world.secrets(world.globex)) == []


@pytest.mark.parametrize("name", ["access_token", "secret", "session_id"])
def test_nothing_else_of_acmes_refreshes(world, name):
    assert problem_of(refresh(KEPT[ACME][name])) == (401, "invalid_refresh_token")


@pytest.mark.parametrize("name", ["refresh_token", "secret", "token_id", "session_id"])
def test_nothing_else_of_acmes_is_a_token(world, name):
    assert bearer(KEPT[ACME][name]).get("/api/v1/me").status_code == 401
    answer = send(client(), "POST", "auth/validate", {"token": KEPT[ACME][name]})
    assert answer.json() == {"valid": False, "user": None}


def test_an_access_token_is_nothing_on_the_host_of_others(world):
    answer = bearer(KEPT[ACME]["access_token"], world.globex.host).get("/api/v1/auth/me")
    assert answer.status_code == 401
    assert leaks(told(answer), world.secrets(world.acme)) == []


def test_a_token_is_told_of_itself_only(world):
    answer = send(
        world.globex.client(), "POST", "auth/validate", {"token": KEPT[ACME]["access_token"]}
    )
    assert answer.json()["user"]["org_id"] == KEPT[ACME]["org_id"]
    assert leaks(told(answer), world.secrets(world.globex)) == []


def test_globex_logs_out_of_globex_only(world):
    assert send(logged_in(GLOBEX), "POST", "auth/logout").status_code == 204
    assert logged_in(GLOBEX).get("/api/v1/auth/me").status_code == 401
    assert logged_in(ACME).get("/api/v1/auth/me").status_code == 200


# --- who is in both ------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["organizations", "auth/me/organizations"])
def test_organisations_are_ones_own(world, path):
    answer = logged_in(GLOBEX).get(f"/api/v1/{path}")
    assert GLOBEX in told(answer)
    assert leaks(told(answer), world.secrets(world.acme)) == []


@pytest.mark.parametrize("path", ["organizations", "auth/me/organizations"])
def test_who_is_in_both_is_told_of_both_by_a_session_and_of_one_by_a_token(both, path):
    by_session, by_token = (
        told(each.get(f"/api/v1/{path}")) for each in (logged_in(GLOBEX), both.globex.client())
    )
    assert (ACME in by_session, GLOBEX in by_session) == (True, True)
    assert (ACME in by_token, GLOBEX in by_token) == (False, True)


def test_a_cursor_of_acmes_organisations_is_nothing_to_globex(both):
    add_member(both.globex.organization, both.acme.owner, Role.VIEWER)
    first = logged_in(ACME).get("/api/v1/organizations?limit=1").json()
    path = f"/api/v1/organizations?cursor={first['next_cursor']}"
    assert problem_of(logged_in(GLOBEX).get(path)) == (400, "invalid_cursor")
    assert logged_in(ACME).get(path).status_code == 200


def test_a_role_at_globex_is_no_role_at_acme(both):
    """The same person: owner there, viewer here, each session in one of both."""
    answer = send(logged_in(GLOBEX), "POST", "auth/switch-org", {"org_id": KEPT[ACME]["org_id"]})
    at_acme = bearer(answer.json()["access_token"])
    assert at_acme.get("/api/v1/me").json()["role"] == "viewer"
    assert problem_of(at_acme.get("/api/v1/invitations")) == (403, "missing_role")
    assert logged_in(GLOBEX).get("/api/v1/me").status_code == 401


def test_removed_at_acme_is_not_removed_at_globex(both):
    member = Membership.objects.get(
        organization=both.acme.organization.id, user=both.globex.owner.id
    )
    assert both.acme.send("DELETE", f"members/{member.id}").status_code == 204
    assert both.globex.get("me").json()["role"] == "owner"
    assert logged_in(GLOBEX).get("/api/v1/auth/me").status_code == 200


# --- tokens, and the organisation's name ---------------------------------------------------------


@pytest.mark.parametrize(("role", "status"), [(Role.MEMBER, 404), (Role.ADMIN, 204)])
def test_tokens_of_everybody_are_everybodys_here(world, role, status):
    """Admins see and revoke all of their organisation's, and of no other."""
    by = world.globex.asker(role, Scope)
    listed = told(by.get("/api/v1/tokens"))
    assert (KEPT[GLOBEX]["token_id"] in listed) == (status == 204)
    assert leaks(listed, world.secrets(world.acme)) == []
    assert send(by, "DELETE", f"tokens/{KEPT[ACME]['token_id']}").status_code == 404
    assert send(by, "DELETE", f"tokens/{KEPT[GLOBEX]['token_id']}").status_code == status


def test_a_slug_that_is_taken_is_not_given(world):
    """That it is taken is told to everybody by its host."""
    answer = world.globex.send("PATCH", "organization", {"slug": ACME}, If_Match="*")
    assert problem_of(answer) == (409, "slug_taken")
    assert Organization.objects.get(slug=ACME).id == world.acme.organization.id
    assert leaks(told(answer), world.secrets(world.acme), [ACME]) == []
