"""The body of an HTTP request: whole, or nothing of the request is run."""

import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from email.message import Message
from importlib import import_module
from io import BufferedIOBase
from itertools import chain
from tempfile import SpooledTemporaryFile
from typing import IO

from config.clickhouse_front.errors import (
    BODY_CUT,
    CANNOT_DECOMPRESS,
    NOT_IMPLEMENTED,
    SYNTAX,
    Refusal,
)

PIECE = 65536
MEMORY = 4 << 20  # a longer body lies in the working directory, in a file without a name
OPENERS = {"gzip": "gzip", "lz4": "lz4.frame"}  # the latter comes with clickhouse-connect
LENGTH = re.compile(r"\d{1,18}", re.ASCII)
SIZE = re.compile(rb"([0-9a-fA-F]{1,16})[ \t]*(?:;.*)?\r\n$")


def received(stream: BufferedIOBase, headers: Message, undo: ExitStack) -> IO[bytes]:
    """The whole body, decompressed: nothing of a request runs before its last byte is here."""
    body = _spool(undo)
    for piece in pieces(stream, headers):
        body.write(piece)
    body.seek(0)
    encoding = headers.get("Content-Encoding", "identity")
    if encoding == "identity":
        return body
    plain = _spool(undo)
    _decompress(encoding, body, plain)
    plain.seek(0)
    return plain


def _spool(undo: ExitStack) -> IO[bytes]:
    return undo.enter_context(SpooledTemporaryFile(MEMORY, dir="."))


def _decompress(encoding: str, body: IO[bytes], plain: IO[bytes]) -> None:
    if encoding not in OPENERS:
        raise Refusal(NOT_IMPLEMENTED, "This front reads bodies as they are, in gzip and in lz4.")
    try:
        shutil.copyfileobj(import_module(OPENERS[encoding]).open(body), plain)
    except (OSError, EOFError, RuntimeError) as error:
        raise Refusal(CANNOT_DECOMPRESS, f"The body is no whole {encoding}.") from error


def pieces(stream: BufferedIOBase, headers: Message) -> Iterator[bytes]:
    """The body as it comes; a Refusal where it ends early."""
    length, coding = headers.get("Content-Length"), headers.get("Transfer-Encoding")
    if coding is None and LENGTH.fullmatch(length or "0"):
        return _exactly(stream, int(length or 0))
    if (coding or "").lower() != "chunked" or length is not None:
        raise Refusal(SYNTAX, "The request does not say how long its body is.")
    return chain.from_iterable(_exactly(stream, size) for size in _chunks(stream))


def _chunks(stream: BufferedIOBase) -> Iterator[int]:
    """The sizes of the chunks, the reader standing at the data of each."""
    while size := _size(stream.readline(PIECE)):
        yield size
        _require(stream.readline(PIECE) == b"\r\n")
    while (trailer := stream.readline(PIECE)) != b"\r\n":
        _require(trailer.endswith(b"\n"))


def _size(line: bytes) -> int:
    size = SIZE.match(line)
    _require(size is not None)
    return int(size[1], 16) if size else 0


def _exactly(stream: BufferedIOBase, size: int) -> Iterator[bytes]:
    while size:
        piece = stream.read(min(size, PIECE))
        _require(bool(piece))
        size -= len(piece)
        yield piece


def _require(whole: bool) -> None:
    if not whole:
        raise Refusal(BODY_CUT, "The body of the request ends early: nothing of it was run.")
