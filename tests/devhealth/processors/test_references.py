"""What a pull request's words name."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devhealth.processors.references import MOST, NO_PROJECTS, Home, refers_to

HUB = Home(prefix="gh", host="github.com", full_name="acme/api")
LAB = Home(prefix="gitlab", host="gitlab.example.com", full_name="acme/web/api", is_list=True)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("Closes #7", ["closes gh:acme/api#7"]),
        ("fixed: #7, and resolves #8.", ["closes gh:acme/api#7", "closes gh:acme/api#8"]),
        ("Resolve acme/web#12", ["closes gh:acme/web#12"]),
        ("close ACME/API#7", ["closes gh:acme/api#7"]),
        ("Fixes https://github.com/acme/web/issues/9", ["closes gh:acme/web#9"]),
        ("Fixes\r\n#7", ["closes gh:acme/api#7"]),
        ("Closes #7, #8", ["closes gh:acme/api#7"]),
        ("Closes web#7", []),
        ("Fixes https://other.example/acme/web/issues/9", []),
        ("Fixes https://github.com/acme/web/pull/9", []),
        ("See #7", []),
        ("encloses #7; prefixes #8", []),
        ("Closes #7th and #0 and #12345678901", []),
        ("closes", []),
    ],
)
def test_a_word_closes_the_issue_after_it_on_github(body, found):
    assert refers_to(HUB, body=body) == found


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("Closes #4", ["#4"]),
        ("Closes #4, #6, and web#5", ["#4", "#6", "/web#5"]),
        ("Implements acme/shop#3 and closing issue #9", ["shop#3", "#9"]),
        ("Fixing #1 and #2\nnot #3", ["#1", "#2"]),
        ("Closes https://gitlab.example.com/acme/web/api/-/issues/8", ["#8"]),
        ("Closes https://gitlab.example.com/acme/shop/-/work_items/8", ["shop#8"]),
        ("Closes https://other.example/x/y/-/issues/8, #9", ["#9"]),
        ("Mentions #4", []),
    ],
)
def test_a_word_closes_all_that_follow_it_on_gitlab(body, found):
    begins = {"#": "acme/web/api", "/": "acme", "s": "acme/"}
    begins["/"] = "acme/web"
    keys = sorted(f"closes gitlab:{begins[each[0]]}{each}" for each in found)
    assert refers_to(LAB, body=body) == keys


@pytest.mark.parametrize(
    ("title", "branch", "found"),
    [
        ("ABC-12: carry the lamp", "", ["ABC-12"]),
        ("[ABC-12][WEB-3] lamp", "", ["ABC-12", "WEB-3"]),
        ("", "abc-12-carry", ["ABC-12"]),
        ("", "feature/Abc-12", ["ABC-12"]),
        ("", "feature/ABC-12_carry", ["ABC-12"]),
        ("UTF-8, SHA-256, CVE-2024-1234, ISO-8601, RFC-2119", "", []),
        ("A-1, abc-12, ABC-0, ABC-12x, xABC-12, X-ABC-12", "", []),
        ("", "fix-12", []),
        ("", "dependabot/npm_and_yarn/lodash-4.17.21", []),
        ("", "release-2024", []),
        ("", "new-abc-12", []),
    ],
)
def test_keys_of_a_tracker_are_named_in_title_and_branch(title, branch, found):
    assert refers_to(HUB, title=title, branch=branch) == [f"named jira:{each}" for each in found]


def test_keys_of_a_tracker_are_named_in_a_body_and_its_addresses():
    body = "See https://acme.atlassian.net/browse/ABC-12 and WEB-3."
    assert refers_to(HUB, body=body) == ["named jira:ABC-12", "named jira:WEB-3"]


def test_a_number_in_the_title_is_named():
    title = "Carry the lamp (#7), as acme/web#8 asks; not a#b#9, ##3 or !4"
    assert refers_to(HUB, title=title) == ["named gh:acme/api#7", "named gh:acme/web#8"]


def test_each_item_is_told_once_by_what_is_surest():
    told = ["gh:acme/api#7", "gh:acme/api#7"]
    found = refers_to(HUB, told=told, title="#7 #8", body="Closes #7. Closes #8")
    assert found == ["closes gh:acme/api#8", "told gh:acme/api#7"]


def test_who_names_more_than_most_names_only_what_the_provider_tells():
    body = " ".join(f"ABC-{number}" for number in range(1, MOST + 2))
    assert refers_to(HUB, told=["gh:acme/api#7"], body=body) == ["told gh:acme/api#7"]


TEXTS = st.text() | st.text(alphabet="closes#fixABC-/1.2 ,\n:ht")


@given(title=TEXTS, branch=TEXTS, body=TEXTS, home=st.sampled_from([HUB, LAB]))
def test_any_text_names_items_sorted_and_each_once(title, branch, body, home):
    found = refers_to(home, title=title, branch=branch, body=body)
    keys = [each.partition(" ")[2] for each in found]
    assert found == sorted(found)
    assert len(set(keys)) == len(keys)
    assert all(each.startswith(("jira:", f"{home.prefix}:")) for each in keys)


@given(project=st.from_regex(r"[A-Z][A-Z0-9]{1,9}", fullmatch=True), number=st.integers(1, 999))
def test_any_key_in_words_is_named(project, number):
    expected = [] if project in NO_PROJECTS else [f"named jira:{project}-{number}"]
    assert refers_to(HUB, title=f"Do ({project}-{number}).") == expected


@pytest.mark.parametrize(
    "piece",
    [
        "closes ", "closes\n" * 3, "a/", "a/" * 30, "closes a/a/a ", "closes #1, ", "and ", "http://",
        "closes http://a/", "A1", "ABC-", "#", " , ", "issue ", "closes issues issues ",
    ],
)  # fmt: skip
def test_hostile_text_takes_no_longer_than_its_length(piece):
    """A body is read up to 100,000 characters; squared that would be hours."""
    text = piece * (200_000 // len(piece))
    began = time.process_time()
    for home in (HUB, LAB):
        refers_to(home, title=text, branch=text, body=text)
    assert time.process_time() - began < 5
