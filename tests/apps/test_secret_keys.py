"""Secrets at rest: sealed by the newest key, bound to their row, or not opened at all."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from apps.secret_keys import CannotOpen, is_by_newest_key, new_key, seal, unseal

OLD, NEW = f"a:{new_key()}", f"b:{new_key()}"
ABOUT = "org_1:credential:7"


@pytest.fixture(autouse=True)
def keys(settings):
    settings.ENCRYPTION_KEYS = (OLD,)


@given(secret=st.text(max_size=200), about=st.text(max_size=50))
def test_what_was_sealed_opens_for_its_row_and_no_other(secret, about):
    sealed = seal(secret, about=about)
    assert unseal(sealed, about=about) == secret
    with pytest.raises(CannotOpen):
        unseal(sealed, about=f"{about}!")


def test_the_same_secret_is_never_sealed_alike():
    assert len({seal("s", about=ABOUT) for _ in range(50)}) == 50


def test_a_secret_is_not_in_what_is_kept():
    assert "canary" not in seal("canary", about=ABOUT)


@pytest.mark.parametrize("place", range(0, 40, 5))
def test_a_changed_text_opens_nothing(place):
    sealed = seal("secret", about=ABOUT)
    start = sealed.rindex(".") + 1 + place
    other = "A" if sealed[start] != "A" else "B"
    with pytest.raises(CannotOpen):
        unseal(sealed[:start] + other + sealed[start + 1 :], about=ABOUT)


@pytest.mark.parametrize("text", ["", "v1", "v1.a", "v1.a.", "v1.c.AAAA", "v2.a.AAAA", "....", "é"])
def test_what_was_never_sealed_opens_nothing(text):
    with pytest.raises(CannotOpen):
        unseal(text, about=ABOUT)


def test_another_version_of_the_format_opens_nothing():
    sealed = seal("secret", about=ABOUT)
    with pytest.raises(CannotOpen):
        unseal("v2" + sealed[2:], about=ABOUT)


def test_a_new_key_seals_and_the_old_one_still_opens(settings):
    before = seal("secret", about=ABOUT)
    settings.ENCRYPTION_KEYS = (NEW, OLD)
    after = seal("secret", about=ABOUT)
    assert (unseal(before, about=ABOUT), unseal(after, about=ABOUT)) == ("secret", "secret")
    assert (is_by_newest_key(before), is_by_newest_key(after)) == (False, True)
    settings.ENCRYPTION_KEYS = (NEW,)
    with pytest.raises(CannotOpen):
        unseal(before, about=ABOUT)


def test_another_key_under_the_same_name_opens_nothing(settings):
    sealed = seal("secret", about=ABOUT)
    settings.ENCRYPTION_KEYS = (f"a:{new_key()}",)
    with pytest.raises(CannotOpen):
        unseal(sealed, about=ABOUT)


@pytest.mark.parametrize(
    "keys",
    [(), ("a",), ("a:",), ("a:c2hvcnQ=",), (f":{new_key()}",), ("a:§",), (f"a.b:{new_key()}",)],
)
def test_without_a_good_key_nothing_is_sealed(settings, keys):
    settings.ENCRYPTION_KEYS = keys
    with pytest.raises(ImproperlyConfigured, match="DEVHEALTH_ENCRYPTION_KEYS"):
        seal("secret", about=ABOUT)
