"""Members over REST."""

import pytest

from apps.orgs.models import AuditEntry, Membership
from tests.apps.orgs.people import join, told
from tests.queries import queries_of


@pytest.fixture
def ada(acme):
    return join(acme)


def owner_of(tenant):
    return Membership.objects.get(organization=tenant.organization, user=tenant.owner)


def role_of(who):
    return Membership.objects.get(id=who.membership.pk).role


def test_a_member_is_told_whole(acme, ada):
    assert acme.get(ada.path).json() | {"created_at": ""} == {
        "id": str(ada.membership.pk),
        "user_id": str(ada.user.pk),
        "email": ada.user.email,
        "name": "Ada",
        "role": "member",
        "created_at": "",
    }


def test_pages_follow_one_another(acme):
    made = [str(join(acme).membership.pk) for _ in range(3)]
    first = acme.get("members", limit=2).json()
    second = acme.get("members", limit=2, cursor=first["next_cursor"]).json()
    listed = [each["id"] for each in first["items"] + second["items"]]
    assert listed == [*reversed(made), str(owner_of(acme).pk)]


def test_a_cursor_of_acmes_is_none_of_globexs(acme, globex):
    for tenant in (acme, globex):
        join(tenant)
    cursor = acme.get("members", limit=1).json()["next_cursor"]
    assert told(globex.get("members", limit=1, cursor=cursor)) == (400, "invalid_cursor")


@pytest.mark.parametrize("count", [1, 20])
def test_a_page_costs_the_same_whoever_is_on_it(acme, count):
    for _ in range(count):
        join(acme)
    acme.get("me")  # notes the token's use
    assert len(queries_of(lambda: acme.get("members"))) == 2  # the token, the members


# --- roles ---------------------------------------------------------------------------------------


def test_an_admin_changes_a_role(acme, ada):
    answer = join(acme, "admin").send("PATCH", ada.path, {"role": "viewer"})
    assert (answer.json()["role"], role_of(ada)) == ("viewer", "viewer")


def test_a_role_counts_from_the_next_request_on(acme, ada):
    acme.send("PATCH", ada.path, {"role": "admin"})
    assert ada.get("invitations").status_code == 200


def test_a_role_that_there_is_not_is_refused(acme, ada):
    assert told(acme.send("PATCH", ada.path, {"role": "root"})) == (422, "invalid_body")


def test_an_admin_makes_no_owner_not_even_of_themselves(acme, ada):
    admin = join(acme, "admin")
    for path in (ada.path, admin.path):
        assert told(admin.send("PATCH", path, {"role": "owner"})) == (403, "owners_only")


def test_an_admin_unmakes_no_owner(acme):
    admin, path = join(acme, "admin"), f"members/{owner_of(acme).pk}"
    join(acme, "owner")
    assert told(admin.send("PATCH", path, {"role": "viewer"})) == (403, "owners_only")
    assert told(admin.send("DELETE", path)) == (403, "owners_only")


def test_an_owner_makes_and_unmakes_owners(acme, ada):
    acme.send("PATCH", ada.path, {"role": "owner"})
    assert role_of(ada) == "owner"
    acme.send("PATCH", ada.path, {"role": "member"})
    assert role_of(ada) == "member"


def test_the_last_owner_is_not_demoted_and_does_not_leave(acme):
    path = f"members/{owner_of(acme).pk}"
    assert told(acme.send("PATCH", path, {"role": "admin"})) == (409, "last_owner")
    assert told(acme.send("DELETE", path)) == (409, "last_owner")


def test_an_owner_who_was_switched_off_does_not_count(acme):
    other = join(acme, "owner")
    other.user.is_active = False
    other.user.save()
    answer = acme.send("DELETE", f"members/{owner_of(acme).pk}")
    assert told(answer) == (409, "last_owner")


def test_a_change_is_in_the_audit_log(acme, ada):
    acme.send("PATCH", ada.path, {"role": "admin"})
    entry = AuditEntry.objects.get(action="members.update", target=f"member:{ada.membership.pk}")
    assert (entry.before["role"], entry.after["role"]) == ("member", "admin")
    assert entry.token_id == acme.token.pk


# --- leaving -------------------------------------------------------------------------------------


def test_a_removed_members_tokens_stop_at_once(acme, ada):
    assert acme.send("DELETE", ada.path).status_code == 204
    assert ada.get("me").status_code == 401


def test_whoever_comes_back_begins_with_new_tokens(acme, ada):
    acme.send("DELETE", ada.path)
    Membership.objects.create(organization=acme.organization, user=ada.user, role="member")
    assert ada.get("me").status_code == 401


def test_removed_here_is_still_a_member_there(acme, globex, ada):
    Membership.objects.create(organization=globex.organization, user=ada.user, role="viewer")
    acme.send("DELETE", ada.path)
    assert list(ada.user.memberships.values_list("organization", flat=True)) == [
        globex.organization.pk
    ]


@pytest.mark.parametrize("role", ["viewer", "member", "admin"])
def test_everybody_may_leave(acme, role):
    who = join(acme, role)
    assert who.send("DELETE", who.path).status_code == 204
    entry = AuditEntry.objects.get(target=f"member:{who.membership.pk}")
    assert (entry.action, entry.after) == ("members.leave", None)


@pytest.mark.parametrize("role", ["viewer", "member"])
def test_nobody_below_an_admin_removes_another(acme, role, ada):
    assert told(join(acme, role).send("DELETE", ada.path)) == (403, "missing_role")
