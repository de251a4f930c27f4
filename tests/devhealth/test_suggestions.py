"""Who is suggested to be one person, and why."""

from itertools import combinations
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devhealth.models.directory import Directory
from devhealth.models.records import Identity, MailmapEntry
from devhealth.names import canonical_address, words
from devhealth.processors.identity import Identities, author_id
from devhealth.suggestions import MANY, Reason, suggest

API = UUID(int=1)
WEB = UUID(int=2)
PEOPLE = Identities(Directory())


def who(name, email):
    return PEOPLE.resolve(name, email)


def mapped(commit_email, proper_email="", name="", *, commit_name="", repo=API):
    return MailmapEntry(
        repo_id=repo,
        commit_email=commit_email,
        commit_name=commit_name,
        proper_name=name,
        proper_email=proper_email,
    )


def pair(one, other):
    return tuple(sorted((one.author_id, other.author_id)))


def told(*identities, entries=(), **more):
    """[(confidence, kinds of reasons of the only link)] of what is suggested of two."""
    return [
        (each.confidence, {reason.kind for link in each.links for reason in link.reasons})
        for each in suggest(identities, entries, **more)
    ]


ADA = who("Ada Lovelace", "ada@example.com")
GRACE = who("Grace Hopper", "grace@example.com")
ROBOT = who("dependabot[bot]", "ada@bots.example")

ADAS = [
    ADA,
    who("ada lovelace", "ada.lovelace@gmail.com"),
    who("ada", "AdaLovelace+work@googlemail.com"),
    who("Áda  LOVELACE", "123+ada@users.noreply.github.com"),
    who("Ada Lovelace", "7-ada-l@users.noreply.gitlab.com"),
]


# --- a person ------------------------------------------------------------------------------------


def test_three_addresses_and_two_logins_are_one_suggestion():
    (found,) = suggest([GRACE, *ADAS, ROBOT])
    assert found.author_ids == tuple(sorted(each.author_id for each in ADAS))


def test_an_account_is_found_by_its_name_and_login():
    account = who("Ada Lovelace", "github:ada")
    assert told(ADA, account) == [("high", {"same_name", "login_is_local"})]
    assert told(ADA, who("Augusta King", "github:ada")) == []


def test_each_pair_says_why():
    """By hand: name and account for the login, the name alone for the other login, …"""
    (found,) = suggest([GRACE, *ADAS, ROBOT])
    home, work, hub, lab = ADAS[1:]
    name = Reason("same_name", "ada lovelace")
    assert {link.pair: link.reasons for link in found.links} == {
        pair(ADA, home): (name,),
        pair(ADA, hub): (Reason("login_is_local", "ada"), name),
        pair(ADA, lab): (name,),
        pair(home, work): (Reason("same_address", "adalovelace@gmail.com"),),
        pair(home, hub): (name,),
        pair(home, lab): (name,),
        pair(hub, lab): (name,),
    }


def test_a_group_is_as_sure_as_the_weakest_pair_it_needs():
    assert [each.confidence for each in suggest(ADAS)] == ["medium"]


def test_two_people_are_two_suggestions_the_surest_first():
    grace = who("Grace Hopper", "hopper@navy.example")
    github = who("Ada Lovelace", "ada@users.noreply.github.com")
    found = suggest([GRACE, grace, ADA, github])
    assert [each.author_ids for each in found] == [pair(ADA, github), pair(GRACE, grace)]


# --- two identities ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "confidence", "kinds"),
    [
        (ADA, who("A.", "ada+git@example.com"), "high", {"same_address", "same_local"}),
        (
            ADA,
            who("ADA LOVELACE", "ada@old.example"),
            "high",
            {"same_name", "same_local"},
        ),
        (
            who("ada", "ada@example.com"),
            who("Ada", "ada@old.example"),
            "high",
            {"same_name", "same_local"},
        ),
        (ADA, who("Ada Lovelace", "countess@old.example"), "medium", {"same_name"}),
        (
            ADA,
            who("", "1+ada@users.noreply.github.com"),
            "medium",
            {"login_is_local"},
        ),
        (
            who("", "1+ada@users.noreply.github.com"),
            who("Ada Lovelace", "2-ada@users.noreply.gitlab.com"),
            "medium",
            {"same_login"},
        ),
        (
            ADA,
            who("Ada King Lovelace", "ada@users.noreply.github.com"),
            "medium",
            {"login_is_local"},
        ),
    ],
)
def test_what_two_share_is_told(one, other, confidence, kinds):
    assert told(one, other) == [(confidence, kinds)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ADA, GRACE),
        (ADA, ADA),
        (ADA, who("Ada", "countess@old.example")),
        (who("Ada", "a.l@example.com"), who("ada", "countess@old.example")),
        (ADA, who("Ada Byron", "ada@old.example")),
        (ADA, who("Ada Byron", "ada@users.noreply.github.com")),
        (who("root", "root@web1.example"), who("root", "root@web2.example")),
        (who("John Doe", "info@a.example"), who("", "info@b.example")),
        (who("Dev Team", "dev@a.example"), who("Dev Team", "ops@a.example")),
        (who("", "no-reply@a.example"), who("", "noreply+1@a.example")),
        (who("Your Name", "you@a.example"), who("Your Name", "me@a.example")),
        (who("Ada Lovelace", "x1@a.example"), who("Ada Lovelace[bot]", "y1@a.example")),
    ],
)
def test_what_says_nothing_is_no_suggestion(one, other):
    assert suggest([one, other]) == []


def test_a_bot_is_nobody():
    robot = who("renovate[bot]", "ada@old.example")
    human = who("renovate", "ada+x@old.example")
    assert suggest([robot, human]) == []


def test_two_accounts_of_a_bot_are_one_suggestion():
    robots = who("deploy[bot]", "deploy@a.example"), who("deploy[bot]", "deploy@b.example")
    assert told(*robots) == [("high", {"same_name", "same_local"})]


def test_a_name_that_many_share_says_nothing():
    many = [who("Max Mustermann", f"mm{chr(97 + number)}@a.example") for number in range(MANY + 1)]
    assert len(suggest(many[:-1])) == 1
    assert suggest(many) == []


# --- .mailmap ------------------------------------------------------------------------------------


def test_a_mailmap_names_both_by_address():
    countess = who("", "countess@old.example")
    entries = [mapped("countess@old.example", "ada@example.com")]
    assert told(ADA, countess, entries=entries) == [("high", {"mailmap"})]


def test_a_mailmap_names_both_by_what_it_maps_them_to():
    two = who("", "countess@old.example"), who("", "enchantress@old.example")
    entries = [mapped(each.email, "ada@example.com") for each in two]
    assert told(*two, entries=entries) == [("high", {"mailmap"})]


def test_one_file_gives_both_one_name():
    two = who("", "countess@old.example"), who("", "enchantress@old.example")
    entries = [mapped(each.email, name="Ada Lovelace") for each in two]
    assert told(*two, entries=entries) == [("high", {"mailmap"})]


def test_two_files_that_give_one_name_say_nothing():
    two = who("", "countess@old.example"), who("", "enchantress@old.example")
    entries = [
        mapped(two[0].email, name="Ada Lovelace", repo=API),
        mapped(two[1].email, name="Ada Lovelace", repo=WEB),
    ]
    assert suggest(two, entries) == []


def test_an_address_that_several_used_is_nobodys():
    shared = who("Grace", "root@localhost.example")
    entries = [
        mapped(shared.email, "ada@example.com", commit_name="ada"),
        mapped(shared.email, "grace@example.com", commit_name="grace"),
    ]
    assert suggest([ADA, GRACE, shared], entries) == []


def test_an_entry_for_another_name_under_the_address_says_nothing():
    other = who("Grace", "lab@old.example")
    entries = [mapped(other.email, "ada@example.com", commit_name="ada")]
    assert suggest([ADA, other], entries) == []


# --- dismissed -----------------------------------------------------------------------------------


def test_a_dismissed_pair_is_not_suggested_again():
    other = who("Ada Lovelace", "countess@old.example")
    assert suggest([ADA, other], dismissed={pair(ADA, other)}) == []


def test_no_third_one_joins_two_who_are_two():
    """The surer pair stays, the other would bring the two together."""
    other = who("Ada Lovelace", "countess@old.example")
    third = who("Ada Lovelace", "ada@users.noreply.github.com")
    found = suggest([ADA, other, third], dismissed={pair(ADA, other)})
    assert [each.author_ids for each in found] == [pair(ADA, third)]


# --- any identities ------------------------------------------------------------------------------


TEXTS = st.sampled_from(["ada", "grace", "lin", "root", "noreply"])
NAMES = st.lists(st.sampled_from(["Ada", "ADA", "Grace", "Hopper", "Lin", "root"]), max_size=3)
IDENTITIES = st.lists(
    st.builds(
        lambda name, local, domain, kind, number: Identity(
            author_id=author_id(str(number)),
            name=" ".join(name),
            email=f"{local}@{domain}" if domain else None,
            handle=None if domain else f"github:{local}",
            actor_kind=kind,
        ),
        NAMES,
        TEXTS,
        st.sampled_from(["a.example", "b.example", "gmail.com", ""]),
        st.sampled_from(["human", "human", "bot"]),
        st.integers(0, 99),
    ),
    max_size=12,
    unique_by=lambda each: each.author_id,
)
ENTRIES = st.lists(
    st.builds(lambda one, other: mapped(f"{one}@a.example", f"{other}@b.example"), TEXTS, TEXTS),
    max_size=3,
)


@given(IDENTITIES, ENTRIES, st.randoms(use_true_random=False))
def test_the_order_of_what_is_given_does_not_matter(identities, entries, random):
    found = suggest(identities, entries)
    random.shuffle(identities)
    random.shuffle(entries)
    assert suggest(identities, entries) == found


@given(IDENTITIES, ENTRIES)
def test_nobody_is_suggested_twice_or_alone(identities, entries):
    groups = [each.author_ids for each in suggest(identities, entries)]
    together = [author_id for group in groups for author_id in group]
    assert len(together) == len(set(together))
    assert all(len(group) > 1 for group in groups)


@given(IDENTITIES, ENTRIES)
def test_no_bot_is_a_human(identities, entries):
    kinds = {each.author_id: each.actor_kind for each in identities}
    for found in suggest(identities, entries):
        assert len({kinds[each] for each in found.author_ids}) == 1


@given(IDENTITIES, ENTRIES, st.data())
def test_no_two_who_are_two_are_in_one_suggestion(identities, entries, data):
    pairs = list(combinations(sorted(each.author_id for each in identities), 2))
    dismissed = data.draw(st.sets(st.sampled_from(pairs))) if pairs else set()
    for found in suggest(identities, entries, dismissed=dismissed):
        assert dismissed.isdisjoint(combinations(found.author_ids, 2))


@given(IDENTITIES, ENTRIES)
def test_every_link_is_within_its_suggestion_and_has_a_reason(identities, entries):
    for found in suggest(identities, entries):
        for link in found.links:
            assert set(link.pair) <= set(found.author_ids)
            assert link.reasons


# --- names and addresses -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("Ada  Lovelace", "ada lovelace"),
        ("Ádà LOVELACE", "ada lovelace"),
        ("Jean-Luc Picard", "jean luc picard"),
        ("Conan O’Brien", "conan obrien"),
        ("ada.lovelace", "ada lovelace"),
        ("李 明", "李 明"),
        ("राम", "राम"),
        ("root", ""),
        ("Unknown User", ""),
        ("…", ""),
        ("", ""),
    ],
)
def test_names_are_compared_without_case_accents_and_spacing(name, same):
    assert " ".join(words(name)) == same


@pytest.mark.parametrize(
    ("email", "same"),
    [
        ("Ada@Example.com", "ada@example.com"),
        ("ada+git@example.com", "ada@example.com"),
        ("a.d.a+x@googlemail.com", "ada@gmail.com"),
        ("a.d.a@example.com", "a.d.a@example.com"),
        ("+x@example.com", "+x@example.com"),
    ],
)
def test_addresses_of_one_mailbox_are_one(email, same):
    assert canonical_address(email) == same
