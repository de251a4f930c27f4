"""The stranger comes first: who is let in nowhere, and what is nobody else's."""

from uuid import UUID

import pytest

from apps.orgs.models import Scope
from tests.apps.orgs.people import join, told
from tests.tenants import send

NOBODY = str(UUID(int=7))
INVITE = {"email": "new@acme.example", "role": "member"}
TOKEN = {"name": "ci", "scopes": ["metrics:read"]}
DOORS = [
    ("GET", "members", None, "members:read"),
    ("GET", f"members/{NOBODY}", None, "members:read"),
    ("PATCH", f"members/{NOBODY}", {"role": "viewer"}, "members:write"),
    ("DELETE", f"members/{NOBODY}", None, "members:write"),
    ("GET", "invitations", None, "members:read"),
    ("POST", "invitations", INVITE, "members:write"),
    ("GET", f"invitations/{NOBODY}", None, "members:read"),
    ("DELETE", f"invitations/{NOBODY}", None, "members:write"),
    ("POST", f"invitations/{NOBODY}/resend", None, "members:write"),
    ("GET", "tokens", None, "tokens:read"),
    ("POST", "tokens", TOKEN, "tokens:write"),
    ("DELETE", f"tokens/{NOBODY}", None, "tokens:write"),
    ("GET", "organization", None, "organization:read"),
    ("PATCH", "organization", {"name": "A"}, "organization:write"),
]
PERSONAL = [
    ("GET", "me"),
    ("GET", "organizations"),
    ("POST", "auth/logout"),
    ("GET", "auth/me"),
    ("GET", "auth/me/organizations"),
    ("POST", "auth/switch-org"),
]
FOR_ADMINS = [
    each
    for each in DOORS
    if each[1].startswith("invitations") or (each[0] == "PATCH" and "members" in each[1])
]
every_door = pytest.mark.parametrize(("method", "path", "body", "scope"), DOORS)


@every_door
def test_a_stranger_is_told_no(stranger, method, path, body, scope):
    assert send(stranger, method, path, body).status_code == 401


@pytest.mark.parametrize(("method", "path"), PERSONAL)
def test_a_stranger_has_no_account(stranger, method, path):
    assert send(stranger, method, path).status_code == 401


@every_door
def test_an_owner_by_a_token_of_other_scopes_is_told_no(acme, method, path, body, scope):
    owner = join(acme, "owner", scopes=set(Scope) - {Scope(scope)})
    assert told(owner.send(method, path, body, If_Match="*")) == (403, "missing_scope")


@pytest.mark.parametrize(("method", "path", "body", "scope"), FOR_ADMINS)
@pytest.mark.parametrize("role", ["viewer", "member"])
def test_what_is_for_admins_is_for_nobody_below(acme, role, method, path, body, scope):
    assert told(join(acme, role).send(method, path, body)) == (403, "missing_role")


@pytest.mark.parametrize("role", ["viewer", "member", "admin"])
def test_only_an_owner_renames_the_organisation(acme, role):
    answer = join(acme, role).send("PATCH", "organization", {"name": "A"}, If_Match="*")
    assert told(answer) == (403, "missing_role")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [(method, path, body) for method, path, body, _ in DOORS if NOBODY in path],
)
def test_an_id_of_globexs_is_not_found(acme, globex, method, path, body):
    theirs = {
        "members": str(join(globex).membership.pk),
        "tokens": str(globex.token.pk),
        "invitations": globex.send("POST", "invitations", INVITE).json()["id"],
    }
    path = path.replace(NOBODY, theirs[path.partition("/")[0]])
    assert acme.send(method, path, body).status_code == 404


@pytest.mark.parametrize("path", ["members", "tokens", "invitations", "organizations"])
def test_lists_hold_nothing_of_globexs(acme, globex, path):
    globex.send("POST", "invitations", INVITE)
    theirs = join(globex)
    listed = acme.get(path, limit=200).content.decode()
    assert "globex" not in listed
    assert str(theirs.membership.pk) not in listed


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("invitations/accept", {"secret": "x"}),
        ("auth/login", {"email": "a@b.example", "password": "x"}),
        ("auth/refresh", {"refresh_token": "x"}),
        ("auth/validate", {"token": "x"}),
    ],
)
def test_accounts_are_asked_for_on_the_bare_host_only(acme, path, body):
    answer = send(acme.client(acme.host), "POST", path, body)
    assert told(answer) == (404, "not_on_this_host")


@every_door
def test_what_is_not_known_in_a_body_is_refused(acme, method, path, body, scope):
    if body is not None:
        answer = acme.send(method, path, body | {"is_superuser": True}, If_Match="*")
        assert told(answer) == (422, "invalid_body")
