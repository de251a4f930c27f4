import stat

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.services import (
    VARIABLES,
    control_database,
    encryption_keys,
    login_providers,
    provider_apps,
    seconds,
    secret_key,
    service_uris,
)


@pytest.fixture
def nothing_set(monkeypatch):
    for name in (*VARIABLES, "DJANGO_SECRET_KEY", "DEVHEALTH_ENCRYPTION_KEYS"):
        monkeypatch.delenv(name, raising=False)


def test_without_any_server_the_way_out_is_named(nothing_set, tmp_path):
    with pytest.raises(ImproperlyConfigured, match="make demo"):
        service_uris(tmp_path)


def test_what_is_missing_is_named(nothing_set, monkeypatch, tmp_path):
    monkeypatch.setenv("REDIS_URL", "redis://r")
    with pytest.raises(ImproperlyConfigured, match="CONTROL_DATABASE_URI, DATABASE_URI: not set"):
        service_uris(tmp_path)


def test_production_makes_no_secret_of_its_own(nothing_set, tmp_path):
    with pytest.raises(ImproperlyConfigured, match="DJANGO_SECRET_KEY"):
        secret_key(tmp_path, development=False)


def test_production_makes_no_encryption_key_of_its_own(nothing_set, tmp_path):
    assert encryption_keys(tmp_path, development=False) == ()


def test_development_makes_one_encryption_key_and_keeps_it(nothing_set, tmp_path):
    (first,) = encryption_keys(tmp_path / "state", development=True)
    assert encryption_keys(tmp_path / "state", development=True) == (first,)
    assert stat.S_IMODE((tmp_path / "state" / "encryption_key").stat().st_mode) == 0o600


def test_encryption_keys_keep_their_order(monkeypatch, tmp_path):
    monkeypatch.setenv("DEVHEALTH_ENCRYPTION_KEYS", "b:B, a:A,")
    assert encryption_keys(tmp_path, development=True) == ("b:B", "a:A")


def test_without_an_app_nobody_logs_in_by_a_provider():
    assert login_providers() == {}


def test_a_provider_to_log_in_by_is_switched_on_by_its_name(monkeypatch):
    monkeypatch.setenv("DEVHEALTH_LOGIN_GITLAB_ID", "an id")
    monkeypatch.setenv("DEVHEALTH_LOGIN_GITLAB_SECRET", "a secret")
    monkeypatch.setenv("DEVHEALTH_LOGIN_GITLAB_URL", "https://git.example/")
    assert login_providers() == {
        "gitlab": {
            "APPS": [{"client_id": "an id", "secret": "a secret", "key": ""}],
            "SCOPE": ["read_user"],
            "GITLAB_URL": "https://git.example",
        }
    }


def test_half_an_app_is_refused(monkeypatch):
    monkeypatch.setenv("DEVHEALTH_LOGIN_GITHUB_ID", "an id")
    with pytest.raises(ImproperlyConfigured, match="needs both"):
        login_providers()


def test_development_makes_one_secret_and_keeps_it(nothing_set, tmp_path):
    first = secret_key(tmp_path / "state", development=True)
    assert first == secret_key(tmp_path / "state", development=True)
    (kept,) = (tmp_path / "state").iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_an_address_may_hold_anything_that_postgresql_knows():
    database = control_database("postgresql://u:p%40w@h:5/d?sslmode=require")
    assert (database["PASSWORD"], database["OPTIONS"]["sslmode"]) == ("p@w", "require")


def test_an_address_of_sqlalchemys_spelling_is_the_same():
    given = "postgresql{}://u:p@h:5/d"
    assert control_database(given.format("+asyncpg")) == control_database(given.format(""))


def test_who_is_frozen_in_a_transaction_loses_it_and_its_locks():
    options = control_database("postgresql://h/d?options=-c%20geqo%3Doff")["OPTIONS"]["options"]
    assert options == "-c idle_in_transaction_session_timeout=15s -c geqo=off"


def test_a_wrong_address_is_not_repeated():
    with pytest.raises(ImproperlyConfigured) as refused:
        control_database("mysql://u:secret@h/d")
    assert "secret" not in str(refused.value)
    assert refused.value.__suppress_context__


@pytest.mark.parametrize(("text", "expected"), [("", 30), ("2.5", 2.5), ("86400", 86400)])
def test_a_length_of_time_is_seconds(monkeypatch, text, expected):
    monkeypatch.setenv("SOME_TIMEOUT", text)
    assert seconds("SOME_TIMEOUT", 30) == expected


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "86401", "30s", "half a minute"])
def test_a_length_of_time_that_is_none_is_refused_by_its_name(monkeypatch, text):
    monkeypatch.setenv("SOME_TIMEOUT", text)
    with pytest.raises(ImproperlyConfigured, match="SOME_TIMEOUT is a number of seconds"):
        seconds("SOME_TIMEOUT", 30)


def test_a_provider_without_an_app_is_not_among_them(monkeypatch):
    monkeypatch.setenv("DEVHEALTH_GITLAB_CLIENT_ID", "a")
    monkeypatch.setenv("DEVHEALTH_GITLAB_CLIENT_SECRET", "b")
    found = provider_apps()
    assert found.keys() == {"gitlab"}
    assert (found["gitlab"]["url"], found["gitlab"]["client_secret"]) == ("https://gitlab.com", "b")


@pytest.mark.parametrize("how", ["file", "text", "one line"])
def test_an_apps_key_is_in_a_file_or_the_variable(monkeypatch, tmp_path, how):
    key = "-----BEGIN KEY-----\nabc\n-----END KEY-----\n"
    (tmp_path / "key.pem").write_text(key)
    told = {"file": str(tmp_path / "key.pem"), "text": key, "one line": key.replace("\n", "\\n")}
    monkeypatch.setenv("DEVHEALTH_GITHUB_CLIENT_ID", "a")
    monkeypatch.setenv("DEVHEALTH_GITHUB_APP_KEY", told[how])
    assert provider_apps()["github"]["key"] == key


def test_a_key_that_cannot_be_read_stops_the_start_and_is_not_repeated(monkeypatch):
    monkeypatch.setenv("DEVHEALTH_GITHUB_CLIENT_ID", "a")
    monkeypatch.setenv("DEVHEALTH_GITHUB_APP_KEY", "canary")
    with pytest.raises(ImproperlyConfigured, match="DEVHEALTH_GITHUB_APP_KEY") as told:
        provider_apps()
    assert "canary" not in str(told.value)
