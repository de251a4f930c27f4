"""Local git: a clone or bare repository on this machine's disk.

Source: `git log --numstat` (git-scm.com/docs/git-log). No limit but the disk's.
"""

import re
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypedDict

from devhealth.connectors.git_blame import RawBlame, blames
from devhealth.connectors.git_command import OLDEST, Git, Refused
from devhealth.connectors.git_log import FORMAT, Parser, RawCommit
from devhealth.connectors.shadow import shadow
from devhealth.errors import Permanent

Raw = dict[str, Any]

MOST_MAILMAP = 8_000_000  # bytes; the largest known has 100,000

_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_FILE = re.compile(r"100(?:644|755) blob (\w+) +(\d+)\t.*")
_LOG = (
    "log",
    "-z",
    "--encoding=UTF-8",
    "--no-color",
    "--no-decorate",
    "--no-notes",
    "--no-show-signature",
)
_WITH_FILES = (
    "--numstat",
    "-M",
    "-O/dev/null",
    "--date=raw",
    "--diff-algorithm=myers",
    "--diff-merges=off",
    f"--format={FORMAT}",
    "--ignore-submodules=none",
    "--no-ext-diff",
    "--no-relative",
    "--no-textconv",
    "--root",
)
_TOUCHED = (
    *_LOG,
    "--first-parent",
    "--exclude-first-parent-only",
    "--diff-merges=first-parent",
    "--name-only",
    "--no-renames",
    "--no-relative",
    "--ignore-submodules=none",
    "-O/dev/null",
    "--root",
    "--format=",
)
_PERSONS = ("%H", "%an", "%ae", "%cn", "%ce")  # one placeholder a key of RawPersons


class RawPersons(TypedDict):
    """Who made a commit, in git's own bytes."""

    hash: bytes
    author_name: bytes
    author_email: bytes
    committer_name: bytes
    committer_email: bytes


class Local:
    """A repository by the path of its top (or bare) directory; parent directories do not count."""

    name = "local"
    targets = ("git", "blame")

    def __init__(self, path: str | Path) -> None:
        here = Path(path).expanduser().resolve()
        self.path = here.parent if here.name == ".git" else here
        self._git = Git(self.path)
        self._is_checked = False

    async def repository(self) -> Raw:
        """path, name, remote_url?, root_hash, default_branch?, head_hash.

        The default branch is origin's HEAD where there is one, else this repository's (null:
        detached). root_hash is the root on the first-parent line: merges that bring in another
        history do not change it.
        """
        await self._check()
        branch, head = await self._default()
        return {
            "path": str(self.path),
            "name": self.path.name.removesuffix(".git"),
            "remote_url": await self._git.answer("config", "--get", "remote.origin.url") or None,
            "root_hash": await self._git.output(
                "rev-list", "--first-parent", "--max-parents=0", head, "--"
            ),
            "default_branch": branch,
            "head_hash": head,
        }

    async def git(
        self,
        head: str,
        *,
        since: datetime | None = None,
        before: datetime | None = None,
        known: str | None = None,
    ) -> AsyncGenerator[RawCommit, None]:
        """Commits reachable from `head` and not from `known`, newest first, in git's own bytes.

        `since` (inclusive) and `before` (exclusive) are met by the committer's date as git reads
        it; one that it cannot read may fall outside every window, never outside a call without.
        Raises after what git gave if git failed on the way: until the end, nothing is complete.
        """
        await self._check()
        if before is not None and _seconds(before) <= 0:
            return
        revisions = [await self._commit(head), *([f"^{_hash(known)}"] if known else [])]
        parser = Parser()
        arguments = (*_LOG, *_WITH_FILES, *_window(since, before))
        async with self._git.stream(*arguments, "--end-of-options", *revisions, "--") as stdout:
            async for chunk in stdout.pieces():
                for commit in parser.feed(chunk):
                    yield commit
        for commit in parser.close():
            yield commit

    async def count(
        self,
        head: str,
        *,
        since: datetime | None = None,
        before: datetime | None = None,
        known: str | None = None,
    ) -> int:
        """How many commits `git` would give; a walk without diffs, so it costs little beside it."""
        await self._check()
        if before is not None and _seconds(before) <= 0:
            return 0
        revisions = [await self._commit(head), *([f"^{_hash(known)}"] if known else [])]
        window = _window(since, before)
        return int(
            await self._git.output(
                "rev-list", "--count", *window, "--end-of-options", *revisions, "--"
            )
        )

    async def persons(self, head: str) -> AsyncGenerator[RawPersons, None]:
        """Who made each commit reachable from `head`, newest first; a walk without diffs."""
        await self._check()
        arguments = (*_LOG, f"--format={'%x00'.join(_PERSONS)}", "--end-of-options")
        commit: list[bytes] = []
        async with self._git.stream(*arguments, await self._commit(head), "--") as stdout:
            async for token in stdout.tokens(b"\0"):
                commit.append(token)
                if len(commit) == len(_PERSONS):
                    yield _persons(*commit)
                    commit.clear()

    async def mailmap(self, head: str) -> tuple[str, bytes]:
        """The id and the text of the file `.mailmap` at `head`; '' where there is none.

        A link is none, as in git's work trees. Raises `Permanent` for one that is absurdly large.
        """
        commit = await self._commit(head)
        listed = await self._git.output(
            "ls-tree", "--full-tree", "--long", commit, "--", ".mailmap"
        )
        if not (found := _FILE.fullmatch(listed)):
            return "", b""
        blob, size = found.groups()
        if int(size) > MOST_MAILMAP:
            raise Permanent(
                f"The .mailmap of {self.path} has {int(size):,} bytes; more than {MOST_MAILMAP:,} "
                "are not read: make it smaller."
            )
        return blob, await self._git.content("cat-file", "blob", blob)

    async def blame(
        self,
        head: str,
        paths: Sequence[bytes],
        *,
        cache: Path | None = None,
        at_once: int = 2,
    ) -> AsyncGenerator[RawBlame, None]:
        """Whose the lines of these files at `head` are, in no order; files without text have none.

        Exactly as plain `git blame` says it; nobody's configuration counts. So many of git run
        `at_once`. `cache` is a directory for this repository, where a commit graph may be kept.
        """
        commit = await self._commit(head)
        async with (
            shadow(self._git, cache) as git,
            aclosing(blames(git, commit, paths, at_once)) as files,
        ):
            async for file in files:
                yield file

    async def files(self, head: str) -> list[bytes]:
        """Paths of all regular files at `head`: no links, no submodules."""
        listed = await self._git.content("ls-tree", "-rz", "--full-tree", await self._commit(head))
        entries = (entry.partition(b"\t") for entry in listed.split(b"\0"))
        return [path for meta, _, path in entries if meta.startswith(b"100")]

    async def touched(self, known: str, head: str) -> set[bytes] | None:
        """Paths whose blame at `head` may differ from that at `known`. None: of all files.

        git blame follows the first parent as long as that has the same file. So nothing differs
        where no commit touched it on either's line of first parents, since these parted.
        """
        if not await self.has(known):
            return None
        ends = (_hash(known), await self._commit(head))
        found: set[bytes] = set()
        for one, other in (ends, ends[::-1]):
            async with self._git.stream(
                *_TOUCHED, "--end-of-options", one, f"^{other}", "--"
            ) as stdout:
                async for path in stdout.tokens(b"\0"):
                    found.add(path)
        return found - {b""}

    def vanished(self, head: str, known: str) -> AsyncIterator[str]:
        """Hashes reachable from `known` and no longer from `head`: what a rewrite left behind."""
        return self._reachable(_hash(known), leave_out=head)

    def hashes(self, head: str) -> AsyncIterator[str]:
        """Every hash reachable from `head`: the complete sweep for when `known` is gone."""
        return self._reachable(head)

    async def has(self, commit: str) -> bool:
        """Whether this commit is still in the repository, reachable or not."""
        await self._check()
        return await self._git.answer("cat-file", "-e", f"{_hash(commit)}^{{commit}}") is not None

    async def _reachable(self, head: str, leave_out: str | None = None) -> AsyncIterator[str]:
        await self._check()
        revisions = [await self._commit(head)]
        if leave_out:
            revisions.append(f"^{await self._commit(leave_out)}")
        async with self._git.stream("rev-list", "--end-of-options", *revisions, "--") as stdout:
            async for line in stdout.tokens(b"\n"):
                yield line.decode("ascii")

    async def _default(self) -> tuple[str | None, str]:
        """The default branch (null: HEAD is detached) and the commit it stands at."""
        for name, prefix in (("refs/remotes/origin/HEAD", "refs/remotes/origin/"), ("HEAD", "")):
            if head := await self._resolve(name):
                ref = await self._git.answer("symbolic-ref", "--quiet", name)
                return ref and ref.removeprefix(prefix).removeprefix("refs/heads/"), head
        raise Permanent(f"{self.path} has no commit yet: commit something, then sync again.")

    async def _commit(self, ref: str) -> str:
        """The hash of a branch, a tag or a hash; `-x` and ranges are no such thing."""
        if _HASH.fullmatch(ref):
            return ref
        commit = None if ref.startswith(("-", "^")) else await self._resolve(ref)
        if commit is None:
            raise Permanent(f"{self.path} has no branch or commit `{ref}`: check its name.")
        return commit

    async def _resolve(self, ref: str) -> str | None:
        await self._check()
        return await self._git.answer(
            "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}"
        )

    async def _check(self) -> None:
        """Once per connector: git is new enough, and here is a whole repository."""
        if self._is_checked:
            return
        await self._check_version()
        try:
            is_shallow = await self._git.output("rev-parse", "--is-shallow-repository")
        except Refused as error:
            raise Permanent(
                f"{self.path} is no git repository that git can open ({error.words}): "
                "give the top directory of a clone, or a bare repository."
            ) from error
        if is_shallow == "true":
            raise Permanent(
                f"{self.path} is a shallow clone, its history is cut off: "
                "run `git fetch --unshallow` in it."
            )
        self._is_checked = True

    async def _check_version(self) -> None:
        words = await self._git.output("version")
        version = tuple(int(part) for part in re.findall(r"\d+", words)[:2])
        if version < OLDEST:
            raise Permanent(f"{words} is too old: install git {OLDEST[0]}.{OLDEST[1]} or newer.")


def _hash(text: str) -> str:
    if not _HASH.fullmatch(text):
        raise Permanent(f"`{text[:80]}` is no full commit hash: give all its 40 (or 64) digits.")
    return text


def _persons(
    commit: bytes, author: bytes, author_email: bytes, committer: bytes, committer_email: bytes
) -> RawPersons:
    return {
        "hash": commit,
        "author_name": author,
        "author_email": author_email,
        "committer_name": committer,
        "committer_email": committer_email,
    }


def _window(since: datetime | None, before: datetime | None) -> list[str]:
    """git's own bounds are whole seconds and both inclusive; plain --since stops at the first
    older commit, which clocks that run wrong put in front of younger ones."""
    options = []
    if since is not None and _seconds(since) > 0:
        options.append(f"--since-as-filter=@{_seconds(since)} +0000")
    if before is not None:
        options.append(f"--before=@{_seconds(before) - 1} +0000")
    return options


def _seconds(instant: datetime) -> int:
    """Seconds since 1970, a part of one counted as one: no commit lies between."""
    moment = instant.astimezone(UTC)
    return int(moment.replace(microsecond=0).timestamp()) + (moment.microsecond > 0)
