"""A clock that stands still until somebody sleeps, and clients of a peer."""

import asyncio
from contextlib import aclosing

from devhealth.errors import DevHealthError
from devhealth.http import Bearer, Client, Guard

NOON = 1_780_000_000.0
HERE = Guard(allowed=("127.0.0.1",))


class Time:
    def __init__(self):
        self.at, self.slept = NOON, []

    def now(self):
        return self.at

    async def sleep(self, seconds):
        self.slept.append(seconds)
        self.at += seconds
        await asyncio.sleep(0)


def client(peer, time, **options):
    wanted = {"auth": Bearer("s3cr3t"), "guard": HERE, "clock": time, **options}
    return Client(peer.url, **wanted)


def asked(peer, time, path, params=None, **options):
    """One GET of a new client."""

    async def act():
        async with client(peer, time) as made:
            return await made.get(path, params, **options)

    return asyncio.run(act())


async def read(made, path, *arguments, **options):
    """All pages of a list."""
    async with aclosing(made.pages(path, *arguments, **options)) as pages:
        return [page async for page in pages]


def items(peer, time, path, *arguments, **options):
    """All items of a list, read by a new client."""

    async def act():
        async with client(peer, time) as made:
            return [item for page in await read(made, path, *arguments) for item in page.items]

    return asyncio.run(act())


def error(peer, time, path="/thing", **options):
    """What a GET raises."""

    async def act():
        async with client(peer, time, **options) as made:
            await made.get(path)

    try:
        asyncio.run(act())
    except DevHealthError as raised:
        return raised
    raise AssertionError("It went well.")
