"""How many there may be: people and repositories."""

import pytest

from apps.billing import own_limits, services
from apps.billing.services import TierLimit
from apps.billing.tiers import ENTERPRISE, TEAM, lowest_with_room
from apps.errors import Conflict
from apps.orgs.models import Membership, User
from apps.orgs.services import add_member
from tests.tenants import in_threads


def person(number):
    return User.objects.create_user(f"p{number}@elsewhere.example")


@pytest.mark.parametrize(
    ("limit", "asked", "key"),
    [
        ("repositories", 3, "community"),
        ("repositories", 4, "team"),
        ("repositories", 10, "team"),
        ("repositories", 11, "enterprise"),
        ("members", 5, "community"),
        ("members", 20, "team"),
        ("members", 10**6, "enterprise"),
    ],
)
def test_the_lowest_tier_with_room(limit, asked, key):
    found = lowest_with_room(limit, asked)
    assert found is not None
    assert found.key == key


def test_the_sixth_member_is_beyond_community(acme):
    for number in range(4):
        add_member(acme.organization, person(number), "viewer")
    with pytest.raises(TierLimit) as refused:
        add_member(acme.organization, person(5), "viewer")
    assert refused.value.members == {
        "tier": "community",
        "limit": {"members": 5},
        "asked": {"members": 6},
        "allowed_by": "team",
    }


def test_a_higher_tier_has_room(acme):
    services.set_tier(acme.organization, ENTERPRISE, by="staff")
    for number in range(21):
        add_member(acme.organization, person(number), "viewer")
    assert Membership.objects.filter(organization=acme.organization).count() == 22


def test_nobody_is_a_member_twice(acme):
    with pytest.raises(Conflict, match="are a member"):
        add_member(acme.organization, acme.owner, "viewer")


def test_many_at_once_are_not_more_than_the_tier_has(committed, tenants):
    acme = tenants["acme"].organization
    people = [person(number) for number in range(8)]

    def join(number):
        try:
            add_member(acme, people[number], "viewer")
        except TierLimit:
            return ["refused"]
        return ["joined"]

    try:
        assert sorted(in_threads(join)) == ["joined"] * 4 + ["refused"] * 4
    finally:
        User.objects.filter(email__endswith="@elsewhere.example").delete()


# --- repositories --------------------------------------------------------------------------------


@pytest.fixture
def roots(tmp_path, settings):
    """Five repositories that may be read."""
    from tests.repositories import Work, make

    settings.LOCAL_REPO_ROOTS = [str(tmp_path)]
    return [str(make(tmp_path / f"r{number}", Work({"a": "a\n"}))) for number in range(5)]


def config(tenant, name, sources):
    body = {"name": name, "provider": "local", "targets": ["git"], "sources": sources}
    return tenant.send("POST", "sync-configs", body)


def test_the_fourth_repository_is_beyond_community(acme, roots):
    answer = config(acme, "all", roots[:4])
    assert (answer.status_code, answer.json()["code"]) == (402, "tier_limit")
    told = answer.json()
    assert (told["limit"], told["asked"]) == ({"repositories": 3}, {"repositories": 4})
    assert told["allowed_by"] == "team"


def test_repositories_of_all_configs_count_together(acme, roots):
    assert config(acme, "two", roots[:2]).status_code == 201
    assert config(acme, "more", roots[2:4]).status_code == 402


def test_one_of_two_configs_counts_once(acme, roots):
    config(acme, "three", roots[:3])
    assert config(acme, "same", roots[:3]).status_code == 201


def test_globexs_do_not_count(acme, globex, roots):
    config(globex, "three", roots[:3])
    assert config(acme, "three", roots[2:5]).status_code == 201


def test_a_change_counts_as_what_it_makes(acme, roots):
    made = config(acme, "three", roots[:3]).json()["id"]
    path = f"sync-configs/{made}"
    assert acme.send("PATCH", path, {"sources": roots[2:5]}).status_code == 200
    assert acme.send("PATCH", path, {"sources": roots[1:5]}).status_code == 402


def test_after_a_downgrade_what_is_there_may_stay_and_shrink_but_not_grow(acme, roots):
    services.set_tier(acme.organization, TEAM, by="staff")
    path = f"sync-configs/{config(acme, 'five', roots).json()['id']}"
    services.remove_tier(acme.organization, by="staff")
    assert acme.send("PATCH", path, {"name": "still"}).status_code == 200
    assert acme.send("PATCH", path, {"sources": roots[:4]}).status_code == 200
    assert acme.send("PATCH", path, {"sources": roots}).status_code == 402


def test_a_limit_of_its_own_counts(acme, roots):
    own_limits.set_limit(acme.organization, "repositories", 4, reason="trial", by="vera")
    assert config(acme, "four", roots[:4]).status_code == 201
