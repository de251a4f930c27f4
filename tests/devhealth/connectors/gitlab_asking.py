"""A GitLab's connector against a peer, read to the end."""

import asyncio
from contextlib import aclosing

from devhealth.connectors.gitlab import GitLab, api_of, token_of
from devhealth.http import Client
from tests.devhealth.http.asking import HERE
from tests.provider.gitlab_things import at, raw_merge_request, text

PATH = "acme/web/api"


def asking(peer, time, act, *, auth=None, **options):
    """What `act` gives for a connector of a new client."""

    async def run():
        wanted = {"auth": auth or token_of("s3cr3t"), "guard": HERE, "clock": time}
        async with Client(api_of(peer.url), **wanted) as client:
            return await act(GitLab(client, PATH, **options))

    return asyncio.run(run())


async def read(listed):
    async with aclosing(listed) as pages:
        return [item async for page in pages for item in page.items]


def items(peer, time, target, since=None, before=None, **options):
    return asking(peer, time, lambda lab: read(getattr(lab, target)(since, before)), **options)


def named(peer, time, target, *names, **options):
    return asking(peer, time, lambda lab: read(lab.named(target, names)), **options)


def ids(peer, time, target):
    return asking(peer, time, lambda lab: read(lab.ids(target)))


def many(count, **changes):
    """Merge requests !1, !2, …, each changed a minute after the one before."""
    return [
        raw_merge_request(id=number, iid=number, updated_at=text(at(number // 60, number % 60)))
        | changes
        for number in range(1, count + 1)
    ]


def numbers(found):
    return [each["iid"] for each in found]


def posts(peer):
    return [each for each in peer.seen if each.method == "POST"]
