"""Which work items a pull request names, by its words: `PullRequest.refers_to`.

The words that close: docs.github.com ("Linking a pull request to an issue"), docs.gitlab.com
("Default closing pattern", where one word may close several). A key of Jira is a project's key and
a number; what only looks like one is left out, as far as a short list knows.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

MOST: Final = 100  # items that one pull request may name; whoever names more names nothing
_READ: Final = 100_000  # characters of a body; providers' own forms take fewer

# Standards, ciphers, advisories and the like: never a project.
NO_PROJECTS: Final = frozenset(
    {
        "AES", "BIP", "BSD", "CAPEC", "COVID", "CP", "CVE", "CWE", "DIN", "ECMA", "EIP", "EN", "ES",
        "FIPS", "GHSA", "GMT", "GPL", "GPT", "HTTP", "IEC", "IEEE", "ISO", "JDK", "JEP", "JSR",
        "LGPL", "MR", "NIST", "PCI", "PEP", "PR", "RFC", "RHEL", "RSA", "SHA", "SSL", "TLS", "UTC",
        "UTF", "WCAG", "WIN",
    }
)  # fmt: skip
# How branches begin that are no key either.
_NO_BRANCHES: Final = frozenset(
    {
        "BUG", "BUGFIX", "BUILD", "BUMP", "CHORE", "DEV", "DOCS", "FEAT", "FEATURE", "FIX",
        "HOTFIX", "ISSUE", "ISSUES", "JAVA", "NODE", "PATCH", "PYTHON", "RELEASE", "REVERT",
        "STABLE", "TASK", "TEST", "UPDATE", "VERSION",
    }
)  # fmt: skip

_NUMBER: Final = r"([1-9]\d{0,8})(?!\w)"
_PATH: Final = r"[\w.-]{1,255}+(?:/[\w.-]{1,255}+){0,20}"
_REFERENCE: Final = re.compile(rf"({_PATH})?#{_NUMBER}", re.ASCII)
_ADDRESS: Final = re.compile(
    rf"https?://([\w.:-]{{1,255}}+)/({_PATH})/(?:issues|work_items)/{_NUMBER}", re.ASCII
)
_CLOSING: Final = re.compile(
    r"\b(?:clos(?:e[sd]?)|fix(?:e[sd])?|resolv(?:e[sd]?)):?\s{1,8}+", re.ASCII | re.I
)
_CLOSING_MORE: Final = re.compile(
    r"\b(?:clos(?:e[sd]?|ing)|fix(?:e[sd]|ing)?|resolv(?:e[sd]?|ing)|implement(?:s|ed|ing)?):?"
    r"\s{1,8}+(?:issues?\s{1,8}+)?+",
    re.ASCII | re.I,
)
_AND: Final = re.compile(r"\s{0,8}+(?:,\s{0,8}+)?+(?:and\s{1,8}+)?+(?:issues?\s{1,8}+)?+", re.I)
_NAMED: Final = re.compile(rf"(?<![\w./#&-])({_PATH})?#{_NUMBER}", re.ASCII)
_JIRA: Final = re.compile(r"(?<![\w-])([A-Z][A-Z0-9]{1,9})-([1-9]\d{0,6})(?![A-Za-z0-9])", re.ASCII)
_BRANCH: Final = re.compile(
    r"(?:^|/)([A-Za-z][A-Za-z0-9]{1,9})-([1-9]\d{0,6})(?=$|[-_/])", re.ASCII
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Where the pull request is, so that `#7` is one item and no other.

    prefix      how the provider's keys begin: gh, gitlab
    host        whose addresses are meant
    full_name   owner/name
    is_list     a closing word closes all that follow it, and a name may stand without its group
    """

    prefix: str
    host: str
    full_name: str
    is_list: bool = False

    def key(self, path: str | None, number: str) -> str | None:
        """Null: `path` is no repository."""
        name = self._named(path) if path else self.full_name
        return f"{self.prefix}:{name}#{number}" if name else None

    def _named(self, path: str) -> str | None:
        path = path.removesuffix("/-")
        if "/" not in path:
            path = f"{self.full_name.rpartition('/')[0]}/{path}" if self.is_list else ""
        return self.full_name if path.lower() == self.full_name.lower() else path or None


def refers_to(
    home: Home, *, told: Iterable[str] = (), title: str = "", branch: str = "", body: str = ""
) -> list[str]:
    """Texts like `closes gh:acme/api#7`, sorted; each item once, by what is surest.

    `told`: keys of items that the provider itself says it closes.
    """
    read = body[:_READ]
    found: dict[str, str] = {}
    for how, keys in (
        ("told", told),
        ("closes", _closed(home, read)),
        ("named", _mentioned(home, title, branch, read)),
    ):
        for key in keys:
            found.setdefault(key, how)
            if len(found) > MOST:
                return sorted(f"{how} {key}" for key, how in found.items() if how == "told")
    return sorted(f"{how} {key}" for key, how in found.items())


def _closed(home: Home, body: str) -> Iterator[str]:
    for word in (_CLOSING_MORE if home.is_list else _CLOSING).finditer(body):
        at = word.end()
        while (found := _item(home, body, at)) is not None:
            key, at = found
            if key:
                yield key
            if not home.is_list:
                break
            after = _AND.match(body, at)
            at = after.end() if after else at


def _item(home: Home, body: str, at: int) -> tuple[str | None, int] | None:
    """The item that is named just there, and where its name ends. Null: none is."""
    if found := _ADDRESS.match(body, at):
        host, path, number = found.groups()
        is_ours = host.lower() in (home.host.lower(), f"www.{home.host.lower()}")
        return home.key(path, number) if is_ours else None, found.end()
    if found := _REFERENCE.match(body, at):
        return home.key(found[1], found[2]), found.end()
    return None


def _mentioned(home: Home, title: str, branch: str, body: str) -> Iterator[str]:
    for path, number in _NAMED.findall(title):
        if key := home.key(path, number):
            yield key
    for project, number in _BRANCH.findall(branch):
        if project.upper() not in NO_PROJECTS | _NO_BRANCHES:
            yield f"jira:{project.upper()}-{number}"
    for text in (title, branch, body):
        for project, number in _JIRA.findall(text):
            if project not in NO_PROJECTS:
                yield f"jira:{project}-{number}"
