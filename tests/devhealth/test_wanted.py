"""Which of what was found is wanted."""

from hypothesis import given
from hypothesis import strategies as st

from devhealth.discovery import Found
from devhealth.wanted import Wanted

WORDS = st.text("ab/*", min_size=1, max_size=5)
FOUND = st.builds(
    Found, st.text("aAbB/", max_size=6), is_archived=st.booleans(), is_fork=st.booleans()
)


def takes(patterns, found):
    return Wanted(patterns=tuple(patterns), archived=True, forks=True).takes(found)


@given(st.lists(WORDS, max_size=3), st.lists(WORDS, max_size=3), FOUND)
def test_one_of_the_patterns_and_none_that_takes_out_again(ins, outs, found):
    is_in = not ins or any(takes([each], found) for each in ins)
    is_out = any(takes([each], found) for each in outs)
    assert takes([*ins, *(f"!{each}" for each in outs)], found) == (is_in and not is_out)
    assert takes([*(f"!{each}" for each in outs), *ins], found) == (is_in and not is_out)


@given(FOUND)
def test_what_is_archived_and_forks_are_asked_for(found):
    assert Wanted().takes(found) == (not found.is_archived and not found.is_fork)
    assert Wanted(archived=True).takes(found) == (not found.is_fork)
    assert Wanted(forks=True).takes(found) == (not found.is_archived)
    assert Wanted(archived=True, forks=True).takes(found)


def test_a_pattern_is_of_the_whole_name_a_word_of_any_part():
    api = Found("Acme/API", label="Programs")
    assert takes(["acme/*"], api)
    assert takes(["pi"], api)
    assert takes(["gram"], api)
    assert takes(["prog*"], api)
    assert not takes(["api*"], api)
    assert not takes(["*/ap"], api)
