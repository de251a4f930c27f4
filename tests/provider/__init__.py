"""A provider on 127.0.0.1: a real HTTP server that serves what tests tell it, and misbehaves.

    with Peer() as peer:
        peer.route("GET", "/repos/{owner}/{name}", lambda asked: {"name": asked.fields["name"]})
        peer.route("GET", "/repos/{owner}/{name}/pulls", listed(PULLS, style="github"))
        peer.limit("core", most=60, seconds=3600)
        peer.misbehave(retry_after(30), times=2, path="/repos/*")
        …
        assert peer.violations == []

Faults stand in `faults`, lists in `lists`. The peer counts every request (`seen`), and those that
came while it had told its clients to be quiet or their quota was spent (`violations`).
"""

from tests.provider.exchange import Asked, Told
from tests.provider.lists import listed
from tests.provider.peer import Peer

__all__ = ["Asked", "Peer", "Told", "listed"]
