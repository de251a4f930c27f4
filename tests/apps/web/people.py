"""People with a browser, who are members nowhere yet."""

from allauth.account.models import EmailAddress

from apps.orgs.models import User
from tests.browsers import Browser


def verified(person: User) -> User:
    EmailAddress.objects.filter(user=person).update(verified=True)
    return person


def somebody(email: str) -> tuple[User, Browser]:
    """Logged in on the account host, by an address that is theirs."""
    person, browser = verified(User.objects.create_user(email)), Browser()
    browser.log_in(person)
    return person, browser


def text_of(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined]
