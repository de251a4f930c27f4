"""Identities that are probably one person's, and why. Only a person decides.

    same_address    the addresses differ by case, `+tag`, or as Gmail does not tell them apart
    mailmap         a `.mailmap` gives both one address, or one name
    same_name       the names, whatever their case, accents and spacing; of one word they say
                    nothing alone
    same_login      `provider:login` of two providers
    login_is_local  a login is the part before the `@` of the other's address
    same_local      the parts before the `@`; they say nothing alone

A text that anybody may have (`root`, `noreply`) and one that more than `MANY` identities share say
nothing. Bots and people are never one. What is said is told with each pair; pairs that hang
together are one suggestion, as far as nobody has said that two of them are two.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations
from typing import Literal
from uuid import UUID

from devhealth.models.records import Identity, MailmapEntry
from devhealth.names import canonical_address, is_anybodys, local_part, words

MANY = 10  # identities that share a text: then it is a common one

Confidence = Literal["high", "medium"]
SURER: tuple[Confidence, ...] = ("high", "medium")
EVERYWHERE = None

Pair = tuple[UUID, UUID]  # the lower id first
Where = UUID | None  # the repository in which a text says something

ENOUGH = frozenset({"same_address", "mailmap"})
LOGINS = frozenset({"same_login", "login_is_local"})
ACCOUNTS = LOGINS | {"same_local"}


@dataclass(frozen=True, slots=True, order=True)
class Reason:
    """What two identities share, and the text that they share."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """Why two identities may be one."""

    pair: Pair
    reasons: tuple[Reason, ...]

    @property
    def confidence(self) -> Confidence:
        """high: an address, a `.mailmap`, or a name with a login or local part; else medium."""
        kinds = {reason.kind for reason in self.reasons}
        is_high = kinds & ENOUGH or ("same_name" in kinds and kinds & ACCOUNTS)
        return "high" if is_high else "medium"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Two or more identities, in the order of their ids; as sure as the weakest link it needs."""

    author_ids: tuple[UUID, ...]
    links: tuple[Link, ...]
    confidence: Confidence


def suggest(
    identities: Iterable[Identity],
    entries: Iterable[MailmapEntry] = (),
    *,
    dismissed: Collection[Pair] = frozenset(),
) -> list[Suggestion]:
    """The surest first, then by id, whatever the order of what is given.

    identities  one for each author_id, none that is deleted
    dismissed   pairs that are two people
    """
    people = {each.author_id: each for each in identities}
    shared = _shared(people, entries)
    links = [
        Link(pair, tuple(sorted(reasons)))
        for pair, reasons in sorted(shared.items())
        if pair not in dismissed and _is_enough(reasons, people[pair[0]], people[pair[1]])
    ]
    groups = _Groups(dismissed)
    for link in sorted(links, key=lambda link: (SURER.index(link.confidence), link.pair)):
        groups.join(link)
    return sorted(
        groups.told(links), key=lambda each: (SURER.index(each.confidence), each.author_ids)
    )


# --- what is shared ------------------------------------------------------------------------------


def _shared(
    people: Mapping[UUID, Identity], entries: Iterable[MailmapEntry]
) -> dict[Pair, set[Reason]]:
    """By groups of those who share a text, so that nobody is held against everybody."""
    sharers: dict[tuple[str, Where, Reason], set[UUID]] = defaultdict(set)
    for author_id, where, reason in chain(_told(people), _mapped(people, entries)):
        sharers[people[author_id].actor_kind, where, reason].add(author_id)
    found: dict[Pair, set[Reason]] = defaultdict(set)
    for (_, _, reason), group in sharers.items():
        if len(group) <= MANY:
            for pair in combinations(sorted(group), 2):
                found[pair].add(_compared(reason, *(people[author_id] for author_id in pair)))
    return found


def _told(people: Mapping[UUID, Identity]) -> Iterator[tuple[UUID, Where, Reason]]:
    for each in people.values():
        for reason in _texts(each):
            yield each.author_id, EVERYWHERE, reason


def _texts(identity: Identity) -> Iterator[Reason]:
    """What others may have, too. A login and a local part are one kind until two are compared."""
    if name := words(identity.name):
        yield Reason("same_name", " ".join(name))
    if identity.email and not is_anybodys(local_part(identity.email)):
        yield Reason("same_address", canonical_address(identity.email))
    for text in _accounts(identity):
        yield Reason("account", text)


def _accounts(identity: Identity) -> set[str]:
    texts = {_login(identity), local_part(identity.email or "")}
    return {text for text in texts if not is_anybodys(text)}


def _login(identity: Identity) -> str:
    return (identity.handle or "").partition(":")[2].casefold()


def _compared(reason: Reason, one: Identity, other: Identity) -> Reason:
    if reason.kind != "account":
        return reason
    logins = [_login(each) == reason.text for each in (one, other)]
    kind = "same_login" if all(logins) else "login_is_local" if any(logins) else "same_local"
    return Reason(kind, reason.text)


def _mapped(
    people: Mapping[UUID, Identity], entries: Iterable[MailmapEntry]
) -> Iterator[tuple[UUID, Where, Reason]]:
    """Those whose addresses a `.mailmap` gives one address, or within one file one name."""
    owners: dict[str | None, list[Identity]] = defaultdict(list)
    for each in people.values():
        owners[each.email].append(each)
    for entry in entries:
        texts = _proper(entry)
        for address in {entry.commit_email, entry.proper_email} & owners.keys():
            for owner in owners[address]:
                if _is_meant(entry, owner):
                    yield from ((owner.author_id, where, reason) for where, reason in texts)


def _proper(entry: MailmapEntry) -> list[tuple[Where, Reason]]:
    """An address is one person's in every file, a name in its own."""
    address, name = entry.proper_email, " ".join(words(entry.proper_name))
    texts = [(EVERYWHERE, address), (entry.repo_id, name)]
    return [(where, Reason("mailmap", text)) for where, text in texts if text]


def _is_meant(entry: MailmapEntry, owner: Identity) -> bool:
    """Whether all under an address are: many share `root@localhost`, whom their names part."""
    if owner.email == entry.proper_email:
        return True
    is_shared = is_anybodys(local_part(entry.commit_email))
    other_name = entry.commit_name and words(entry.commit_name) != words(owner.name)
    return not (is_shared or other_name)


def _is_enough(reasons: Collection[Reason], one: Identity, other: Identity) -> bool:
    """Whether what two share says something: not a word of a name, not a local part alone."""
    kinds = {reason.kind for reason in reasons}
    if kinds & ENOUGH or ("same_name" in kinds and kinds & ACCOUNTS):
        return True
    if "same_name" in kinds:
        return len(words(one.name)) > 1
    return bool(kinds & LOGINS) and not _contradict(words(one.name), words(other.name))


def _contradict(one: Sequence[str], other: Sequence[str]) -> bool:
    """Two full names, none of which is the other with something left out."""
    if len(one) < 2 or len(other) < 2:
        return False
    return not (set(one) <= set(other) or set(other) <= set(one))


# --- what hangs together -------------------------------------------------------------------------


class _Groups:
    """Identities joined by links, the surest first; never two that are known to be two."""

    def __init__(self, dismissed: Iterable[Pair]) -> None:
        self._group: dict[UUID, set[UUID]] = {}
        self._joined: list[Link] = []
        self._others: dict[UUID, set[UUID]] = defaultdict(set)
        for one, other in dismissed:
            self._others[one].add(other)
            self._others[other].add(one)

    def join(self, link: Link) -> None:
        """As far as nobody objects."""
        small, large = sorted((self._of(each) for each in link.pair), key=len)
        if small is large or self._are_two(small, large):
            return
        large |= small
        self._group |= dict.fromkeys(small, large)
        self._joined.append(link)

    def told(self, links: Iterable[Link]) -> list[Suggestion]:
        """With all the links inside of each; the last that joined it is its weakest."""
        first: dict[UUID, UUID] = {}  # the lowest id of each one's group
        for each, group in self._group.items():
            if each not in first:
                first |= dict.fromkeys(group, min(group))
        inside: dict[UUID, list[Link]] = defaultdict(list)
        for link in links:
            if first[link.pair[0]] == first[link.pair[1]]:
                inside[first[link.pair[0]]].append(link)
        weakest = {first[link.pair[0]]: link.confidence for link in self._joined}
        return [
            Suggestion(tuple(sorted(self._group[each])), tuple(own), weakest[each])
            for each, own in inside.items()
        ]

    def _of(self, author_id: UUID) -> set[UUID]:
        return self._group.setdefault(author_id, {author_id})

    def _are_two(self, one: set[UUID], other: set[UUID]) -> bool:
        return any(not self._others[each].isdisjoint(other) for each in one if each in self._others)
