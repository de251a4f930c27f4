"""What a browser's login keeps lies sealed."""

import pytest
from django.contrib.sessions.models import Session as BrowserSession

from apps.orgs.browser_session import SessionStore

OTHER_KEY = (f"other:{'08' * 21}0=",)


@pytest.fixture
def key(db):
    kept = SessionStore()
    kept["what"] = "a canary"
    kept.save()
    return kept.session_key


def test_it_is_read_by_its_own_store_and_by_no_other(key):
    assert SessionStore(key)["what"] == "a canary"
    assert BrowserSession.objects.get(pk=key).get_decoded() == {}


@pytest.mark.parametrize("data", ["", "x", "v1.tests.AAAA"])
def test_what_is_not_sealed_is_empty(key, data):
    BrowserSession.objects.filter(pk=key).update(session_data=data)
    assert SessionStore(key).load() == {}


def test_without_its_key_it_is_empty_and_whose_it_was_logs_in_again(key, settings):
    settings.ENCRYPTION_KEYS = OTHER_KEY
    assert SessionStore(key).load() == {}


def test_another_key_in_front_opens_it_still(key, settings):
    settings.ENCRYPTION_KEYS = (*OTHER_KEY, *settings.ENCRYPTION_KEYS)
    assert SessionStore(key)["what"] == "a canary"
