from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.billing import services
from apps.billing.models import Entitlement
from apps.billing.tiers import COMMUNITY, TEAM


def run(*arguments):
    out = StringIO()
    call_command("tier", *arguments, stdout=out)
    return out.getvalue().strip()


def test_an_organisation_that_is_none_is_said_to_be(db):
    with pytest.raises(CommandError, match="no organisation `initech`"):
        run("initech", "team")


def test_a_tier_that_is_none_is_refused(acme):
    with pytest.raises(CommandError, match="invalid choice"):
        run("acme", "gold")


def test_it_shows_the_tier(acme):
    assert run("acme") == "community"


def test_it_sets_the_tier_of_one(acme, globex):
    assert run("acme", "team", "--by", "vera") == "team"
    assert services.tier_of(acme.organization.id) is TEAM
    assert services.tier_of(globex.organization.id) is COMMUNITY
    assert Entitlement.objects.get().set_by == "vera"


def test_it_takes_back_what_staff_set(acme):
    run("acme", "team")
    assert run("acme", "none") == "community"
    assert not Entitlement.objects.exists()
