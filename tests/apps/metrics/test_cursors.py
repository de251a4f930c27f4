from datetime import date

import pytest

from apps.errors import BadRequest
from apps.metrics.cursors import Places

VALUES = [date(2026, 1, 1), "a", 3]


@pytest.mark.parametrize("cursor", ["", "x", "x.y", "é", "\x00", "W10.", "." * 10_000])
def test_garbage_is_refused(cursor):
    with pytest.raises(BadRequest):
        Places("acme").read(cursor)


@pytest.mark.parametrize("at", [0, 5, -1])
def test_a_changed_character_is_noticed(at):
    cursor = list(Places("acme").write(VALUES))
    cursor[at] = "A" if cursor[at] != "A" else "B"
    with pytest.raises(BadRequest):
        Places("acme").read("".join(cursor))


def test_a_cursor_from_elsewhere_is_refused():
    with pytest.raises(BadRequest):
        Places("globex", 1).read(Places("acme", 1).write(VALUES))


def test_what_is_written_is_read():
    assert Places("acme").read(Places("acme").write(VALUES)) == ["2026-01-01", "a", 3]


def test_a_cursor_needs_no_escaping_in_a_url():
    assert set(Places("acme").write(VALUES)) <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
    )
