import asyncio
import base64
import json

import pytest

from devhealth.connectors.github_app import Installation, posting, signer
from devhealth.errors import Permanent, Transient
from devhealth.http import Client, Refreshing, Unauthorized
from tests.devhealth.http.asking import HERE, NOON, Time
from tests.provider import Peer, Told

ENDS = "2026-05-28T21:26:40Z"  # an hour after NOON


class GitHub:
    """Gives the tokens `one`, `two`, …, and remembers who asked."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    async def __call__(self, address, name):
        self.asked.append((address, name))
        if self.answers:
            return self.answers.pop(0)
        token = ("zero", "one", "two", "three")[len(self.asked)]
        return 201, {"token": token, "expires_at": ENDS}


def installation(github, time=None):
    return Installation(
        api="https://api.github.com",
        app="Iv1.8a61",
        installation=7,
        sign=lambda text: b"signature",
        exchange=github,
        now=(time or Time()).now,
    )


def token(made, *, is_rejected=False):
    return asyncio.run(made(is_rejected=is_rejected))


def test_the_noon_of_these_tests_is_an_hour_before_the_tokens_end():
    assert NOON == 1_780_000_000.0


def test_a_token_is_asked_for_once_an_hour():
    github, time = GitHub(), Time()
    made = installation(github, time)
    found = [token(made)]
    time.at += 3_200
    found.append(token(made))
    time.at += 200  # less than five minutes are left
    found.append(token(made))
    assert found == ["one", "one", "two"]


def test_a_refused_token_is_renewed():
    made = installation(GitHub())
    assert [token(made), token(made, is_rejected=True)] == ["one", "two"]


def test_the_app_says_who_it_is_to_its_installation():
    github = GitHub()
    token(installation(github))
    [(address, name)] = github.asked
    assert address == "https://api.github.com/app/installations/7/access_tokens"
    head, claims, signature = (base64.urlsafe_b64decode(f"{part}==") for part in name.split("."))
    assert json.loads(head) == {"alg": "RS256", "typ": "JWT"}
    assert json.loads(claims) == {"iss": "Iv1.8a61", "iat": NOON - 60, "exp": NOON + 540}
    assert signature == b"signature"


@pytest.mark.parametrize("status", [401, 403, 404])
def test_an_app_that_is_refused_must_be_looked_after(status):
    with pytest.raises(Unauthorized, match=f"{status}: .* installation 7; check its id and key"):
        token(installation(GitHub((status, {"message": "s3cr3t"}))))


@pytest.mark.parametrize("answer", [(502, None), (201, {"token": "one"}), (201, [])])
def test_an_answer_without_a_token_is_for_later(answer):
    with pytest.raises(Transient, match=f"answered {answer[0]} without a token"):
        token(installation(GitHub(answer)))


def test_no_token_stands_in_its_text():
    made = installation(GitHub())
    token(made)
    assert "one" not in repr(made).split()
    assert "'one'" not in repr(made)


def test_a_client_asks_with_the_installations_token():
    with Peer() as peer:
        given = Told(status=201, json={"token": "t0", "expires_at": ENDS})
        peer.route("POST", "/app/installations/{id}/access_tokens", lambda asked: given)
        peer.route("GET", "/thing", lambda asked: {})
        made = installation(posting(HERE, {"accept": "application/vnd.github+json"}))
        made.api = peer.url

        async def act():
            async with Client(peer.url, auth=Refreshing(made), guard=HERE) as client:
                await client.get("/thing")

        asyncio.run(act())
        named, asked = (each.headers["authorization"] for each in peer.seen)
    assert named.startswith("Bearer ey")
    assert asked == "Bearer t0"


def test_a_github_that_cannot_be_reached_is_for_later():
    with Peer() as peer:
        url = peer.url
    made = installation(posting(HERE, {}))
    made.api = url
    with pytest.raises(Transient, match="cannot be reached"):
        token(made)


def test_what_is_no_key_is_refused_without_a_word_of_it():
    with pytest.raises(Permanent) as told:
        signer("-----BEGIN s3cr3t-----")
    assert "s3cr3t" not in str(told.value)
