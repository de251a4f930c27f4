"""The organisation's own name and host over REST."""

import pytest

from apps.orgs.models import AuditEntry, Membership
from tests.apps.orgs.people import join, told
from tests.tenants import client


@pytest.fixture
def mine(acme):
    """acme, and nothing of it in the process is changed when the test rolls back."""
    yield acme
    acme.organization.refresh_from_db()


def rename(who, if_match="*", **changes):
    return who.send("PATCH", "organization", changes, If_Match=if_match)


def test_it_says_where_it_lives(mine):
    told = mine.get("organization").json()
    assert (told["name"], told["slug"], told["host"]) == ("Acme", "acme", "acme.localhost")


def test_the_host_moves_along_and_the_old_one_answers_no_more(mine):
    assert rename(mine, slug="acme-corp").json()["host"] == "acme-corp.localhost"
    assert mine.client("acme-corp.localhost").get("/api/v1/me").status_code == 200
    assert told(mine.client("acme.localhost").get("/api/v1/me")) == (404, "unknown_host")


def test_what_is_not_named_stays(mine):
    assert rename(mine, name="Acme & Sons").json()["slug"] == "acme"


@pytest.mark.parametrize(("slug", "code"), [("www", "invalid_slug"), ("A b", "invalid_slug")])
def test_what_is_no_host_name_is_refused(mine, slug, code):
    assert told(rename(mine, slug=slug)) == (400, code)


def test_globexs_slug_is_taken(mine, globex):
    assert told(rename(mine, slug="globex")) == (409, "slug_taken")


def test_whoever_has_not_read_it_is_asked_to(mine):
    assert told(mine.send("PATCH", "organization", {"name": "A"})) == (
        428,
        "precondition_required",
    )


def test_of_two_who_read_the_same_the_second_is_told_no(mine):
    read = mine.get("organization")["ETag"]
    assert rename(mine, read, name="First").status_code == 200
    assert told(rename(mine, read, name="Second")) == (412, "precondition_failed")


def test_a_change_is_in_the_audit_log(mine):
    rename(mine, name="Acme & Sons")
    entry = AuditEntry.objects.get(action="organization.update")
    assert (entry.before["name"], entry.after["name"]) == ("Acme", "Acme & Sons")


@pytest.mark.parametrize("name", ["", " ", "x" * 201, "a\0b"])
def test_what_is_no_name_is_refused(mine, name):
    assert told(rename(mine, name=name)) == (422, "invalid_body")


# --- mine ----------------------------------------------------------------------------------------


def test_an_api_token_knows_of_its_organisation_only(acme, globex):
    ada = join(acme)
    Membership.objects.create(organization=globex.organization, user=ada.user, role="viewer")
    listed = ada.get("organizations").json()["items"]
    assert [(each["slug"], each["role"]) for each in listed] == [("acme", "member")]


def test_mine_are_listed_on_the_bare_host_only(acme):
    answer = acme.client(acme.host).get("/api/v1/organizations")
    assert told(answer) == (404, "not_on_this_host")
    assert client().get("/api/v1/organizations").status_code == 401
