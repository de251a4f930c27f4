"""What answers take from the Directory: the threshold, and who asks."""

from uuid import UUID

import pytest

from apps.metrics.models import Person
from devhealth.models.records import Identity
from devhealth.models.rollups import UserDay
from devhealth.processors.identity import author_id
from tests.apps.metrics.rows import JAN_1, key
from tests.apps.metrics.test_analytics_by_graphql import BY_PERSON, analytics

OLGAS = author_id("olga@home.example")


@pytest.fixture
def four(acme):
    """Four people with commits on the first of January; one of them is who asks."""
    ids = [OLGAS, key(1), key(2), key(3)]
    acme.write([Identity(author_id=each, name="N", email=None, actor_kind="human") for each in ids])
    acme.write(
        [
            UserDay(repo_id=key(1), author_id=each, day=JAN_1, commits_count=count)
            for count, each in enumerate(ids, 1)
        ]
    )
    return acme


def link(tenant):
    with tenant.entered():
        Person.objects.create(known_by="olga@home.example", user_id=tenant.owner.pk)


def shown(tenant):
    (found,) = analytics(tenant, breakdowns=[BY_PERSON])["breakdowns"]
    return {UUID(each["key"]): each["value"] for each in found["items"]}


def test_globexs_threshold_is_not_acmes(four, globex):
    globex.send("PATCH", "settings", {"privacy_threshold": 2}, If_Match="*")
    assert shown(four) == {}


def test_globexs_link_to_the_same_person_opens_nothing_at_acme(four, globex):
    with globex.entered():
        Person.objects.create(known_by="olga@home.example", user_id=four.owner.pk)
    assert shown(four) == {}


def test_fewer_people_than_the_organisation_says_are_not_told_apart(four):
    four.send("PATCH", "settings", {"privacy_threshold": 5}, If_Match="*")
    assert shown(four) == {}
    four.send("PATCH", "settings", {"privacy_threshold": 4}, If_Match="*")
    assert len(shown(four)) == 4


def test_a_person_sees_their_own_numbers(four):
    link(four)
    assert shown(four) == {OLGAS: 1}


def test_a_colleague_sees_none_of_them(four):
    with four.entered():
        Person.objects.create(known_by="olga@home.example", user_id=key(9))
    assert shown(four) == {}
