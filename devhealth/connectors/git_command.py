"""How git is run: over one repository that nobody vouches for, the same way on every machine.

Nothing inherited counts: no `GIT_*` variable, no system or user configuration, no locale. Nothing
in the repository's own configuration may run (hooks, fsmonitor, pagers, textconv, external diffs,
signature checks, transports of a lazy fetch), point to other files (attributes, order file, work
tree, replaced or grafted commits) or change a figure (rename limit, diff algorithm, …). What does
count is what belongs to the history itself, such as `.gitattributes`. git is never asked to map
names: it would go by the `.mailmap` that happens to be checked out, not by the history's.
"""

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

from devhealth.connectors.pipes import Complaints, Output
from devhealth.errors import DevHealthError, Permanent, Transient

OLDEST = (2, 37)  # the first with --since-as-filter

_KEPT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
_ENVIRONMENT = {
    "HOME": os.devnull,  # `~` in a repository's configuration must expand to something
    "LC_ALL": "C",
    "GIT_ALLOW_PROTOCOL": "none",  # unlike protocol.allow, no protocol.<name>.allow overrides it
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_FLUSH": "0",  # else one write, and one wake-up of ours, for every commit
    "GIT_GRAFT_FILE": os.devnull,
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}
_CONFIGURATION = (
    "core.attributesFile=/dev/null",
    "core.bigFileThreshold=512m",  # git's default: larger files count as binary
    "core.commitGraph=false",  # a cache that may lie about parents
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "diff.renameLimit=1000",  # git's default since 2.34
    "log.mailmap=false",
    "mailmap.blob=",
    "mailmap.file=",
    "protocol.allow=never",
)


class Git:
    """git over the repository whose top directory, or bare directory, is `path`.

    `configuration` goes after what every repository gets, `environment` over it; the latter is for
    what nobody else may read off the list of processes.
    """

    def __init__(
        self,
        path: Path,
        configuration: tuple[str, ...] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.path = path
        self._more = dict(environment or {})
        self._configuration = (*_CONFIGURATION, f"safe.directory={path}", *configuration)

    async def output(self, *arguments: str) -> str:
        """The whole output of a command whose output is small, without its last newline."""
        return (await self.content(*arguments)).decode("utf-8", "replace").rstrip("\n")

    async def content(self, *arguments: str) -> bytes:
        """The same, every byte of it."""
        async with self.stream(*arguments) as stdout:
            return b"".join([piece async for piece in stdout.pieces()])

    async def brief(self, *arguments: str) -> bytes:
        """The same, of a command that says little, and that soon: nothing waits for more of it."""
        async with self.stream(*arguments) as stdout:
            return await stdout.rest()

    async def answer(self, *arguments: str) -> str | None:
        """Like `output`. None: git said no, by its exit status."""
        try:
            return await self.output(*arguments)
        except Refused:
            return None

    @asynccontextmanager
    async def stream(self, *arguments: str) -> AsyncIterator[Output]:
        """The output of one command. Whoever leaves early ends the process.

        Raises `Refused` at the end if git failed: what was read until then is not the whole.
        """
        process = self._start(arguments)
        assert process.stdout is not None  # noqa: S101 (for mypy)
        assert process.stderr is not None  # noqa: S101
        with process, Complaints(process.stderr.fileno()) as complaints:
            try:
                yield Output(process.stdout.fileno())
                while process.poll() is None:
                    await asyncio.sleep(0.001)
            finally:
                process.kill()  # for whoever leaves early; one that has ended feels nothing
        if process.returncode:
            raise self._failure(process.returncode, complaints.last_line())

    def _start(self, arguments: tuple[str, ...]) -> subprocess.Popen[bytes]:
        """No asyncio subprocess: its end must be awaited, which a cancelled task cannot do well."""
        options = [word for setting in self._configuration for word in ("-c", setting)]
        try:
            if not self.path.is_dir():
                raise Permanent(f"There is no directory {self.path}: check the path.")
            environment = self._environment()
            return subprocess.Popen(  # noqa: S603 (every argument is ours or checked)
                ["git", "--no-pager", *options, *arguments],  # noqa: S607 (the user's own git)
                bufsize=0,
                cwd=self.path,
                env=environment,
                executable=_executable(environment.get("PATH")),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except FileNotFoundError as error:
            raise Permanent("git is not installed, or not on the PATH: install it.") from error
        except PermissionError as error:
            raise Permanent(f"{self.path} may not be entered: check its permissions.") from error

    def _environment(self) -> dict[str, str]:
        """Names the repository itself, so that git never looks for one in a parent directory."""
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        inner = self.path / ".git"
        place = (
            {"GIT_DIR": str(inner), "GIT_WORK_TREE": str(self.path)}
            if inner.exists()
            else {"GIT_DIR": str(self.path)}
        )
        return kept | _ENVIRONMENT | place | self._more

    def _failure(self, status: int, words: str) -> DevHealthError:
        if status < 0:
            return Transient(f"git was stopped by signal {-status} in {self.path}: try again.")
        return Refused(
            f"git failed in {self.path} (status {status}: {words}). If the repository is damaged "
            "or incomplete, `git fsck` says so: repair it or clone it again.",
            words=words,
        )


@cache
def _executable(path: str | None) -> str:
    """Where git is. Looked for once: to look costs a third of what it costs to start it."""
    return shutil.which("git", path=path) or "git"


class Refused(Permanent):
    """git ran and ended with a status of its own; `words` is the last line it said."""

    def __init__(self, message: str, *, words: str) -> None:
        super().__init__(message)
        self.words = words
