"""What allauth asks of us: whose address it is, how passwords are counted, secrets kept."""

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest

from apps.orgs import attempts, second_factor
from apps.orgs.addresses import network_of
from apps.orgs.models import User
from apps.secret_keys import seal, unseal


class AccountAdapter(DefaultAccountAdapter):
    def get_client_ip(self, request: HttpRequest) -> str:
        return network_of(request)

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        return _ours(super().get_email_confirmation_url(request, emailconfirmation))

    def get_reset_password_from_key_url(self, key: str) -> str:
        return _ours(super().get_reset_password_from_key_url(key))

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """Counted as every password is, whichever door it is tried at. Raises `TooManyRequests`."""
        attempt = attempts.begin(network_of(request), credentials.get("email") or "")
        person: User | None = super().authenticate(request, **credentials)
        if person is not None:
            attempts.forgive(attempt)
        return person

    def reauthenticate(self, user: User, password: str) -> bool:
        """By the address: a person has no other name."""
        return self.authenticate(context.request, email=user.email, password=password) is not None


def _ours(url: str) -> str:
    """What an e-mail leads to is where we are, whatever host the request was sent to."""
    return f"{settings.ACCOUNT_URL}{urlsplit(url).path}"


class MFAAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        return seal(text, about=second_factor.ABOUT)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text, about=second_factor.ABOUT)
