"""What a provider promised never to send: an odd value in any place of a true body."""

from copy import deepcopy

from hypothesis import strategies as st

from devhealth.processors.reading import Unreadable

ODD = st.none() | st.booleans() | st.integers() | st.text() | st.just([]) | st.just({}) | (
    st.lists(st.none() | st.integers() | st.text() | st.just({}), min_size=1, max_size=2)
)  # fmt: skip


def places(body, before=()):
    """Every key and index in it, from the top."""
    inner = body.items() if isinstance(body, dict) else enumerate(body)
    for key, value in inner:
        yield (*before, key)
        if isinstance(value, dict | list):
            yield from places(value, (*before, key))


def changed(body, place, value):
    body = deepcopy(body)
    inner = body
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return body


def reason(made, raw, repository):
    """Why it is unreadable. Null: a record came of it."""
    try:
        made(raw, repository)
    except Unreadable as error:
        return str(error)
    return None
