"""A process that asks a peer through the shared gate: URL REDIS CREDENTIAL REQUESTS CONCURRENCY."""

import asyncio
import json
import sys

from apps.integrations.gates import shared_gate
from devhealth.http import Client, Guard, Policy

TASKS = 6


async def hammer(url: str, redis: str, credential: str, requests: int, concurrency: int) -> int:
    """How many were answered."""
    left = iter(range(requests))
    async with (
        shared_gate(redis, credential, Policy(concurrency=concurrency)) as gate,
        Client(url, gate=gate, guard=Guard(allowed=("127.0.0.1",))) as client,
    ):

        async def ask() -> int:
            return sum([(await client.get("/thing")).data for _ in left])

        return sum(await asyncio.gather(*(ask() for _ in range(TASKS))))


if __name__ == "__main__":
    url, redis, credential, requests, concurrency = sys.argv[1:]
    done = asyncio.run(hammer(url, redis, credential, int(requests), int(concurrency)))
    sys.stdout.write(json.dumps(done))
