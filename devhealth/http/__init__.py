"""The one HTTP client: everything that asks a provider over the network goes through it.

    gate = LocalGate(Policy(per_minute=900))            # or the shared one, in apps/pipeline/gates
    etags = Deferred(MemoryEtags())
    async with Client(
        "https://api.github.com", credential="github:7", auth=Bearer(token), gate=gate, etags=etags
    ) as client:
        answer = await client.get("/repos/acme/api")    # answer.data is the JSON
        client.moved                                    # {"/repos/old/name": "/repositories/7"}
        async for page in client.pages("/repos/acme/api/pulls", {"state": "all"}, LinkPaging()):
            page.items                                  # as the provider sent them, never null
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
