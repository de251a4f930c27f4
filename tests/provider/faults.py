"""How providers misbehave. Each is a function of what was asked and what would have been told."""

import gzip
from email.utils import formatdate

from tests.provider.exchange import Told


def retry_after(seconds, *, status=429):
    return lambda asked, told: Told(
        status=status, headers={"Retry-After": str(seconds)}, quiet=seconds, json={}
    )


def retry_after_date(seconds, *, status=429):
    def fault(asked, told):
        until = formatdate(asked.at + seconds, usegmt=True)
        return Told(status=status, headers={"Retry-After": until}, quiet=seconds, json={})

    return fault


def secondary(asked, told):
    """GitHub's secondary limit as it comes without any header."""
    said = {"message": "You have exceeded a secondary rate limit. Please wait a few minutes."}
    return Told(status=403, json=said, quiet=60)


def answering(status, json=None, **headers):
    return lambda asked, told: Told(status=status, json=json, headers=headers)


def too_large(most, *, status=502):
    """GraphQL that gives up when the variable `first` is above `most`."""

    def fault(asked, told):
        is_large = asked.json["variables"]["first"] > most
        return Told(status=status, body=b"<html>Bad Gateway</html>") if is_large else told

    return fault


def truncated(asked, told):
    """The body ends early, the connection with it."""
    return told.but(cut=10)


def broken(asked, told):
    """Not cut by the wire: the JSON itself is half."""
    return told.but(body=b'[{"half": ')


def slow(seconds):
    return lambda asked, told: told.but(delay=seconds)


def expired(asked, told):
    return Told(status=401, json={"message": "Bad credentials"})


def moved(new, *, status=301, base=None):
    """To another path of the peer, or of `base`; the query goes along."""

    def fault(asked, told):
        query = "&".join(f"{name}={value}" for name, value in asked.query.items())
        location = f"{base or asked.url}{new}" + (f"?{query}" if query else "")
        return Told(status=status, headers={"Location": location}, json={})

    return fault


def next_is(url):
    """`next` leads to this address."""
    return lambda asked, told: told.with_headers(Link=f'<{url}>; rel="next"')


def next_is_itself(asked, told):
    query = "&".join(f"{name}={value}" for name, value in asked.query.items())
    return told.with_headers(Link=f'<{asked.path}?{query}>; rel="next"')


def zipped(asked, told):
    return told.but(body=gzip.compress(told.body or b"[]")).with_headers(Content_Encoding="gzip")
