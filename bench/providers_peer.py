"""The provider of the bench, in a process of its own, so that its CPU is not ours.

    python -m bench.providers_peer github|gitlab COUNT [MOST SECONDS]

Prints its address; for every line that it is sent it tells how many requests came and how many of
them were violations. Every answer is made once and remembered, so that a second run gets it for
nothing. With MOST, so many requests are allowed in every window of SECONDS.
"""

import json
import sys
import threading
from typing import Any

from bench import providers_many, providers_world
from tests.provider import Asked, Peer, Told


class Remembering:
    """Routes of a peer whose answers are made once."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.made: dict[str, Told] = {}
        self.lock = threading.Lock()

    def route(self, method: str, pattern: str, handler: Any, resource: str = "core") -> None:
        def remembered(asked: Asked) -> Told:
            key = json.dumps([asked.path, asked.query, asked.json], sort_keys=True)
            with self.lock:
                if key not in self.made:
                    self.made[key] = _bytes(handler(asked))
                return self.made[key]

        self.peer.route(method, pattern, remembered, resource)


def _bytes(made: Any) -> Told:
    told = made if isinstance(made, Told) else Told(json=made)
    return told.but(body=json.dumps(told.json).encode()) if told.status == 200 else told


def serve(peer: Peer, provider: str, count: int) -> None:
    """A small world told by an engine of GraphQL, or a large one by rote."""
    if count > providers_many.FROM:
        providers_many.serve(peer, provider, count)
    else:
        getattr(providers_world, provider)(count).serve(Remembering(peer))


def main(provider: str, count: int, most: int = 0, seconds: int = 0) -> None:
    with Peer(style=provider) as peer:
        serve(peer, provider, count)
        if most:
            for resource in ("core", "graphql"):
                peer.limit(resource, most=most, seconds=seconds)
        print(peer.url, flush=True)
        for _ in sys.stdin:
            print(json.dumps([len(peer.seen), len(peer.violations)]), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
