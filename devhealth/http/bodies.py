"""Bodies, never larger than a client takes, packed or unpacked."""

import json
import zlib
from typing import Any

import httpx

from devhealth.http.errors import TooLarge

MOST = 64 * 1024 * 1024  # bytes
ACCEPTED = "gzip"


class Broken(Exception):
    """A body that is cut short or no JSON. It stays inside the client, which tries again."""


async def read(response: httpx.Response, most: int) -> tuple[bytes, int]:
    """The unpacked body, and how many bytes came. Raises Broken, TooLarge and httpx's errors."""
    if response.is_stream_consumed:  # a test's transport brings whole answers, unpacked
        return response.content, len(response.content)
    unpack = _unpacker(response.headers.get("content-encoding", ""))
    body, came = bytearray(), 0
    async for part in response.aiter_raw():
        came += len(part)
        body += unpack.decompress(part, most + 1 - len(body)) if unpack else part
        if came > most or len(body) > most:
            raise TooLarge(f"{response.url.host} sent more than {most:,} bytes: ask for less.")
    if unpack and came and not unpack.eof:
        raise Broken("cut short")
    return bytes(body), came


def parse(body: bytes) -> Any:
    """Null: empty. Raises Broken."""
    try:
        return json.loads(body) if body else None
    except (ValueError, RecursionError) as error:
        raise Broken("no JSON") from error


class _Gzip:
    """zlib's, with its errors in our words."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(zlib.MAX_WBITS | 16)

    def decompress(self, part: bytes, most: int) -> bytes:
        try:
            return self._inner.decompress(part, most)
        except zlib.error as error:
            raise Broken("no gzip") from error

    @property
    def eof(self) -> bool:
        return self._inner.eof


def _unpacker(encoding: str) -> _Gzip | None:
    if encoding.strip().lower() in ("", "identity"):
        return None
    if encoding.strip().lower() != ACCEPTED:
        raise Broken("packed in a way that was not asked for")
    return _Gzip()
