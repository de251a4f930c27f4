"""People with a browser, who are members nowhere yet."""

from apps.orgs.models import User
from tests.browsers import Browser


def somebody(email: str) -> tuple[User, Browser]:
    """Logged in on the account host, by an address that is theirs."""
    person, browser = User.objects.create_user(email), Browser()
    browser.log_in(person)
    return person, browser


def text_of(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined]
