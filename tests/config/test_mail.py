"""One address for what Django has eight settings for."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.mail import mail_settings


def test_by_itself_e_mails_are_printed():
    assert mail_settings("console://") == {
        "EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"
    }


@pytest.mark.parametrize(
    ("url", "port", "starts_tls", "is_tls"),
    [
        ("smtp://mail.example", 587, True, False),
        ("smtps://mail.example", 465, False, True),
        ("smtp+plain://mail.example:1025", 1025, False, False),
    ],
)
def test_a_scheme_says_how(url, port, starts_tls, is_tls):
    found = mail_settings(url)
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"]) == ("mail.example", port)
    assert (found["EMAIL_USE_TLS"], found["EMAIL_USE_SSL"]) == (starts_tls, is_tls)


def test_a_name_and_a_password_may_hold_any_character():
    found = mail_settings("smtp://a%40b.example:p%2Fw%3A@mail.example")
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("a@b.example", "p/w:")


@pytest.mark.parametrize("url", ["", "x", "http://canary-word@mail", "smtp://", "smtp://a:b@c:x"])
def test_what_is_no_such_address_is_refused_and_not_repeated(url):
    with pytest.raises(ImproperlyConfigured) as refused:
        mail_settings(url)
    assert "canary" not in str(refused.value)
