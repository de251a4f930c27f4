"""The operator's own admin: for staff alone, and all that they change an organisation reads."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.billing.services import tier_of
from apps.inbound.models import InboundEvent
from apps.orgs.models import AuditEntry, Organization, Session, User
from apps.queue import services as queue
from apps.queue.models import WorkUnit
from apps.web.admin.staff_site import site
from tests.apps.orgs.people import join
from tests.apps.web.admins import STAFF, Sue, address, names_of, text
from tests.browsers import Browser

URLS = dict(names_of(site.get_urls()))
POSTED = {"logout", "queue_workunit_requeue"}


@pytest.fixture
def sue(db):
    return Sue()


def addresses(tenant):
    unit = queue.add("orgs.send_invitation", tenant.organization.pk, ids={"invitation": "x"})
    event = InboundEvent.objects.create(provider="stripe", event_id="evt_1", kind="x")
    ids = {
        "orgs_organization": tenant.organization.pk,
        "orgs_user": tenant.owner.pk,
        "queue_workunit": unit,
        "inbound_inboundevent": event.pk,
    }
    return {name: address(name, takes, ids, "config.public_urls") for name, takes in URLS.items()}


def where(name):
    """The status of a GET by staff."""
    return {"index": 302, "search": 404}.get(name, 405 if name in POSTED else 200)


def entry(tenant, action):
    return AuditEntry.objects.filter(organization=tenant.organization, action=action).latest("at")


# --- the door ------------------------------------------------------------------------------------


def test_a_stranger_is_sent_to_the_login_from_each_address(acme):
    for name, url in addresses(acme).items():
        answer = Browser().get(f"http://localhost:8000{url}", follow=False)
        assert answer["Location"].startswith("/account/login/?next="), name


def test_who_is_not_staff_is_told_so_at_each_address(acme):
    browser = Sue(is_staff=False)
    browser.open()
    client = browser.client("localhost")
    statuses = {name: client.get(url).status_code for name, url in addresses(acme).items()}
    assert statuses == dict.fromkeys(URLS, 403)


def test_an_owner_is_no_staff(acme):
    browser = Browser()
    browser.log_in(acme.owner)
    answer = browser.get(STAFF)
    assert answer.status_code == 403
    assert "This is for the operator&#x27;s own people." in text(answer)


def test_staff_see_each_page(acme, sue):
    sue.open()
    client = sue.client("localhost")
    statuses = {name: client.get(url).status_code for name, url in addresses(acme).items()}
    assert statuses == {name: where(name) for name in URLS}


def test_nobody_is_staff_once_it_is_taken_back(sue):
    sue.open()
    User.objects.update(is_staff=False)
    assert sue.open().status_code == 403


def test_in_production_staff_need_a_second_factor(sue, settings):
    settings.STAFF_NEED_MFA = True
    answer = sue.open()
    assert answer.status_code == 403
    assert "second factor" in text(answer)


def test_a_token_of_an_organisation_is_no_login_here(acme):
    answer = acme.client().get("/admin/orgs/organization/")
    assert answer.status_code == 302


@pytest.mark.parametrize("lookup", ["memberships__user__email", "schema_name", "tokens__digest"])
def test_nothing_is_looked_up_that_no_filter_offers(sue, lookup):
    assert sue.open(f"orgs/organization/?{lookup}=a").status_code == 400


@pytest.mark.parametrize("path", ["orgs/user/?password__startswith=a", "orgs/user/?_popup=1"])
def test_passwords_are_not_looked_up(sue, path):
    assert sue.open(path).status_code in (400, 404)


def test_no_page_has_a_password_or_a_digest(acme, sue):
    join(acme)
    sue.open()
    client = sue.client("localhost")
    told = " ".join(text(client.get(url)) for url in addresses(acme).values())
    assert acme.owner.password not in told
    assert acme.token.digest not in told


# --- what staff decide ---------------------------------------------------------------------------


def test_a_tier_is_set_with_a_reason_that_the_organisation_reads(acme, sue):
    path = f"orgs/organization/{acme.organization.pk}/tier/"
    assert "This field is required" in text(sue.send(path, tier="team", reason=""))
    sue.send(path, tier="team", reason="a trial")
    assert tier_of(acme.organization.pk).key == "team"
    told = entry(acme, "billing.set_tier")
    assert (told.staff_id, told.after["reason"]) == (sue.person.pk, "a trial")
    sue.send(path, tier="", reason="it is over")
    assert tier_of(acme.organization.pk).key == "community"
    assert entry(acme, "billing.set_tier").after["reason"] == "it is over"


def test_a_tier_that_stays_the_same_is_told_too(acme, sue):
    sue.send(f"orgs/organization/{acme.organization.pk}/tier/", tier="community", reason="pinned")
    assert entry(acme, "billing.set_tier").after["reason"] == "pinned"


@pytest.mark.parametrize(
    ("value", "members"), [("7", 7), ("unlimited", None), ("tier", 5)], ids=str
)
def test_a_limit_is_set_and_taken_back(acme, sue, value, members):
    path = f"orgs/organization/{acme.organization.pk}/limit/"
    sue.send(path, limit="members", value="9", reason="more people")
    sue.send(path, limit="members", value=value, reason="agreed")
    assert tier_of(acme.organization.pk).members == members
    assert entry(acme, "billing.set_limit").staff_id == sue.person.pk


def test_a_limit_that_is_no_number_is_told(acme, sue):
    path = f"orgs/organization/{acme.organization.pk}/limit/"
    assert 'class="wrong"' in text(sue.send(path, limit="members", value="-1", reason="x"))
    given = {"limit": "sync_interval_seconds", "value": "1", "reason": "x"}
    assert "is 60 at least" in text(sue.send(path, **given))


def test_an_account_is_switched_off_and_on(acme, sue):
    ada = join(acme)
    path = f"orgs/user/{ada.user.pk}/switch/"
    sue.send(path, reason="asked for")
    assert ada.get("me").status_code == 401
    sue.send(path, reason="asked again")
    assert ada.get("me").status_code == 200
    assert entry(acme, "members.set_active").staff_id == sue.person.pk


def test_who_is_staff_is_on_no_page_to_change(sue):
    given = {"is_staff": "on", "email": "x@x.example"}
    sue.open(f"orgs/user/{sue.person.pk}/change/")
    answer = sue.post(f"/admin/orgs/user/{sue.person.pk}/change/", given)
    assert answer.status_code == 403
    assert "Switch the account" not in text(sue.open(f"orgs/user/{sue.person.pk}/change/"))


def test_work_that_failed_is_taken_up_again_and_the_organisation_reads_it(acme, sue):
    unit = queue.add("orgs.send_invitation", acme.organization.pk, ids={"invitation": "x"})
    WorkUnit.objects.filter(pk=unit).update(state="canceled")
    sue.open(f"queue/workunit/{unit}/change/")
    sue.post(f"/admin/queue/workunit/{unit}/requeue/")
    assert WorkUnit.objects.get(pk=unit).state == "pending"
    assert entry(acme, "work.requeue").staff_id == sue.person.pk
    page = sue.post(f"/admin/queue/workunit/{unit}/requeue/")
    assert "only what ended without being done" in text(page)


def test_djangos_own_log_stays_empty(acme, sue):
    sue.send(f"orgs/organization/{acme.organization.pk}/tier/", tier="team", reason="a trial")
    assert not LogEntry.objects.exists()


# --- acting as a member --------------------------------------------------------------------------


def act(sue, tenant, member, reason="ticket 7"):
    path = f"orgs/organization/{tenant.organization.pk}/act/"
    return sue.send(path, member=str(member.membership.pk), reason=reason)


def test_staff_come_in_as_an_owner_and_every_page_says_so(acme, sue):
    ada = join(acme, "owner")
    page = text(act(sue, acme, ada))
    assert sue.url == "http://acme.localhost:8000/admin/"
    banner = f"{sue.person.email} acts as {ada.user.email}: ticket 7"
    for path in ("orgs/membership/", "organization/", "orgs/invitation/add/", "identities/"):
        page = text(sue.get(f"http://acme.localhost:8000/admin/{path}"))
        assert banner in page
    sue.post("/leave")
    assert "Your organisations" in text(sue.get("http://localhost:8000/"))


def test_a_viewer_is_acted_as_where_viewers_are(acme, sue):
    act(sue, acme, join(acme, "viewer"))
    assert sue.url == "http://acme.localhost:8000/"


def test_nobody_acts_without_a_reason(acme, sue):
    assert "This field is required" in text(act(sue, acme, join(acme), reason=" "))
    assert not Session.objects.filter(refresh_tokens=None).exists()


def test_a_member_of_globex_is_not_acted_as_at_acme(acme, globex, sue):
    assert "Select a valid choice" in text(act(sue, acme, join(globex)))


def test_what_staff_change_there_carries_their_name(acme, sue):
    act(sue, acme, join(acme, "owner"))
    sue.get("http://acme.localhost:8000/admin/orgs/invitation/add/")
    sue.post("/admin/orgs/invitation/add/", {"email": "new@x.example", "role": "member"})
    assert entry(acme, "invitations.create").staff_id == sue.person.pk


def test_what_is_for_the_person_alone_is_told_in_words(acme, sue):
    ada = join(acme, "owner")
    act(sue, acme, ada)
    sue.get("http://acme.localhost:8000/admin/orgs/apitoken/add/")
    given = {"name": "x", "scopes": "metrics:read", "lasts": "30"}
    page = text(sue.post("/admin/orgs/apitoken/add/", given))
    assert "Staff who act as somebody may not do this" in page
    assert ada.user.tokens.count() == 1


@pytest.mark.parametrize("path", ["orgs/organization/", "orgs/user/", "queue/workunit/"])
def test_a_list_asks_as_often_for_thirty_rows_as_for_three(acme, sue, path):
    numbers = []
    for rows in (3, 27):
        for number in range(rows):
            Organization.objects.create(name="x", slug=f"x-{rows}-{number}")
            join(acme)
            queue.add("orgs.send_invitation", acme.organization.pk, ids={"invitation": "x"})
        sue.open(path)
        with CaptureQueriesContext(connection) as captured:
            assert sue.open(path).status_code == 200
        numbers.append(len(captured))
    assert numbers[0] == numbers[1]


def test_the_sidebar_leads_somewhere(acme, sue):
    page = text(sue.open("orgs/organization/"))
    links = set(re.findall(r'href="(/admin/[a-z_]+/[a-z_]+/)"', page))
    assert len(links) == 4
    assert {sue.get(f"http://localhost:8000{link}").status_code for link in links} == {200}
