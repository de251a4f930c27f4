"""Paths as git quotes them where they stand in a line."""

import re

_QUOTED = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_ESCAPES = {
    b"a": b"\a",
    b"b": b"\b",
    b"f": b"\f",
    b"n": b"\n",
    b"r": b"\r",
    b"t": b"\t",
    b"v": b"\v",
}


def plain(quoted: bytes) -> bytes:
    """A path as git quotes it like C, or as it is."""
    if not quoted.startswith(b'"'):
        return quoted
    return _QUOTED.sub(_unescaped, quoted[1:-1])


def _unescaped(found: re.Match[bytes]) -> bytes:
    escape = found[1]
    if len(escape) == 3:
        return bytes([int(escape, 8)])
    return _ESCAPES.get(escape, escape)
