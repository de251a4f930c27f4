"""Addresses that somebody names are spoken to by nobody who would be harmed by it."""

import asyncio
import socket
import ssl
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from devhealth.errors import Transient
from devhealth.http import Guard
from devhealth.http.errors import Unsafe
from devhealth.http.telling import require_address, told
from tests.apps.notify.receiver import receiving


def telling(url, guard):
    return asyncio.run(told(url, b"{}", {}, guard=guard, patience=2.0))


def resolving(*answers):
    """A name server that says something else each time; and how often it was asked."""
    asked = []

    async def resolve(host, port):
        asked.append(host)
        return answers[min(len(asked), len(answers)) - 1]

    return resolve, asked


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fd00::1"])
def test_a_name_that_leads_inside_is_told_nothing(address):
    resolve, _ = resolving([address])
    with pytest.raises(Unsafe, match="internal network"):
        telling("https://hooks.example.com/", Guard(resolve=resolve))


def test_one_address_inside_among_others_is_enough():
    resolve, _ = resolving(["93.184.215.14", "127.0.0.1"])
    with pytest.raises(Unsafe):
        telling("https://hooks.example.com/", Guard(resolve=resolve))


def test_a_name_is_asked_for_once_and_what_was_checked_is_spoken_to():
    """Whoever answers otherwise the second time is not asked."""
    with receiving() as receiver:
        port = receiver.url.split(":")[2].split("/")[0]
        resolve, asked = resolving(["127.0.0.1"], ["10.0.0.1"])
        guard = Guard(allowed=("hooks.corp",), resolve=resolve)
        assert telling(f"http://hooks.corp:{port}/", guard).status == 204
    assert (asked, receiver.told[0].headers["host"]) == (["hooks.corp"], f"hooks.corp:{port}")


def test_a_name_that_nobody_knows_can_be_asked_for_again():
    async def unknown(host, port):
        raise socket.gaierror

    with pytest.raises(Transient, match="cannot be reached"):
        telling("https://hooks.example.com/", Guard(resolve=unknown))


@pytest.mark.parametrize("error", [UnicodeError, OverflowError, TimeoutError])
def test_what_a_resolver_cannot_read_is_a_name_that_nobody_knows(error):
    async def unreadable(host, port):
        raise error

    with pytest.raises(Transient, match="cannot be reached"):
        telling("https://hooks.example.com/", Guard(resolve=unreadable))


@pytest.mark.parametrize("url", ["https://hooks.example.com/a?b=c", "https://[2606:4700::1]:8443/"])
def test_what_is_an_address_of_the_internet_is_taken(url):
    require_address(url, Guard())


@pytest.mark.parametrize(
    "url",
    ["https://[::1", "https://a b/", "https://x:99999/", "//x", "", f"https://{'a' * 64}.example/"],
)
def test_what_is_no_address_is_refused_before_anybody_is_asked(url):
    with pytest.raises(Unsafe):
        require_address(url, Guard())


# --- certificates --------------------------------------------------------------------------------


@pytest.fixture
def certified(tmp_path):
    """A TLS server's context, of the name hooks.corp, and one that trusts its issuer."""
    key, name = ec.generate_private_key(ec.SECP256R1()), "hooks.corp"
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "hooks.pem"
    plain = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(key.private_bytes(*plain) + made.public_bytes(Encoding.PEM))
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(path)
    return served, ssl.create_default_context(cafile=str(path))


def telling_over_tls(served, name):
    with receiving(served) as receiver:
        resolve, _ = resolving(["127.0.0.1"])
        port = receiver.url.split(":")[2].split("/")[0]
        return telling(f"https://{name}:{port}/", Guard(allowed=(name,), resolve=resolve)).status


def test_a_certificate_that_nobody_trusts_is_told_nothing(certified):
    with pytest.raises(Transient, match="a certificate that is not trusted here"):
        telling_over_tls(certified[0], "hooks.corp")


def test_a_certificate_is_checked_for_the_name_and_not_for_the_address(certified, monkeypatch):
    served, trusting = certified
    monkeypatch.setattr("devhealth.http.telling.trust", lambda: trusting)
    assert telling_over_tls(served, "hooks.corp") == 204
    with pytest.raises(Transient, match="a certificate that is not trusted here"):
        telling_over_tls(served, "other.corp")
