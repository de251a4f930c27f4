"""Who it was: the one person or bot behind a name and an address (METRICS §3).

The first of these that applies is the canonical text, and `author_id` its UUID5:

1. the Directory's primary text, found by e-mail, then by `provider:login`, then by name
2. the e-mail, lower case
3. `provider:login`, which a provider's no-reply address gives instead of an e-mail
4. the name, lower case
5. `unknown`

Providers give what people without an account have written to `ghost`: that is nobody's login.
"""

import re
from dataclasses import replace
from datetime import UTC, datetime
from fnmatch import translate
from uuid import UUID, uuid5

from devhealth.models.directory import Directory
from devhealth.models.records import Identity

AUTHORS = UUID(
    "5d2cdd5e-3f0e-5c0b-9f4e-6a1f3c9b7a10"
)  # never to change: every author_id hangs on it

HANDLE = re.compile(r"(github|gitlab|jira):[^@\s]+")

_NOREPLY = (
    # docs.github.com/account-and-profile: "ID+USERNAME@" since 2017, before that "USERNAME@"
    ("github", re.compile(r"(?:\d+\+)?([^@+]+)@users\.noreply\.github\.com")),
    # docs.gitlab.com/user/profile: "ID-USERNAME@"
    ("gitlab", re.compile(r"(?:\d+-)?([^@]+)@users\.noreply\.gitlab\.com")),
)


# Of accounts that are gone: docs.github.com/account-and-profile (deleting your account),
# docs.gitlab.com/user/profile/account/delete_account (associated records)
GHOSTS = frozenset({"github:ghost", "gitlab:ghost"})
_GHOSTS_NAMES = frozenset({"ghost", "ghost user", "deleted user"})

NEVER = datetime.min.replace(tzinfo=UTC)  # when a tombstone was committed


class Identities:
    """What a Directory makes of names and addresses, each pair worked out once."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._bot = re.compile(
            "|".join(translate(pattern) for pattern in directory.bots) or r"\b\B"
        )
        self._known: dict[tuple[str, str], Identity] = {}
        self._addresses: dict[str, Identity] = {}
        self._met: dict[tuple[str, str], datetime] = {}

    def meet(self, name: str, email: str, at: datetime) -> Identity:
        """`resolve` for the author of a commit of that instant, who so is met."""
        if self._met.get((name, email), NEVER) <= at:
            self._met[name, email] = at
        return self.resolve(name, email)

    def resolve(self, name: str, email: str) -> Identity:
        """The identity under this name, as the Directory or else the commit gives it."""
        known = self._known.get((name, email))
        if known is None:
            known = self._known[name, email] = self._identify(name.strip(), email.strip().lower())
        return known

    def of_address(self, email: str) -> Identity:
        """Who an address is, where no name is told; nobody is met by it."""
        known = self._addresses.get(email)
        if known is None:
            known = self._addresses[email] = self._identify("", email.strip().lower())
        return known

    def met(self) -> list[Identity]:
        """One for each author_id: under the name of the newest commit, of several at one instant
        the first in the order of texts, and what that lacks as the next newest has it."""
        newest_first = sorted(sorted(self._met), key=self._met.__getitem__, reverse=True)
        people: dict[UUID, Identity] = {}
        for pair in newest_first:
            identity = self._known[pair]
            newer = people.get(identity.author_id)
            people[identity.author_id] = filled(newer, identity) if newer else identity
        return list(people.values())

    def _identify(self, name: str, email: str) -> Identity:
        handle = handle_of(email)
        address = email if "@" in email and not handle else None
        primary = self._alias(email, handle, name.lower()) or address
        if handle in GHOSTS:
            handle, name = None, "" if name.lower() in _GHOSTS_NAMES else name
        known_by = primary or handle or name.lower() or "unknown"
        return Identity(
            author_id=author_id(known_by),
            name=self._directory.names.get(known_by, name),
            email=primary if primary and "@" in primary else address,
            handle=primary if primary and HANDLE.fullmatch(primary) else handle,
            actor_kind=self._actor_kind(name.lower(), email, handle or "", primary or ""),
        )

    def _alias(self, *texts: str | None) -> str | None:
        aliases = self._directory.aliases
        return next((aliases[text] for text in texts if text and text in aliases), None)

    def _actor_kind(self, name: str, email: str, handle: str, primary: str) -> str:
        texts = {name, email, handle, handle.partition(":")[2], primary} - {""}
        if texts & self._directory.humans:
            return "human"
        return "bot" if any(self._bot.match(text) for text in texts) else "human"


def author_id(known_by: str) -> UUID:
    """The id of whoever is known by this text in the end: see the top of this module."""
    return uuid5(AUTHORS, known_by)


def person_id(directory: Directory, text: str) -> UUID:
    """The id of whoever the Directory knows by an address, `provider:login` or name."""
    known_by = text.strip().lower()
    known_by = directory.aliases.get(known_by) or handle_of(known_by) or known_by
    return author_id(directory.aliases.get(known_by, known_by))


def handle_of(email: str) -> str | None:
    """`github:ada` of a no-reply address in lower case, or of itself. Null: it is neither."""
    if HANDLE.fullmatch(email):
        return email
    for provider, pattern in _NOREPLY:
        if found := pattern.fullmatch(email):
            return f"{provider}:{found[1]}"
    return None


def filled(newer: Identity, older: Identity) -> Identity:
    """The newer, with the older's name or handle where it has none."""
    return replace(newer, name=newer.name or older.name, handle=newer.handle or older.handle)
