"""A GitHub on the loopback peer, asked through the real client."""

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime

from devhealth.connectors.github import GitHub
from devhealth.errors import DevHealthError
from devhealth.http import MemoryEtags
from tests.devhealth.http.asking import Time, client
from tests.provider import Peer


def on(day, hour=0, minute=0, second=0):
    return datetime(2026, 3, day, hour, minute, second, tzinfo=UTC)


class Asking:
    """A hub on a peer. Every call is a run of its own: a new client, a new connector."""

    def __init__(self, hub, peer):
        self.hub, self.peer, self.time, self.etags = hub, peer, Time(), MemoryEtags()
        self.requests, self.pages, self.connector = 0, [], None

    def items(self, target, *window, unfinished=(), **options):
        """What a target gives, of all pages; what was not over is asked for again."""

        def asked(connector):
            connector.unfinished.update(unfinished)
            return getattr(connector, target)(*window)

        return self._run(asked, options)

    def named(self, target, *names, **options):
        return self._run(lambda connector: connector.named(target, names), options)

    def ids(self, target, **options):
        return self._run(lambda connector: connector.ids(target), options)

    def search(self, pattern):
        return self._run(lambda connector: GitHub.search(connector._client, pattern), {})

    def error(self, target, *window, **options):
        try:
            self.items(target, *window, **options)
        except DevHealthError as error:
            return error
        raise AssertionError("nothing was raised")

    def queries(self):
        """GraphQL's requests of the last run."""
        return [each.json for each in self.last() if each.path == "/graphql"]

    def last(self):
        return self.peer.seen[-self.requests :] if self.requests else []

    def _run(self, asked, options):
        """`first` of the options is awaited before."""
        before, first = len(self.peer.seen), options.pop("first", None)

        async def act():
            async with client(self.peer, self.time, etags=self.etags) as made:
                self.connector = GitHub(made, "acme/api", **options)
                if first:
                    await first(self.connector)
                async with aclosing(asked(self.connector)) as pages:
                    self.pages = [page async for page in pages]

        try:
            asyncio.run(act())
        finally:
            self.requests = len(self.peer.seen) - before
        return [item for page in self.pages for item in page.items]


def asking(hub):
    """A context: the peer is up in it."""
    return _Started(hub)


class _Started:
    def __init__(self, hub):
        self.hub = hub

    def __enter__(self):
        self.peer = Peer().__enter__()
        self.hub.serve(self.peer)
        return Asking(self.hub, self.peer)

    def __exit__(self, *error):
        self.peer.__exit__(*error)


def numbers(items):
    return [each["number"] for each in items]
