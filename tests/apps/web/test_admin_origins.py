"""Whose pages may ask the API, said in the organisation's admin."""

import pytest

from apps.orgs import origins
from apps.orgs.models import Organization
from tests.apps.web.admins import Inside, text

APP = "https://app.acme.example"


@pytest.fixture
def owner(acme):
    return Inside(acme)


def listed(tenant):
    return Organization.objects.get(pk=tenant.organization.pk).allowed_origins


def save(owner, lines, version=None):
    version = origins.version_of([]) if version is None else version
    return owner.send("origins/", origins=lines, version=version)


def test_origins_are_listed_a_line_each(owner, acme, globex):
    save(owner, f"{APP}\nhttp://localhost:3000")
    assert listed(acme) == ["http://localhost:3000", APP]
    assert listed(globex) == []
    assert APP in text(owner.open("origins/"))


def test_what_is_no_origin_is_told_at_its_field(owner, acme):
    assert "An origin as browsers send it" in text(save(owner, "*"))
    assert listed(acme) == []


def test_of_two_who_change_it_at_once_one_is_told(owner, acme):
    save(owner, APP)
    assert "changed since you read it" in text(save(owner, "https://b.example"))
    assert listed(acme) == [APP]
