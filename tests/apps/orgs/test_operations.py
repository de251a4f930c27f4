import pytest

from apps.errors import Forbidden
from apps.orgs.models import ApiToken, Organization, Role, Scope, User
from apps.orgs.operations import RANKS, Operation
from apps.orgs.services import Member

WORK = Operation("things.work", Role.MEMBER, Scope.PIPELINE_WRITE)


def member(role, scopes=(Scope.PIPELINE_WRITE,)):
    return Member(Organization(), User(), role, ApiToken(scopes=[str(each) for each in scopes]))


@pytest.mark.parametrize("scopes", [(), (Scope.PIPELINE_READ, Scope.METRICS_READ)])
def test_an_owner_is_told_no_by_a_token_made_for_less(scopes):
    with pytest.raises(Forbidden) as refused:
        member("owner", scopes).require(WORK)
    assert refused.value.code == "missing_scope"


@pytest.mark.parametrize("role", ["viewer", "", "root"])
def test_a_role_below_is_told_no(role):
    with pytest.raises(Forbidden) as refused:
        member(role).require(WORK)
    assert refused.value.code == "missing_role"


def test_the_refusal_says_who_may():
    with pytest.raises(Forbidden, match="for the role member or admin or owner; you are viewer"):
        member("viewer").require(WORK)


@pytest.mark.parametrize("role", ["member", "admin", "owner"])
def test_the_least_role_and_those_above_may(role):
    member(role).require(WORK)


def test_every_role_has_a_rank():
    assert set(RANKS) == set(Role)
