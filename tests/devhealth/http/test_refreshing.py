import asyncio
from threading import Barrier

from devhealth.http import Refreshing, SystemClock, Unauthorized
from tests.devhealth.http.asking import client, error
from tests.provider import Told


class Tokens:
    """The n-th token is `t<n>`; every refresh makes the next."""

    def __init__(self, first=0):
        self.current, self.asks, self.refreshes = first, 0, 0

    async def __call__(self, *, is_rejected):
        self.asks += 1
        if is_rejected:
            self.refreshes += 1
            await asyncio.sleep(0.01)
            self.current += 1
        return f"t{self.current}"


def only(*good):
    """A handler that knows these tokens."""

    def handler(asked):
        token = asked.headers["authorization"].removeprefix("Bearer ")
        return {"by": token} if token in good else Told(status=401, json={})

    return handler


def test_a_refused_token_is_asked_for_once_more(peer, time):
    tokens = Tokens()
    peer.route("GET", "/thing", only("t1"))

    async def act():
        async with client(peer, time, auth=Refreshing(tokens)) as made:
            return await made.get("/thing")

    assert asyncio.run(act()).data == {"by": "t1"}
    assert tokens.refreshes == 1


def test_a_second_refusal_is_for_a_person(peer, time):
    tokens = Tokens()
    peer.route("GET", "/thing", only())
    raised = error(peer, time, auth=Refreshing(tokens))
    assert isinstance(raised, Unauthorized)
    assert "connect again" in str(raised)
    assert (len(peer.seen), tokens.refreshes) == (2, 1)


def test_requests_that_are_refused_together_refresh_once(peer):
    tokens, together = Tokens(), Barrier(6)

    def handler(asked):
        if asked.headers["authorization"] == "Bearer t0":
            together.wait(timeout=30)
        return only("t1")(asked)

    peer.route("GET", "/before", only("t0"))
    peer.route("GET", "/thing", handler)

    async def act():
        async with client(peer, SystemClock(), auth=Refreshing(tokens)) as made:
            await made.get("/before")
            return await asyncio.gather(*(made.get("/thing") for _ in range(6)))

    assert [each.data for each in asyncio.run(act())] == [{"by": "t1"}] * 6
    assert tokens.refreshes == 1


def test_a_token_that_has_changed_by_itself_is_taken(peer, time):
    """Another process has refreshed it meanwhile."""
    tokens = Tokens()

    def handler(asked):
        tokens.current = 1
        return only("t1")(asked)

    peer.route("GET", "/thing", handler)

    async def act():
        async with client(peer, time, auth=Refreshing(tokens)) as made:
            return await made.get("/thing")

    assert asyncio.run(act()).data == {"by": "t1"}
    assert tokens.refreshes == 0


def test_a_changing_token_is_never_shown():
    assert "t0" not in repr(Refreshing(Tokens()))
