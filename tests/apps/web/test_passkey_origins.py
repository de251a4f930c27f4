"""A passkey that was asked for on another host opens nothing, though WebAuthn would let it."""

import json

import pytest
from allauth.mfa.webauthn.internal import auth
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.module_loading import import_string
from fido2.utils import websafe_encode

from apps.orgs.models import User
from apps.web import passkeys

OURS = "http://localhost:8000"
FOREIGN = [
    "http://acme.localhost:8000",
    "https://localhost:8000",
    "http://localhost",
    "http://localhost:8000.evil.example",
    "https://evil.example",
    "",
]
FORMS = sorted(settings.MFA_FORMS)


class Reached(Exception):
    """What comes after the origin."""


@pytest.fixture(autouse=True)
def beyond(monkeypatch):
    def reached(*_):
        raise Reached

    for name in ("complete_registration", "complete_authentication", "extract_user_from_response"):
        monkeypatch.setattr(auth, name, reached)
    monkeypatch.setattr("allauth.mfa.webauthn.forms.check_rate_limit", lambda user: None)


def credential(origin, kind):
    """As a browser sends it; who signed it is looked at after its origin."""
    told = {"type": f"webauthn.{kind}", "challenge": "AAAA", "origin": origin}
    data = websafe_encode(json.dumps(told).encode())
    blank = websafe_encode(bytes(37))
    answer = {"clientDataJSON": data, "authenticatorData": blank, "signature": blank}
    if kind == "create":
        attested = b"\xa3cfmtdnonegattStmt\xa0hauthDataX\x25" + bytes(37)
        answer = {"clientDataJSON": data, "attestationObject": websafe_encode(attested)}
    named = {"id": "AAAA", "rawId": "AAAA", "type": "public-key"}
    return json.dumps(named | {"response": answer, "clientExtensionResults": {}})


def sent(name, origin):
    form = import_string(settings.MFA_FORMS[name])
    kind = "create" if name == "add_webauthn" else "get"
    more = {} if name == "login_webauthn" else {"user": User(email="ada@people.example")}
    return form({"name": "key", "credential": credential(origin, kind)}, **more)


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("origin", FOREIGN)
def test_another_hosts_is_refused_before_anything_is_asked_of_it(db, name, origin):
    form = sent(name, origin)
    assert not form.is_valid()
    assert list(form.errors) == ["credential"]


@pytest.mark.parametrize("name", FORMS)
def test_our_own_hosts_is_looked_at(db, name):
    with pytest.raises(Reached):
        sent(name, OURS).is_valid()


def test_it_follows_the_account_hosts_address(settings):
    settings.ACCOUNT_URL = "https://example.com"
    made = auth.parse_authentication_response(json.loads(credential("https://example.com", "get")))
    passkeys.require_our_origin(made)
    other = credential("https://acme.example.com", "get")
    with pytest.raises(ValidationError):
        passkeys.require_our_origin(auth.parse_authentication_response(json.loads(other)))
