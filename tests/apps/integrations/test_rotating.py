"""Keys change while everything runs."""

import pytest
from django.core.management import CommandError, call_command

from apps.integrations.models import Credential
from apps.integrations.sealing import opened
from apps.secret_keys import is_by_newest_key, new_key
from tests.apps.integrations.connected import TOKEN, connected

OLD, NEW = f"a:{new_key()}", f"b:{new_key()}"


@pytest.fixture
def sealed(acme, globex, settings):
    """Two credentials by the old key, of two organisations; the new key is there."""
    settings.ENCRYPTION_KEYS = (OLD,)
    for tenant in (acme, globex):
        with tenant.entered():
            connected()
    settings.ENCRYPTION_KEYS = (NEW, OLD)
    return acme, globex


def tokens(tenants):
    for tenant in tenants:
        with tenant.entered():
            row = Credential.objects.select_related("integration").get()
            yield opened(row.integration).token, is_by_newest_key(row.sealed)


def test_every_organisations_credentials_are_sealed_anew(sealed, settings, capsys):
    assert list(tokens(sealed)) == [(TOKEN, False)] * 2
    call_command("rotate_keys")
    settings.ENCRYPTION_KEYS = (NEW,)
    assert list(tokens(sealed)) == [(TOKEN, True)] * 2
    call_command("rotate_keys")
    assert capsys.readouterr().out.splitlines() == [
        "2 credentials were sealed by the newest key.",
        "0 credentials were sealed by the newest key.",
    ]


def test_who_cannot_be_opened_keeps_nobody_else_from_it(sealed, settings):
    acme, globex = sealed
    with acme.entered():
        Credential.objects.update(sealed="v1.gone.AAAA")
    with pytest.raises(CommandError, match="Of acme not all"):
        call_command("rotate_keys")
    assert list(tokens([globex])) == [(TOKEN, True)]


def test_a_new_key_is_printed_and_nothing_else_is_done(sealed, capsys):
    call_command("rotate_keys", "--new")
    assert len(capsys.readouterr().out.strip()) == 44
    assert list(tokens(sealed)) == [(TOKEN, False)] * 2
