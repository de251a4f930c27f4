"""The one HTTP client: everything that asks a provider over the network goes through it.

    gate = LocalGate(Policy(per_minute=900))    # or the shared one, in apps/integrations/gates
    etags = Deferred(MemoryEtags())
    async with Client(
        "https://api.github.com", credential="github:7", auth=Bearer(token), gate=gate, etags=etags
    ) as client:
        answer = await client.get("/repos/acme/api")    # answer.data is the JSON
        client.moved                                    # {"/repos/old/name": "/repositories/7"}
        async for page in client.pages("/repos/acme/api/pulls", {"state": "all"}, LinkPaging()):
            page.items                                  # as the provider sent them, never null
        answer = await client.ask("/things/of", {"ids": [1, 2]})    # a POST that changes nothing
        reply = await client.graphql(QUERY, {"n": 50})  # reply.data, reply.problems
    await etags.commit()                                # when all of it is stored

Waits for limits happen inside, up to 60 s each; longer ones, and whatever stays broken after four
tries, come out as `Transient` with `retry_after`. `Missing` and `Forbidden` say that this one thing
is out of reach, `Unauthorized` that the whole credential is. `TimedOut` and `TooLarge` ask for
smaller pages: halve the page and remember it. A list is read to its end or raises; a page that
comes twice in a row of `next` raises too. Items come twice where lists shift: sort by updated,
overlap, dedupe by key. With `is_conditional=True` an answer may be unchanged and hold no data.
Name the `resource` whose quota a request uses where it is not `core` (or `graphql`): `search`.
Texts of errors name host and status. Bodies, queries and tokens never reach a text or a log.
"""

from devhealth.http.addresses import Guard
from devhealth.http.answers import Answer, Page, Problem, Reply, Request
from devhealth.http.auth import Anonymous, Auth, Basic, Bearer, Refreshing, TokenHeader
from devhealth.http.client import Client
from devhealth.http.clock import Clock, SystemClock
from devhealth.http.errors import (
    Forbidden,
    Missing,
    RateLimited,
    Rejected,
    TimedOut,
    TooLarge,
    Unauthorized,
    Unsafe,
)
from devhealth.http.etags import Deferred, Etags, MemoryEtags, Stored
from devhealth.http.gates import Gate, LocalGate, Ticket, Wait
from devhealth.http.paging import (
    Cursor,
    LinkPaging,
    NextPageToken,
    PageNumber,
    Paging,
    StartAt,
)
from devhealth.http.quota import Policy, Taught
from devhealth.http.sending import Sent
from devhealth.http.spent import Spent

__all__ = [
    "Anonymous",
    "Answer",
    "Auth",
    "Basic",
    "Bearer",
    "Client",
    "Clock",
    "Cursor",
    "Deferred",
    "Etags",
    "Forbidden",
    "Gate",
    "Guard",
    "LinkPaging",
    "LocalGate",
    "MemoryEtags",
    "Missing",
    "NextPageToken",
    "Page",
    "PageNumber",
    "Paging",
    "Policy",
    "Problem",
    "RateLimited",
    "Refreshing",
    "Rejected",
    "Reply",
    "Request",
    "Sent",
    "Spent",
    "StartAt",
    "Stored",
    "SystemClock",
    "Taught",
    "Ticket",
    "TimedOut",
    "TokenHeader",
    "TooLarge",
    "Unauthorized",
    "Unsafe",
    "Wait",
]
