"""A passkey speaks for the account host alone.

WebAuthn lets every host below the account host ask for its passkeys, and `fido2` takes what they
got: an organisation's host is such a one. Here only the account host's own origin counts.
"""

from typing import Any
from urllib.parse import urlsplit

from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn import forms
from allauth.mfa.webauthn.internal import auth
from django.conf import settings


def require_our_origin(response: Any) -> None:
    """`response`: as `fido2` has parsed it. Raises `ValidationError`."""
    ours = urlsplit(settings.ACCOUNT_URL)
    if response.response.client_data.origin != f"{ours.scheme}://{ours.netloc}":
        raise get_adapter().validation_error("incorrect_code")


class AddForm(forms.AddWebAuthnForm):
    def clean_credential(self) -> Any:
        credential = self.cleaned_data["credential"]
        require_our_origin(auth.parse_registration_response(credential))
        return credential


class OfOurOrigin:
    cleaned_data: dict[str, Any]

    def clean_credential(self) -> Any:
        require_our_origin(auth.parse_authentication_response(self.cleaned_data["credential"]))
        return super().clean_credential()  # type: ignore[misc]


class LoginForm(OfOurOrigin, forms.LoginWebAuthnForm):
    pass


class AuthenticateForm(OfOurOrigin, forms.AuthenticateWebAuthnForm):
    pass


class ReauthenticateForm(OfOurOrigin, forms.ReauthenticateWebAuthnForm):
    pass
