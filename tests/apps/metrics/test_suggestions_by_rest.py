"""Who may be one person, as REST tells it, and that somebody says they are two."""

from uuid import uuid4

import pytest

from tests.apps.metrics.people import ADA, HOME, HUB, PEOPLE, merge, split


def suggested(who):
    items = who.get("identities/suggestions").json()["items"]
    return [{each["author_id"] for each in item["identities"]} for item in items]


def strings(*identities):
    return {str(each.author_id) for each in identities}


def test_who_may_be_one_is_told_with_the_reasons(people):
    (item,) = people.get("identities/suggestions").json()["items"]
    assert {each["author_id"] for each in item["identities"]} == strings(ADA, HOME, HUB)
    kinds = {reason["kind"] for each in item["links"] for reason in each["reasons"]}
    assert (item["confidence"], kinds) == ("medium", {"same_name", "login_is_local"})


def test_who_was_merged_is_suggested_no_more(people):
    """Before the records follow."""
    merge(people, ADA, HOME)
    assert suggested(people) == [strings(ADA, HUB)]
    merge(people, ADA, HUB)
    assert suggested(people) == []


def test_who_was_dismissed_is_suggested_no_more(people):
    body = {"author_ids": [str(ADA.author_id), str(HOME.author_id)]}
    assert people.send("POST", "identities/suggestions/dismiss", body).status_code == 204
    assert suggested(people) == [strings(ADA, HUB)]
    assert people.send("POST", "identities/suggestions/dismiss", body).status_code == 204


@pytest.mark.parametrize(
    ("author_ids", "status"),
    [([ADA.author_id], 422), ([ADA.author_id] * 2, 422), ([ADA.author_id, uuid4()], 404)],
)
def test_two_who_are_there_are_dismissed(people, author_ids, status):
    body = {"author_ids": [str(each) for each in author_ids]}
    assert people.send("POST", "identities/suggestions/dismiss", body).status_code == status


def test_a_merge_takes_the_dismissal_back(people):
    body = {"author_ids": [str(ADA.author_id), str(HOME.author_id)]}
    people.send("POST", "identities/suggestions/dismiss", body)
    merge(people, ADA, HOME)
    split(people, ADA, "ada.lovelace@gmail.com")
    assert suggested(people) == [strings(ADA, HOME, HUB)]


def test_suggestions_come_page_by_page(people):
    people.write([PEOPLE.resolve("Grace Hopper", "grace@navy.example")])
    first = people.get("identities/suggestions", limit=1).json()
    second = people.get("identities/suggestions", limit=1, cursor=first["next_cursor"]).json()
    assert [each["confidence"] for each in first["items"] + second["items"]] == ["high", "medium"]
    assert second["next_cursor"] is None
