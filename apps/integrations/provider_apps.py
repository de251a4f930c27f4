"""By which app people are asked at a provider: the operator's, or one of the organisation's own."""

from dataclasses import dataclass, field

from django.conf import settings

from apps.errors import Unprocessable
from apps.integrations.sealing import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderApp:
    """`url`: the site that it is of, the only one that is told its secret; '': Atlassian's.

    With `app_id`, `key` and `slug` it is a GitHub App: it is installed, not only allowed.
    """

    url: str
    client_id: str
    client_secret: str = field(repr=False)
    app_id: str = ""
    key: str = field(default="", repr=False)
    slug: str = ""

    @property
    def is_installed(self) -> bool:
        return bool(self.app_id and self.key and self.slug)


def app_of(provider: str, url: str, own: Secret | None = None) -> ProviderApp:
    """The organisation's own for this site, else the operator's. Raises `Unprocessable`."""
    if own is not None and own.client_id:
        return ProviderApp(url=url, client_id=own.client_id, client_secret=own.client_secret)
    told = settings.PROVIDER_APPS.get(provider)
    if told is None or told["url"] not in ("", url):
        raise Unprocessable(
            f"This service has no app at {url or provider}: register one there and give its client "
            "id and secret, or connect by a token.",
            code="no_app",
        )
    return ProviderApp(**told)
