"""The reading ends of a process's pipes, for asyncio: a large output, a few complaints."""

import asyncio
import fcntl
import os
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Self

LONGEST_PAUSE = 0.25  # seconds


class Output:
    """git's standard output, read in large pieces.

    git writes 4 kB at a time; to wake up for each, as asyncio's own pipes do, costs as much CPU as
    to parse it. So the pipe is made larger and left to fill for a moment.
    """

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self._capacity = _enlarge(pipe)

    async def pieces(self) -> AsyncIterator[bytes]:
        """To the end. The pauses grow from a millisecond while what comes is far from full."""
        pause = 0.001
        while True:
            await _readable(self._pipe)
            await asyncio.sleep(pause)
            if not (piece := os.read(self._pipe, self._capacity)):
                return
            yield piece
            is_slow = len(piece) < self._capacity // 4
            pause = min(pause * 2, LONGEST_PAUSE) if is_slow else pause / 2

    async def rest(self) -> bytes:
        """All that is to come, without pauses: as soon as it comes."""
        pieces: list[bytes] = []
        while True:
            await _readable(self._pipe)
            if not (piece := os.read(self._pipe, self._capacity)):
                return b"".join(pieces)
            pieces.append(piece)

    async def tokens(self, end: bytes) -> AsyncIterator[bytes]:
        """What stands before each `end`, one byte."""
        rest = b""
        async for piece in self.pieces():
            *tokens, rest = (rest + piece).split(end)
            for token in tokens:
                yield token


class Complaints:
    """git's standard error, taken off as it comes, else a full pipe blocks git. Its end is kept."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self._kept = b""

    def __enter__(self) -> Self:
        os.set_blocking(self._pipe, False)
        asyncio.get_running_loop().add_reader(self._pipe, self._take)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self._pipe)
        while self._take():
            pass

    def last_line(self) -> str:
        """Cut to what a sentence can hold."""
        lines = self._kept.decode("utf-8", "replace").strip().splitlines() or ["no message"]
        return re.sub(r"[^\x20-\x7e]", "?", lines[-1])[:200]

    def _take(self) -> bool:
        try:
            chunk = os.read(self._pipe, 1 << 16)
        except BlockingIOError:
            return False
        if not chunk:
            asyncio.get_running_loop().remove_reader(self._pipe)
        self._kept = (self._kept + chunk)[-4096:]
        return bool(chunk)


def _enlarge(pipe: int) -> int:
    """The capacity the system grants, in bytes."""
    with suppress(AttributeError, OSError):  # Linux only, and limited for each user
        return fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, 1 << 20)
    return 1 << 16


async def _readable(pipe: int) -> None:
    loop, event = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(pipe, event.set)
    try:
        await event.wait()
    finally:
        loop.remove_reader(pipe)
