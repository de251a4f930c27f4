"""`.mailmap`: the names that a history gives its people, read as git reads a blob of it.

Source: gitmailmap(5), and git's mailmap.c where that is silent. A line says what is shown for
commits under an address, or under a name and an address:

    Proper Name <commit@email>
    <proper@email> <commit@email>
    Proper Name <proper@email> <commit@email>
    Proper Name <proper@email> Commit Name <commit@email>

A commit's name goes before its address alone. Lines of the same address add up, the later one
wins. Names and addresses are compared without regard to the case of ASCII letters. A line that
begins with `#` is a comment; what is no such line, or follows the last address, says nothing; nor
does what follows a NUL.
"""

from collections.abc import Iterator
from uuid import UUID

from devhealth.models.records import MailmapEntry

Person = tuple[bytes, bytes]

_SPACE = b" \t\r\n"  # what git's isspace knows


class Mailmap:
    """The file's word on a name and an address, each pair looked up once."""

    def __init__(self, text: bytes = b"") -> None:
        # By address and name of commits, '' for any name; what is not said is None.
        self._proper: dict[tuple[bytes, bytes], tuple[bytes | None, bytes | None]] = {}
        for line in text.partition(b"\0")[0].split(b"\n"):
            self._read(line)
        self._known: dict[Person, Person] = {}

    def proper(self, name: bytes, email: bytes) -> Person:
        """The name and the address that stand for these, or they themselves."""
        known = self._known.get((name, email))
        if known is None:
            known = self._known[name, email] = self._look_up(name, email)
        return known

    def entries(self, repo_id: UUID) -> list[MailmapEntry]:
        """What the file says, one record for each address, and for each name under it."""
        found = {}
        for (email, name), (proper_name, proper_email) in self._proper.items():
            if proper_name or proper_email:
                entry = MailmapEntry(
                    repo_id=repo_id,
                    commit_email=_text(email).lower(),
                    commit_name=_text(name).lower(),
                    proper_name=_text(proper_name or b""),
                    proper_email=_text(proper_email or b"").lower(),
                )
                found[entry.commit_email, entry.commit_name] = entry
        return [found[key] for key in sorted(found)]

    def _read(self, line: bytes) -> None:
        if line.startswith(b"#"):
            return
        persons = _persons(line)
        name, email = next(persons, (b"", b""))
        if not email:
            return
        commit_name, commit_email = next(persons, (b"", None))
        if commit_email is None:
            self._add((email, b""), name or None, None)
        else:
            self._add((commit_email, commit_name), name or None, email)

    def _add(self, commit: tuple[bytes, bytes], name: bytes | None, email: bytes | None) -> None:
        key = commit[0].lower(), commit[1].lower()
        known_name, known_email = (None, None) if key[1] else self._proper.get(key, (None, None))
        self._proper[key] = name or known_name, email or known_email

    def _look_up(self, name: bytes, email: bytes) -> Person:
        address = email.lower()
        said = self._proper.get((address, name.lower())) or self._proper.get((address, b""))
        proper_name, proper_email = said or (None, None)
        return proper_name or name, proper_email or email


def _persons(line: bytes) -> Iterator[Person]:
    """`Name <address>`, one after the other. A first address that is empty ends the line."""
    while b"<" in line:
        name, _, rest = line.partition(b"<")
        email, end, line = rest.partition(b">")
        if not end:
            return
        yield name.strip(_SPACE), email


def _text(text: bytes) -> str:
    return text.decode("utf-8", "replace")
