"""Staff act as a member: only staff, only in their own browser, in the open, for an hour."""

from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.utils import timezone

from apps.errors import BadRequest, Forbidden
from apps.orgs import acting, browsers, invitations, keys, memberships, staff
from apps.orgs.members import Member
from apps.orgs.models import AuditEntry, Session, User
from tests.apps.orgs.people import invite, join
from tests.browsers import Browser

ACME = "http://acme.localhost:8000/"


class Staff(Browser):
    """Somebody of the operator's own, logged in on the account host."""

    def __init__(self):
        super().__init__()
        self.person = User.objects.create_user("sue@staff.example", is_staff=True)
        self.log_in(self.person)

    @property
    def login(self):
        return browsers.login_of(type("Asked", (), {"session": self.client("localhost").session}))

    def intent(self, person, reason="ticket 7"):
        return acting.begin(
            person.membership.pk, reason, "/", staff=self.person, opened_by=self.login
        )


@pytest.fixture
def ada(acme):
    return join(acme, "owner")


@pytest.fixture
def sue(db):
    return Staff()


def session():
    return Session.objects.get(refresh_tokens=None)


def actions(**where):
    found = AuditEntry.objects.filter(**where).order_by("at", "id")
    return list(found.values_list("action", flat=True))


def test_who_is_not_staff_acts_as_nobody(ada, sue):
    User.objects.update(is_staff=False)
    sue.person.refresh_from_db()
    with pytest.raises(Forbidden):
        sue.intent(ada)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_nobody_acts_without_a_reason_that_can_be_read(ada, sue, reason):
    with pytest.raises(BadRequest):
        sue.intent(ada, reason)


def test_staff_come_in_as_the_member(ada, sue):
    answer = sue.get(sue.intent(ada))
    assert sue.url == ACME
    assert ada.user.email in answer.content.decode()


def test_everybody_sees_that_it_is_staff(ada, sue):
    page = sue.get(sue.intent(ada)).content.decode()
    assert f"sue@staff.example acts as {ada.user.email}: ticket 7" in " ".join(page.split())


def test_the_member_sees_no_banner(ada):
    browser = Browser()
    browser.log_in(ada.user)
    assert "acts as" not in browser.get(ACME).content.decode()


def test_an_intent_counts_once(ada, sue):
    url = sue.intent(ada)
    sue.get(url)
    sue.client("acme.localhost").cookies.clear()
    assert sue.get(url).status_code == 403


def test_an_intent_counts_in_no_other_browser(ada, sue, acme):
    other = Browser()
    other.log_in(sue.person)
    assert other.get(sue.intent(ada)).status_code == 403
    assert Session.objects.filter(refresh_tokens=None).count() == 0


def test_an_intent_is_of_no_use_to_a_member(ada, sue, acme):
    mallory = Browser()
    mallory.log_in(join(acme).user)
    assert mallory.get(sue.intent(ada)).status_code == 403


def test_an_intent_to_acme_opens_nothing_at_globex(ada, sue, globex):
    url = sue.intent(ada).replace("acme.localhost", "globex.localhost")
    assert sue.get(url).status_code == 403


def test_an_intent_that_nobody_made_opens_nothing(ada, sue):
    assert sue.get(f"{ACME}enter?as=made-up").status_code == 403


def test_a_ticket_of_staff_opens_nothing_in_another_browser(ada, sue):
    there = sue.get(sue.intent(ada), follow=False)["Location"]
    other = Browser()
    other.get(ACME, follow=False)
    assert other.get(sue.get(there, follow=False)["Location"]).status_code == 403


def test_who_is_staff_no_more_gets_no_ticket(ada, sue):
    url = sue.intent(ada)
    staff.set_staff(sue.person.email, False)
    assert sue.get(url).status_code == 403


def test_who_is_staff_no_more_uses_no_ticket(ada, sue):
    there = sue.get(sue.intent(ada), follow=False)["Location"]
    url = sue.get(there, follow=False)["Location"]
    staff.set_staff(sue.person.email, False)
    assert sue.get(url).status_code == 403


def test_a_state_that_is_not_this_browsers_is_worth_nothing(ada, sue):
    intent = parse_qs(urlsplit(sue.intent(ada)).query)["as"][0]
    asked = {"organization": "acme", "state": "0" * 64, "as": intent}
    sue.get(ACME, follow=False)
    assert sue.get(f"http://localhost:8000/enter?{urlencode(asked)}").status_code == 403


def test_it_lasts_an_hour_at_most(ada, sue):
    sue.get(sue.intent(ada))
    assert session().expires_at - timezone.now() < timedelta(hours=1)


def test_the_organisation_reads_that_staff_came_and_went(ada, sue, acme):
    sue.get(sue.intent(ada))
    sue.post("/leave")
    entries = AuditEntry.objects.filter(staff_id=sue.person.pk).order_by("at", "id")
    assert [each.action for each in entries] == ["impersonation.begin", "impersonation.end"]
    assert {each.user_id for each in entries} == {ada.user.pk}
    assert entries[0].after["reason"] == entries[1].before["reason"] == "ticket 7"


def test_an_end_by_logging_out_is_told_too(ada, sue):
    sue.get(sue.intent(ada))
    sue.get("http://localhost:8000/account/logout/")
    sue.post("/account/logout/")
    assert actions(staff_id=sue.person.pk) == ["impersonation.begin", "impersonation.end"]


def test_an_end_by_itself_is_told_once(ada, sue):
    sue.get(sue.intent(ada))
    Session.objects.update(expires_at=timezone.now())
    for _ in range(2):
        sue.get(ACME, follow=False)
    assert actions(staff_id=sue.person.pk) == ["impersonation.begin", "impersonation.end"]


def test_a_members_own_coming_and_going_is_in_no_log(ada):
    browser = Browser()
    browser.log_in(ada.user)
    browser.get(ACME)
    browser.post("/leave")
    assert actions(action__startswith="impersonation") == []


def test_the_api_tells_who_acted(ada, sue, acme):
    sue.get(sue.intent(ada))
    item = acme.get("audit-log", action="impersonation.begin").json()["items"][0]
    assert (item["user_email"], item["staff_email"]) == (ada.user.email, sue.person.email)


def test_the_cookie_of_acmes_host_is_no_login_on_the_account_host(ada, sue):
    sue.get(sue.intent(ada))
    cookie = sue.client("acme.localhost").cookies["session"].value
    other = Browser()
    other.client("localhost").cookies["session"] = cookie
    assert other.get("http://localhost:8000/", follow=False).status_code == 302
    assert other.get("http://localhost:8000/account/email/", follow=False).status_code == 302


# --- what is for the person alone ----------------------------------------------------------------


@pytest.fixture
def acted(ada, sue, acme):
    sue.get(sue.intent(ada))
    return Member(acme.organization, ada.user, "owner", session=session())


def test_staff_make_no_token(acted):
    with pytest.raises(Forbidden) as raised:
        keys.create("t", ["metrics:read"], keys.usual_expiry(), by=acted)
    assert raised.value.code == "in_person_only"


def test_what_staff_revoke_says_so(acted, ada):
    token = ada.user.tokens.get()
    keys.revoke(token.pk, by=acted)
    assert actions(staff_id=acted.staff_id) == ["impersonation.begin", "tokens.revoke"]


@pytest.mark.parametrize("role", ["owner", "admin"])
def test_staff_neither_make_nor_unmake_owners(acted, acme, role):
    other = join(acme, "admin" if role == "owner" else "owner").membership.pk
    for attempt in (
        lambda: memberships.change_role(other, role, by=acted),
        lambda: invitations.create("n@x.example", "owner", by=acted),
        lambda: memberships.remove(join(acme, "owner").membership.pk, by=acted),
    ):
        with pytest.raises(Forbidden) as raised:
            attempt()
        assert raised.value.code == "in_person_only"


def test_staff_do_not_leave_for_somebody(ada, sue, acme):
    admin = join(acme, "admin")
    sue.get(sue.intent(admin))
    by = Member(acme.organization, admin.user, "admin", session=session())
    with pytest.raises(Forbidden):
        memberships.remove(admin.membership.pk, by=by)


def test_what_staff_change_carries_their_name(acted, acme):
    memberships.change_role(join(acme, "member").membership.pk, "viewer", by=acted)
    assert actions(staff_id=acted.staff_id)[-1] == "members.update"


def test_staff_accept_no_invitation(acted, acme, ada):
    assert invite(ada, "ada@new.example").status_code == 201
    with pytest.raises(Forbidden):
        invitations._proven(invitations.Invitation.objects.get(), acted, None, "192.0.2.7")
