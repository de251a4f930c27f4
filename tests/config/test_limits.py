import pytest
from graphql import parse

from config.limits import MOST_ALIASES, MOST_FRAGMENTS, Measurement, refusals


def codes(document):
    return [error.extensions["code"] for error in refusals(parse(document))]


def nested(levels):
    return "{ a " * levels + "}" * levels


def doubling(fragments):
    """Each fragment spreads the next one twice: 2^n paths through n fragments."""
    chain = " ".join(
        f"fragment f{n} on T {{ a {{ ...f{n + 1} }} b {{ ...f{n + 1} }} }}"
        for n in range(fragments - 1)
    )
    return f"{{ ...f0 }} {chain} fragment f{fragments - 1} on T {{ x: y }}"


def test_twenty_nested_fragments_are_measured_in_one_pass():
    """3 nodes each but for the last, and the spread: what is spread often is measured once."""
    measured = Measurement(parse(doubling(20)))
    assert measured.visited == 1 + 19 * 4 + 1
    assert measured.aliases == 2**19


def test_twenty_nested_fragments_are_refused():
    assert codes(doubling(20)) == ["too_many_levels", "too_many_aliases"]


def test_a_cycle_ends():
    assert codes("{ ...f } fragment f on T { a { ...f } }") == []


@pytest.mark.parametrize(("levels", "refused"), [(12, []), (13, ["too_many_levels"])])
def test_levels_are_counted(levels, refused):
    assert codes(nested(levels)) == refused


def test_levels_count_through_fragments():
    assert codes(f"{{ a {{ ...f }} }} fragment f on T {nested(12)}") == ["too_many_levels"]


@pytest.mark.parametrize(("count", "refused"), [(0, []), (1, ["too_many_aliases"])])
def test_aliases_are_counted(count, refused):
    names = " ".join(f"a{n}: a" for n in range(MOST_ALIASES + count))
    assert codes(f"{{ ... on T {{ {names} }} }}") == refused


def test_fragments_are_counted():
    many = " ".join(f"fragment f{n} on T {{ a }}" for n in range(MOST_FRAGMENTS + 1))
    assert codes(f"{{ a }} {many}") == ["too_many_fragments"]


def test_introspection_is_not_counted():
    assert codes(f"{{ __schema {nested(20)} }}") == []
