"""What `git log -z --numstat` prints, from bytes in chunks of any size to commits, one at a time.

Every token ends in NUL. A commit is `len(HEADER)` tokens, the first led by \\x01, then one entry
for each file: `added TAB deleted TAB path`, or, renamed, `added TAB deleted TAB` and two tokens
more, the old and the new path; the first entry is led by a newline. Merges and empty commits have
no entry. A message, a name or a path may hold any byte but NUL, \\x01 and digits at its start
included: the position of a token decides what it is, never its looks.
"""

from collections.abc import Iterator
from typing import TypedDict

from devhealth.errors import Permanent

# One placeholder a key of RawCommit, in its order. Zones come with --date=raw: other date formats
# make git die at a commit whose zone leads before 1970.
HEADER = ("%H", "%P", "%an", "%ae", "%at", "%ad", "%cn", "%ce", "%ct", "%s", "%b")
FORMAT = "%x01" + "%x00".join(HEADER)

RawFile = tuple[bytes, bytes, bytes, bytes | None]


class RawCommit(TypedDict):
    """A commit in git's own bytes.

    hash            hexadecimal
    parents         hashes, separated by a space; empty for a root
    author_name     as the commit has it, like the committer's and both addresses
    authored_at     seconds since 1970 as the commit has them; empty: git cannot read the date
    authored_zoned  the same and the zone, `1700000000 +0545`, as git understands them; or empty
    committed_at    like authored_at
    subject         first paragraph of the message on one line
    body            the rest of it
    files           (added, deleted, path, previous path or None); binary: `-` and `-`
    """

    hash: bytes
    parents: bytes
    author_name: bytes
    author_email: bytes
    authored_at: bytes
    authored_zoned: bytes
    committer_name: bytes
    committer_email: bytes
    committed_at: bytes
    subject: bytes
    body: bytes
    files: list[RawFile]


class Parser:
    """Chunks in, commits out. A commit is out when the next one begins, or at `close`."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._header: list[bytes] = []
        self._files: list[RawFile] = []
        self._rename: list[bytes] = []

    def feed(self, chunk: bytes) -> Iterator[RawCommit]:
        for token in self._tokens(chunk):
            if len(self._header) < len(HEADER):
                self._header.append(token)
            elif self._rename:
                self._renamed(token)
            elif token[:1] == b"\x01":
                yield self._commit()
                self._header.append(token)
            else:
                self._entry(token)

    def close(self) -> Iterator[RawCommit]:
        """The last commit. To be called when git has ended well, and only then."""
        if self._parts or self._rename:
            raise self._strange()
        if self._header:
            yield self._commit()

    def _tokens(self, chunk: bytes) -> list[bytes]:
        if chunk:
            self._parts.append(chunk)
        if b"\0" not in chunk:
            return []
        *tokens, rest = b"".join(self._parts).split(b"\0")
        self._parts = [rest] if rest else []
        return tokens

    def _entry(self, token: bytes) -> None:
        fields = token.split(b"\t", 2)
        if len(fields) != 3:
            raise self._strange()
        added, deleted, path = fields
        if not self._files:
            added = added.removeprefix(b"\n")
        if path:
            self._files.append((added, deleted, path, None))
        else:
            self._rename = [added, deleted]

    def _renamed(self, token: bytes) -> None:
        self._rename.append(token)
        if len(self._rename) == 4:
            added, deleted, old, new = self._rename
            self._files.append((added, deleted, new, old))
            self._rename = []

    def _commit(self) -> RawCommit:
        if len(self._header) < len(HEADER) or self._header[0][:1] != b"\x01":
            raise self._strange()
        (name, parents, author, author_email, authored_at, zoned) = self._header[:6]
        committer, committer_email, committed_at, subject, body = self._header[6:]
        commit: RawCommit = {
            "hash": name[1:],
            "parents": parents,
            "author_name": author,
            "author_email": author_email,
            "authored_at": authored_at,
            "authored_zoned": zoned,
            "committer_name": committer,
            "committer_email": committer_email,
            "committed_at": committed_at,
            "subject": subject,
            "body": body,
            "files": self._files,
        }
        self._header, self._files = [], []
        return commit

    def _strange(self) -> Permanent:
        near = self._header[0][1:41].decode("ascii", "replace") if self._header else "the start"
        return Permanent(
            f"git's output near {near} is not what devhealth can read: update git, and report it "
            "with the output of `git version` if that does not help."
        )
