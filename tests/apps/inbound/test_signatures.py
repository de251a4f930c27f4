"""Who has not the secret says nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.inbound.signatures import is_signed, new_secret
from tests.apps.inbound import told

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
PROVIDERS = ("github", "gitlab", "jira")
BODY = b'{"zen": "Anything added dilutes everything else."}'


def signed(provider, secret, headers, body=BODY, now=NOW):
    return is_signed(provider, [secret], headers, body, now)


def right(provider, secret):
    return told.headers(provider, BODY, secret)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_without_a_signature_nobody_is_believed(provider):
    assert not signed(provider, new_secret(provider), {})


@pytest.mark.parametrize("provider", PROVIDERS)
def test_by_another_secret_nobody_is_believed(provider):
    assert not signed(provider, new_secret(provider), right(provider, new_secret(provider)))


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("known", [[], [""]])
def test_where_there_is_no_secret_nobody_is_believed(provider, known):
    assert not is_signed(provider, known, right(provider, ""), BODY, NOW)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_who_has_the_secret_is_believed(provider):
    secret = new_secret(provider)
    assert signed(provider, secret, right(provider, secret))


@pytest.mark.parametrize("provider", PROVIDERS)
def test_either_of_two_secrets_is_good(provider):
    secrets = [new_secret(provider), new_secret(provider)]
    for each in secrets:
        assert is_signed(provider, secrets, right(provider, each), BODY, NOW)


def test_githubs_own_example_is_signed():
    """docs.github.com: secret, body and signature to test one's code with."""
    headers = {
        "X-Hub-Signature-256": "sha256="
        "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    }
    assert signed("github", "It's a Secret to Everybody", headers, b"Hello, World!")


@pytest.mark.parametrize("header", ["", "sha256=", "sha1=0", "sha256=ümlaut", "757107ea"])
def test_what_is_no_signature_is_none(header):
    assert not signed("github", "s3cr3t", {"X-Hub-Signature-256": header})
    assert not signed("jira", "s3cr3t", {"X-Hub-Signature": header})


def test_sha1_is_not_taken():
    import hashlib
    import hmac

    old = "sha1=" + hmac.new(b"s3cr3t", BODY, hashlib.sha1).hexdigest()
    assert not signed("github", "s3cr3t", {"X-Hub-Signature": old})
    assert not signed("jira", "s3cr3t", {"X-Hub-Signature": old})


@given(body=st.binary(max_size=200), other=st.binary(max_size=200))
def test_a_signature_is_of_these_bytes_only(body, other):
    secret = "s3cr3t"
    headers = {"X-Hub-Signature-256": told.hub(body, secret)}
    assert signed("github", secret, headers, other) == (body == other)


# --- GitLab's signing token: Standard Webhooks ---------------------------------------------------


def gitlab(secret, at=NOW, **changes):
    return told.standard(BODY, secret, at=at.timestamp()) | changes


def test_a_signing_token_signs_id_time_and_body():
    secret = new_secret("gitlab")
    assert signed("gitlab", secret, gitlab(secret))
    assert not signed("gitlab", secret, gitlab(secret), BODY + b" ")
    assert not signed("gitlab", secret, gitlab(secret, **{"webhook-id": "msg_2"}))


@pytest.mark.parametrize("minutes", [-6, 6, 60 * 24])
def test_an_old_signature_is_not_good_again(minutes):
    secret = new_secret("gitlab")
    assert not signed("gitlab", secret, gitlab(secret, NOW - timedelta(minutes=minutes)))


@pytest.mark.parametrize("at", ["", "now", "-1", "١٢", "9" * 40])
def test_a_time_that_is_none_is_refused(at):
    secret = new_secret("gitlab")
    assert not signed("gitlab", secret, gitlab(secret, **{"webhook-timestamp": at}))


def test_one_of_several_signatures_is_enough():
    secret = new_secret("gitlab")
    headers = gitlab(secret)
    several = f"v1,AAAA v2,BBBB {headers['webhook-signature']}"
    assert signed("gitlab", secret, headers | {"webhook-signature": several})


def test_a_wrong_signature_is_not_made_good_by_the_token():
    secret = new_secret("gitlab")
    forged = {"webhook-signature": "v1,AAAA", "webhook-timestamp": str(int(NOW.timestamp()))}
    assert not signed("gitlab", secret, right("gitlab", secret) | forged)
