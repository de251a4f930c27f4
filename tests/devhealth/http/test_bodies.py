"""What a body says: as JSON has it, and of what is none, that it is broken."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devhealth.http.bodies import Broken, parse

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)

ODD = {
    "half of a pair of surrogates": rb'"\ud83d"',
    "a key twice": b'{"a": 1, "a": 2}',
    "a number of thirty digits": b"1" * 30,
    "a number that is too large for a float": b"1e400",
    "a mark of the order of bytes": b"\xef\xbb\xbf{}",
    "UTF-16": '"ü"'.encode("utf-16"),
}

BROKEN = {
    "cut short": b'{"a": [1, 2',
    "a page": b"<html>Bad gateway</html>",
    "more after it": b"{} {}",
    "blank": b"  ",
    "no UTF-8": b'"\xff"',
    "a control character": b'"a\x01b"',
    "too deep": b"[" * 100_000,
}


@given(values, st.booleans())
def test_what_json_writes_is_read(value, ascii_only):
    body = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    assert parse(body) == json.loads(json.dumps(value))


@pytest.mark.parametrize("body", ODD.values(), ids=ODD)
def test_odd_bodies_are_read_as_python_reads_them(body):
    assert parse(body) == json.loads(body)


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_what_is_no_json_is_broken(body):
    with pytest.raises(Broken, match="no JSON"):
        parse(body)


def test_nothing_is_null():
    assert parse(b"") is None
