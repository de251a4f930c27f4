"""Identities over REST: who there is, who may be one person, and what is decided."""

from uuid import uuid4

import pytest

from apps.metrics.directory import load
from apps.metrics.models import Person, PersonAlias
from apps.orgs.models import AuditEntry, Role, Scope, User
from devhealth.processors.identity import Identities, author_id, person_id
from devhealth.processors.teams import Teams
from tests.apps.metrics.people import (
    ADA,
    GRACE,
    HOME,
    HUB,
    NAMED,
    NOBODY,
    ROBOT,
    ids,
    link,
    merge,
    names,
    of,
    split,
    told,
)
from tests.queries import queries_of


def directory(tenant):
    with tenant.entered():
        return load().directory


def decided(tenant):
    with tenant.entered():
        return Person.objects.count(), PersonAlias.objects.count()


def newest_entry(tenant):
    return AuditEntry.objects.filter(organization=tenant.organization).order_by("-at")[0]


# --- strangers -----------------------------------------------------------------------------------


def test_mallorys_lists_hold_nothing_of_acmes(people, globex):
    assert ids(globex.get("identities")) == []
    assert globex.get("identities/suggestions").json()["items"] == []


def test_mallory_merges_nobody_of_acmes_into_her_own(people, globex):
    globex.write([GRACE])
    assert merge(globex, GRACE, ADA).status_code == 404


def test_globexs_decision_is_nothing_to_acme(people, globex):
    globex.write([ADA, HOME])
    assert merge(globex, ADA, HOME).status_code == 200
    assert decided(people) == (0, 0)


def test_a_user_of_globex_is_nobody_here(people, globex):
    assert link(people, ADA, globex.owner.pk).status_code == 404


# --- reading -------------------------------------------------------------------------------------


def test_an_identity_is_told_with_what_it_is_known_by(people):
    assert told(people, ADA) == {
        "author_id": str(ADA.author_id),
        "name": "Ada Lovelace",
        "email": "ada@example.com",
        "handle": None,
        "actor_kind": "human",
        "aliases": ["ada@example.com"],
        "user_id": None,
        "is_decided": False,
        "is_human": False,
    }


@pytest.mark.parametrize(
    ("identity", "text"), [(HUB, "github:ada"), (NAMED, "countess"), (NOBODY, "unknown")]
)
def test_who_has_no_address_is_known_by_a_login_or_a_name(people, identity, text):
    assert told(people, identity)["aliases"] == [text]


def test_pages_go_by_name_and_miss_none(people):
    seen, cursor = [], {}
    while cursor is not None:
        answer = people.get("identities", limit=2, **cursor)
        seen += names(answer)
        following = answer.json()["next_cursor"]
        cursor = {"cursor": following} if following else None
    assert seen == names(people.get("identities"))
    assert len(seen) == 7


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("LOVELACE", ["Ada Lovelace", "ada lovelace"]),
        ("grace@", ["Grace Hopper"]),
        ("github:", ["Ada"]),
        ("a.*", []),
    ],
)
def test_a_search_is_in_names_addresses_and_logins(people, q, found):
    assert names(people.get("identities", q=q)) == found


def test_a_search_is_in_aliases(people):
    merge(people, GRACE, NAMED)
    assert "Grace Hopper" in names(people.get("identities", q="countess"))


def test_a_search_goes_on_page_by_page(people):
    first = people.get("identities", q="ada", limit=2)
    second = people.get("identities", q="ada", limit=2, cursor=first.json()["next_cursor"])
    assert names(first) + names(second) == ["Ada", "Ada Lovelace", "ada lovelace"]


def test_a_cursor_is_good_for_its_own_search_only(people):
    cursor = people.get("identities", q="ada", limit=1).json()["next_cursor"]
    answer = people.get("identities", q="grace", limit=1, cursor=cursor)
    assert answer.json()["code"] == "invalid_cursor"


def test_a_page_takes_as_many_queries_however_many_are_on_it(people):
    for each in (HOME, GRACE):
        change(people, each, name="Z")
    few = len(queries_of(lambda: people.get("identities", limit=1)))
    assert len(queries_of(lambda: people.get("identities", limit=7))) == few


# --- merging -------------------------------------------------------------------------------------


def test_a_merge_makes_all_their_texts_aliases_of_the_one_that_stays(people):
    answer = merge(people, ADA, HOME, HUB, NAMED)
    assert answer.json()["aliases"] == [
        "ada.lovelace@gmail.com",
        "ada@example.com",
        "countess",
        "github:ada",
    ]
    assert directory(people).aliases == dict.fromkeys(answer.json()["aliases"], "ada@example.com")


def test_their_commits_have_the_one_id(people):
    merge(people, ADA, HOME, HUB, NAMED)
    who = Identities(directory(people))
    texts = [
        ("A", "ada@example.com"),
        ("A", "Ada.Lovelace@gmail.com"),
        ("A", "1+ada@users.noreply.github.com"),
        ("Countess", "any@old.example"),
    ]
    assert {who.resolve(*each).author_id for each in texts} == {ADA.author_id}


def test_one_known_by_a_login_may_stay(people):
    merge(people, HUB, ADA)
    who = Identities(directory(people)).resolve("A", "ada@example.com")
    assert who.author_id == HUB.author_id


def test_whoever_was_merged_into_another_comes_with_them(people):
    merge(people, HOME, HUB)
    assert merge(people, ADA, HOME).json()["aliases"] == [
        "ada.lovelace@gmail.com",
        "ada@example.com",
        "github:ada",
    ]
    assert decided(people) == (1, 3)


def test_merging_twice_changes_nothing(people):
    first = merge(people, ADA, HOME).json()
    assert merge(people, ADA, HOME).json() == first


def test_whoever_is_another_by_now_is_merged_with_nobody_else(people):
    merge(people, ADA, HOME)
    assert merge(people, GRACE, HOME).json()["code"] == "merged_already"
    assert merge(people, HOME, GRACE).json()["code"] == "merged_already"


def test_nobody_is_merged_with_themselves(people):
    assert merge(people, ADA, ADA).status_code == 422


def test_who_has_neither_name_nor_address_is_merged_with_nobody(people):
    assert merge(people, ADA, NOBODY).json()["code"] == "nobody"


def test_an_unknown_one_is_nothing(people):
    body = {"others": [str(uuid4())]}
    assert people.send("POST", of(ADA, "/merge"), body).status_code == 404


def test_their_teams_follow(people):
    team = people.send("POST", "teams", {"name": "Platform"}).json()["id"]
    people.send("POST", f"teams/{team}/members", {"person": "ada.lovelace@gmail.com"})
    people.send("POST", f"teams/{team}/members", {"person": "github:ada"})
    merge(people, ADA, HOME, HUB)
    now = directory(people)
    assert [person_id(now, each.person) for each in now.teams[0].members] == [ADA.author_id] * 2
    assert [of_team for _, of_team in Teams(now).turns(ADA.author_id)] == [team]


def test_a_merge_is_told_in_the_audit_log(people):
    merge(people, ADA, HOME)
    entry = newest_entry(people)
    assert (entry.action, entry.target) == ("identities.merge", f"identity:{ADA.author_id}")
    assert entry.before["others"][0]["aliases"] == ["ada.lovelace@gmail.com"]
    assert entry.after["aliases"] == ["ada.lovelace@gmail.com", "ada@example.com"]


def test_a_merge_is_asked_for_once(people):
    answers = [merge(people, ADA, HOME, Idempotency_Key="k") for _ in range(2)]
    assert answers[0].content == answers[1].content
    assert directory(people).aliases["ada.lovelace@gmail.com"] == "ada@example.com"


# --- splitting -----------------------------------------------------------------------------------


def test_a_split_of_all_leaves_nothing_of_the_merge(people):
    before = directory(people)
    merge(people, ADA, HOME, HUB)
    answer = split(people, ADA, "Ada.Lovelace@gmail.com", "github:ada")
    assert (answer.json()["aliases"], answer.json()["is_decided"]) == (["ada@example.com"], False)
    assert (directory(people), decided(people)) == (before, (0, 0))


def test_a_split_of_one_keeps_the_others(people):
    merge(people, ADA, HOME, HUB)
    assert split(people, ADA, "github:ada").json()["aliases"] == [
        "ada.lovelace@gmail.com",
        "ada@example.com",
    ]


@pytest.mark.parametrize("text", ["ada@example.com", "grace@example.com"])
def test_only_an_alias_is_split_off(people, text):
    merge(people, ADA, HOME)
    answer = split(people, ADA, text)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/body/texts")


def test_who_is_known_by_one_text_is_whole(people):
    assert split(people, ADA, "x@example.com").json()["code"] == "whole"


# --- who logs in ---------------------------------------------------------------------------------


def test_a_member_is_linked_and_unlinked(people):
    assert link(people, ADA, people.owner.pk).json()["user_id"] == str(people.owner.pk)
    gone = people.send("DELETE", of(ADA, "/user")).json()
    assert (gone["user_id"], gone["is_decided"], decided(people)) == (None, False, (0, 0))


def test_a_user_who_is_no_member_is_nobody(people):
    person = User.objects.create_user("someone@else.example")
    assert link(people, ADA, person.pk).status_code == 404


def test_nobody_logs_in_as_two(people):
    link(people, ADA, people.owner.pk)
    assert link(people, GRACE, people.owner.pk).json()["code"] == "linked"


def test_a_member_does_not_link_themselves(people):
    member = people.asker(Role.MEMBER, Scope)
    body = f'{{"user_id": "{people.owner.pk}"}}'
    path = f"/api/v1/{of(ADA, '/user')}"
    assert member.put(path, body, content_type="application/json").status_code == 403


def test_who_logs_in_comes_with_the_merge(people):
    link(people, HOME, people.owner.pk)
    assert merge(people, ADA, HOME).json()["user_id"] == str(people.owner.pk)


def test_two_who_log_in_are_not_one(people):
    other = User.objects.create_user("someone@acme.example")
    people.organization.memberships.create(user=other, role=Role.MEMBER)
    link(people, ADA, people.owner.pk)
    link(people, HOME, other.pk)
    assert merge(people, ADA, HOME).json()["code"] == "linked"


# --- names, bots and people ----------------------------------------------------------------------


def change(who, identity, **body):
    return who.send("PATCH", of(identity), body)


def test_a_name_is_shown_until_it_is_taken_back(people):
    assert change(people, ADA, name=" Countess ").json()["name"] == "Countess"
    assert directory(people).names == {"ada@example.com": "Countess"}
    assert change(people, ADA, name="").json()["name"] == "Ada Lovelace"
    assert decided(people) == (0, 0)


def test_who_is_human_is_no_bot(people):
    assert change(people, ROBOT, is_human=True).json()["is_human"] is True
    who = Identities(directory(people)).resolve("dependabot[bot]", "bot@example.com")
    assert (who.actor_kind, who.author_id) == ("human", author_id("bot@example.com"))


def test_patterns_decide_again(people):
    change(people, ROBOT, is_human=True)
    assert change(people, ROBOT, is_human=False).json()["is_human"] is False
    assert (directory(people).humans, decided(people)) == (frozenset(), (0, 0))


def test_what_is_not_named_stays(people):
    change(people, ADA, name="Countess", is_human=True)
    answer = change(people, ADA, name="Enchantress").json()
    assert (answer["name"], answer["is_human"]) == ("Enchantress", True)
