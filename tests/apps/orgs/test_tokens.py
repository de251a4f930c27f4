import pytest

from apps.orgs import tokens


@pytest.mark.parametrize("text", ["", "dh_", "gh_" + "a" * 36, "dh_" + "a" * 36, "dh_" + "é" * 36])
def test_what_was_never_issued_is_refused_without_a_query(text):
    assert not tokens.is_well_formed(text)


def test_a_new_token_is_well_formed():
    assert tokens.is_well_formed(tokens.new_text())


def test_every_typo_in_one_character_is_noticed():
    text = tokens.new_text()
    typos = [f"{text[:at]}{'0' if text[at] != '0' else '1'}{text[at + 1 :]}" for at in range(3, 39)]
    assert not any(map(tokens.is_well_formed, typos))


def test_tokens_differ():
    assert len({tokens.new_text() for _ in range(1000)}) == 1000


def test_a_digest_tells_nothing_of_the_text():
    text = tokens.new_text()
    assert text[3:] not in tokens.digest(text)
