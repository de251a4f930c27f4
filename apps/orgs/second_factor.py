"""The second factor, where a password alone would open a session without a browser."""

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.db import transaction

from apps.errors import Unauthorized
from apps.orgs import attempts
from apps.orgs.models import User

ABOUT = "second factor"  # what its secrets are sealed for
TYPED = (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES)


def require(person: User, code: str, *, address: str) -> None:
    """Who has one says a code of theirs, which works once. Raises `Unauthorized`.

    Codes are counted as passwords are: raises `TooManyRequests`, too.
    """
    if not is_mfa_enabled(person):
        return
    if not code:
        raise Unauthorized(
            "Send `code` as well, from your authenticator app or one of your recovery codes; "
            "who has a passkey only logs in with a browser.",
            code="mfa_required",
        )
    # By a name of their own: the right password, said before each, forgives those of passwords.
    attempt = attempts.begin(address, f"code of {person.email}")
    if not _is_right(person, code):
        raise Unauthorized("The code is wrong, or was used.", code="wrong_code")
    attempts.forgive(attempt)


def _is_right(person: User, code: str) -> bool:
    with transaction.atomic():
        found = Authenticator.objects.filter(user=person, type__in=TYPED).order_by("type")
        return any(each.wrap().validate_code(code) for each in found)
