"""Passwords: whether one is right, and whether a new one is good enough."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from apps.errors import Unauthorized, Unprocessable
from apps.orgs import attempts
from apps.orgs.models import User
from apps.orgs.services import find_person


def verify(email: str, password: str, *, address: str) -> User:
    """Whose password it is. Raises `TooManyRequests`, and `Unauthorized` whatever is wrong.

    address  whom the attempt is counted against, beside the account
    """
    attempt = attempts.begin(address, email)
    person = find_person(email)
    is_right = _is_right(person, password)
    if person is None or not is_right or not person.is_active:
        raise Unauthorized("The address or the password is wrong.", code="wrong_credentials")
    attempts.forgive(attempt)
    return person


def hold(person: User) -> None:
    """Until the transaction's end nobody changes the password, which is still the one that `verify`
    has found right. Raises `Unauthorized` if it is another one by now."""
    now = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    if now.password != person.password or not now.is_active:
        raise Unauthorized("The address or the password is wrong.", code="wrong_credentials")


def _is_right(person: User | None, password: str) -> bool:
    """One hash in every case, so that time tells nothing of who has an account."""
    if person is None:
        User().set_password(password)
        return False
    return bool(person.check_password(password))


def require_good(password: str, person: User) -> None:
    """Raises `Unprocessable` with all that is wrong with a new password."""
    try:
        validate_password(password, person)
    except ValidationError as error:
        errors = [{"pointer": "/body/password", "detail": each} for each in error.messages]
        raise Unprocessable(
            "This password is too easy to guess.", code="invalid_password", errors=errors
        ) from error
