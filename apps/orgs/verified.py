"""Which addresses are a person's own beyond doubt: those that a link was sent to and came back."""

from allauth.account.models import EmailAddress

from apps.errors import Forbidden
from apps.orgs.models import User


def addresses_of(person: User) -> list[str]:
    """In lower case."""
    found = EmailAddress.objects.filter(user=person, verified=True)
    return sorted({email.lower() for email in found.values_list("email", flat=True)})


def require_verified(person: User) -> None:
    """Raises `Forbidden` while nobody knows whose the person's address is."""
    if person.email not in addresses_of(person):
        raise Forbidden(
            f"Confirm {person.email} first, by the link in the e-mail that was sent there.",
            code="email_not_verified",
        )
