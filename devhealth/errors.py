"""Every error of the library is one of two kinds; code branches on the kind, people read the text.

DevHealthError
├── Transient   try again later: lost connection, lock, rate limit    .retry_after seconds or None
└── Permanent   a person must act: no repository, unknown scheme, a query that cannot be
    ├── TooSlow    a read that the store ended at its time limit: whoever asked must ask for less
    └── Unusable   the store is at fault and its operator must act, not whoever asked

What providers refuse has branches of its own, in `devhealth.http.errors`.
"""


class DevHealthError(Exception):
    """Its text is a sentence that says what to do; it never holds a secret or a provider's body."""


class Transient(DevHealthError):
    """The same call may succeed later."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Permanent(DevHealthError):
    """The same call fails until somebody changes something."""


class TooSlow(Permanent):
    """A read that its store ended after `seconds`; asked again it would take as long."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"This takes longer than {seconds:g} s: ask for fewer days, or group by less."
        )


class Unusable(Permanent):
    """A store that cannot be used as it stands: password, permissions, disk, missing tables.

    Its text names hosts and files; a service tells it to its log, not to its clients.
    """
