"""What a provider may refuse, as branches of the library's error tree. Texts name host and status.

Transient
├── RateLimited   nobody may send for longer than a client waits      .retry_after seconds
└── TimedOut      it took the provider too long: ask for less at once (halve the page)
Permanent
├── Rejected      an answer that no repetition changes                 .status
│   ├── Unauthorized   401: the credential is no longer good; connect again
│   ├── Forbidden      403: the credential is good, but may not read this
│   └── Missing        404, 410, 451: gone, renamed away, or hidden from the credential
├── TooLarge      an answer larger than a client takes: ask for less at once
└── Unsafe        an address that must not be spoken to: another host, an internal network
"""

from typing import TYPE_CHECKING

from devhealth.errors import Permanent, Transient

if TYPE_CHECKING:
    from devhealth.http.answers import Problem


class RateLimited(Transient):
    """The quota is spent, or the provider asked for peace, for `retry_after` seconds."""


class TimedOut(Transient):
    """A timeout, 502 or 504. Of GraphQL it is raised at once, of REST after the usual tries."""


class Rejected(Permanent):
    """The provider answered `status`, and would again. `problems`: what GraphQL found wrong."""

    def __init__(
        self, host: str, status: int, advice: str, problems: "tuple[Problem, ...]" = ()
    ) -> None:
        super().__init__(f"{host} answered {status}: {advice}")
        self.status = status
        self.problems = problems


class Unauthorized(Rejected):
    """The credential was refused."""


class Forbidden(Rejected):
    """The credential lacks a scope or a membership; no rate limit is meant."""


class Missing(Rejected):
    """Not there, or not for the eyes of this credential; providers do not tell which."""


class TooLarge(Permanent):
    """More bytes in one answer than a client takes."""


class Unsafe(Permanent):
    """Nothing was sent to an address that the guard or the client refuses."""
