"""Members, invitations, tokens, the organisation itself: changed by services, told in words."""

import csv
import re
from io import StringIO

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.orgs import audit, services
from apps.orgs.models import ApiToken, AuditEntry, Invitation, Membership, Role
from tests.apps.orgs.people import join
from tests.apps.web.admins import Inside, text
from tests.browsers import Browser


@pytest.fixture
def owner(acme):
    return Inside(acme)


def actions(tenant):
    found = AuditEntry.objects.filter(organization=tenant.organization).order_by("-at", "-id")
    return list(found.values_list("action", flat=True))


# --- members -------------------------------------------------------------------------------------


def test_members_of_globex_are_in_no_list_of_acmes(owner, globex):
    join(globex, email="mallory@globex.example")
    page = text(owner.open("orgs/membership/"))
    assert "olga@acme.example" in page
    assert "globex" not in page


@pytest.mark.parametrize("view", ["change", "delete", "history"])
def test_a_member_of_globex_is_not_found(owner, globex, view):
    there = join(globex).membership.pk
    assert owner.open(f"orgs/membership/{there}/{view}/").status_code == 404
    owner.post(f"/admin/orgs/membership/{there}/{view}/", {"role": "owner", "post": "yes"})
    assert Membership.objects.get(pk=there).role == "member"


def test_a_role_is_changed_and_the_audit_log_says_so(owner, acme):
    ada = join(acme)
    owner.send(f"orgs/membership/{ada.membership.pk}/change/", role="admin")
    assert Membership.objects.get(pk=ada.membership.pk).role == "admin"
    entry = AuditEntry.objects.get(action="members.update")
    assert (entry.user_id, entry.target) == (
        owner.person.user.pk,
        f"member:{ada.membership.pk}",
    )


def test_the_last_owner_is_told_why_they_stay_one(owner, acme):
    Membership.objects.filter(user=acme.owner).delete()
    mine = owner.person.membership.pk
    answer = owner.send(f"orgs/membership/{mine}/change/", role="viewer")
    assert "They are the last owner: make another member an owner first." in text(answer)
    answer = owner.send(f"orgs/membership/{mine}/delete/", post="yes")
    assert "They are the last owner: make another member an owner first." in text(answer)
    assert Membership.objects.get(pk=mine).role == "owner"


def test_an_admin_makes_no_owner(acme):
    admin, ada = Inside(acme, "admin"), join(acme)
    answer = admin.send(f"orgs/membership/{ada.membership.pk}/change/", role="owner")
    assert "Only an owner decides who is one." in text(answer)


def test_a_removed_members_token_opens_nothing(owner, acme):
    ada = join(acme)
    owner.send(f"orgs/membership/{ada.membership.pk}/delete/", post="yes")
    assert ada.get("me").status_code == 401


def test_fields_that_are_no_bodys_to_change_stay(owner, acme, globex):
    ada = join(acme)
    owner.send(
        f"orgs/membership/{ada.membership.pk}/change/",
        role="viewer",
        organization=str(globex.organization.pk),
        user=str(owner.person.user.pk),
    )
    stored = Membership.objects.get(pk=ada.membership.pk)
    assert (stored.organization_id, stored.user_id) == (acme.organization.pk, ada.user.pk)


def test_a_members_history_is_the_audit_logs(owner, acme, globex):
    ada = join(acme)
    path = f"orgs/membership/{ada.membership.pk}/"
    owner.send(f"{path}change/", role="viewer")
    for tenant, action in ((acme, "members.other"), (globex, "members.theirs")):
        target = "member:1" if tenant is acme else f"member:{ada.membership.pk}"
        audit.note(tenant.organization, action, target=target, before=None, after=None)
    page = text(owner.open(f"{path}history/"))
    assert "members.update" in page
    assert "members.other" not in page
    assert "members.theirs" not in page


# --- invitations ---------------------------------------------------------------------------------


def test_somebody_is_invited(owner, acme):
    owner.send("orgs/invitation/add/", email="New@x.example", role="member")
    made = Invitation.objects.get(organization=acme.organization)
    assert (made.email, made.invited_by) == ("new@x.example", owner.person.user)
    assert actions(acme)[0] == "invitations.create"


def test_what_the_service_refuses_is_told_in_the_form(owner, acme):
    answer = owner.send("orgs/invitation/add/", email="olga@acme.example", role="member")
    assert "They are a member already." in text(answer)
    assert "olga@acme.example" in text(answer)
    assert not Invitation.objects.exists()


def test_an_invitation_is_sent_again_and_revoked(owner, acme):
    owner.send("orgs/invitation/add/", email="new@x.example", role="member")
    path = f"orgs/invitation/{Invitation.objects.get().pk}/"
    owner.press(f"{path}change/", "resend")
    assert actions(acme)[0] == "invitations.resend"
    owner.send(f"{path}delete/", post="yes")
    assert Invitation.objects.get().revoked_at is not None
    assert owner.open(f"{path}change/").status_code == 404


def test_an_invitation_of_globex_is_not_sent_again(owner, globex):
    there = Inside(globex)
    there.send("orgs/invitation/add/", email="new@x.example", role="member")
    owner.open()
    answer = owner.post(f"/admin/orgs/invitation/{Invitation.objects.get().pk}/resend/")
    assert answer.status_code == 404


# --- tokens --------------------------------------------------------------------------------------


def test_a_token_is_shown_once_and_works(owner, acme):
    page = text(owner.send("orgs/apitoken/add/", name="ci", scopes="metrics:read", lasts="30"))
    secret = re.search(r"dh_[0-9A-Za-z]{36}", page)[0]
    assert services.authenticate(secret).user == owner.person.user
    token = ApiToken.objects.get(name="ci")
    for path in ("orgs/apitoken/", f"orgs/apitoken/{token.pk}/change/"):
        shown = text(owner.open(path))
        assert secret not in shown
        assert token.digest not in shown


def test_a_token_beyond_ones_role_is_refused(acme):
    admin = Inside(acme, "admin")
    answer = admin.send("orgs/apitoken/add/", name="ci", scopes="organization:write", lasts="30")
    assert "organization:write" in text(answer)
    assert not ApiToken.objects.filter(name="ci").exists()


def test_for_ever_is_for_owners(acme):
    admin = Inside(acme, "admin")
    page = admin.send("orgs/apitoken/add/", name="ci", scopes="metrics:read", lasts="")
    assert "Only an owner&#x27;s token may last for ever." in text(page)


def test_anybodys_token_is_revoked(owner, acme):
    ada = join(acme)
    owner.send(f"orgs/apitoken/{ada.user.tokens.get().pk}/delete/", post="yes")
    assert ada.get("me").status_code == 401
    assert actions(acme)[0] == "tokens.revoke"


def test_tokens_of_sessions_are_in_no_list(owner, acme):
    ApiToken.objects.filter(organization=acme.organization).update(name="shown")
    page = text(owner.open("orgs/apitoken/"))
    assert "session" not in re.sub(r"<[^>]+>", "", page)


# --- the audit log -------------------------------------------------------------------------------


def exported(answer):
    return list(csv.DictReader(StringIO(text_of(answer))))


def text_of(answer):
    return b"".join(answer.streaming_content).decode()


def test_the_export_is_of_this_organisation_alone(owner, acme, globex):
    audit.note(globex.organization, "teams.create", target="team:9", before=None, after=None)
    rows = exported(owner.open("orgs/auditentry/export.csv"))
    stored = AuditEntry.objects.filter(organization=acme.organization)
    assert [row["target"] for row in rows] == list(
        stored.order_by("-at", "-id").values_list("target", flat=True)
    )


def test_the_export_goes_on_over_pages_of_one_instant(owner, acme, monkeypatch):
    monkeypatch.setattr(audit, "AT_A_TIME", 3)
    for number in range(10):
        audit.note(
            acme.organization, "teams.create", target=f"team:{number}", before=None, after={}
        )
    rows = exported(owner.open("orgs/auditentry/export.csv?q=teams.create"))
    assert {row["target"] for row in rows} == {f"team:{number}" for number in range(10)}
    assert len(rows) == 10


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\t=1"])
def test_no_cell_of_the_export_is_run(owner, acme, cell):
    audit.note(acme.organization, "teams.create", target=cell, before=None, after=None)
    rows = exported(owner.open("orgs/auditentry/export.csv?q=teams.create"))
    assert rows[0]["target"] == f"'{cell}"


def test_the_list_is_narrowed_to_a_person_of_this_organisation(owner, acme, globex):
    owner.send("orgs/invitation/add/", email="new@x.example", role="member")
    mine, theirs = owner.person.user, join(globex).user
    audit.note(acme.organization, "teams.create", target="team:1", before=None, after=None)
    narrowed = text(owner.open(f"orgs/auditentry/?user={mine.pk}"))
    assert "invitations.create" in narrowed
    assert "teams.create" not in narrowed
    assert theirs.email not in text(owner.open(f"orgs/auditentry/?user={theirs.pk}"))


def test_nobody_changes_or_deletes_an_entry(owner, acme):
    entry = audit.note(acme.organization, "teams.create", target="t", before=None, after={"a": 1})
    path = f"orgs/auditentry/{entry.pk}/"
    assert "&quot;a&quot;: 1" in text(owner.open(f"{path}change/"))
    assert owner.post(f"/admin/{path}change/", {"action": "x"}).status_code == 403
    assert owner.open(f"{path}delete/").status_code == 404


# --- the organisation ----------------------------------------------------------------------------


def test_of_two_who_rename_one_is_told(owner, acme):
    page = text(owner.open("organization/"))
    version = re.search(r'name="version" value="([^"]+)"', page)[1]
    given = {"slug": "acme", "version": version}
    owner.post("/admin/organization/", {"name": "Acme One", **given})
    answer = owner.post("/admin/organization/", {"name": "Acme Two", **given})
    assert "It has been changed since you read it" in text(answer)
    acme.organization.refresh_from_db()
    assert acme.organization.name == "Acme One"


def test_a_slug_that_is_taken_is_told(owner, globex):
    page = text(owner.open("organization/"))
    version = re.search(r'name="version" value="([^"]+)"', page)[1]
    given = {"name": "Acme", "slug": "globex", "version": version}
    assert "`globex` is taken." in text(owner.post("/admin/organization/", given))


def test_an_admin_renames_nothing(acme):
    assert Inside(acme, "admin").open("organization/").status_code == 403
    assert "/admin/organization/" not in text(Inside(acme, "admin").open())


def test_without_stripe_nothing_is_bought(owner):
    assert "This installation takes no payments" in text(owner.open("plan/"))
    answer = owner.post("/admin/plan/buy/", {"tier": "team", "interval": "monthly"})
    assert owner.url.endswith("/admin/plan/")
    assert answer.status_code == 200


def test_a_tier_is_bought_on_stripes_page(owner, stripe):
    owner.open("plan/")
    answer = owner.post("/admin/plan/buy/", {"tier": "team", "interval": "monthly"})
    assert "On to Stripe" in text(answer)


def test_what_is_no_tier_is_not_bought(owner, stripe):
    owner.open("plan/")
    owner.post("/admin/plan/buy/", {"tier": "free", "interval": "monthly"})
    assert owner.url.endswith("/admin/plan/")


def test_the_overview_says_what_is_next(owner, acme):
    page = text(owner.open())
    assert "Nothing is connected yet." in page
    assert "Community" in page


# --- and all of it -------------------------------------------------------------------------------


def test_djangos_own_log_stays_empty(owner, acme):
    ada = join(acme)
    owner.send(f"orgs/membership/{ada.membership.pk}/change/", role="viewer")
    owner.send(f"orgs/membership/{ada.membership.pk}/delete/", post="yes")
    owner.send("orgs/invitation/add/", email="new@x.example", role="member")
    owner.send(f"orgs/invitation/{Invitation.objects.get().pk}/delete/", post="yes")
    owner.send("orgs/apitoken/add/", name="ci", scopes="metrics:read", lasts="30")
    assert actions(acme)[:5].count("tokens.create") == 1
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize(
    "path", ["orgs/membership/", "orgs/invitation/", "orgs/apitoken/", "orgs/auditentry/"]
)
def test_a_list_asks_as_often_for_thirty_rows_as_for_three(owner, acme, path):
    asked = {}
    for rows in (3, 30):
        for _ in range(rows - 3 or rows):
            ada = join(acme, Role.VIEWER)
            audit.note(acme.organization, "a.b", target="t", before=None, after=None, user=ada.user)
            Invitation.objects.create(
                organization=acme.organization,
                email=ada.user.email,
                role="member",
                expires_at="2126-01-01T00:00Z",
            )
        owner.open(path)
        asked[rows] = queries(owner, path)
    assert asked[3] == asked[30]


def queries(browser: Browser, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert browser.open(path).status_code == 200
    return len(captured)
