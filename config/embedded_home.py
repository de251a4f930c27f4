"""The directory of the embedded services: where it lies, who may enter it, who holds it.

<home>/                  ours; root's, with nobody's group, when we are root
    lock                 held (flock) by the launcher for as long as it lives
    passwords.json       0600, made once
    services.json        0600, only while the services run
    postgres/  valkey/  clickhouse/   the servers' own, 0700
    postgres.log  valkey.log  clickhouse.log
"""

import fcntl
import json
import os
import pwd
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from stat import S_ISDIR, S_IWGRP, S_IWOTH, S_IXGRP, S_IXOTH
from typing import Any

VAR_TMP = Path("/var/tmp")  # noqa: S108 - what we make there is checked to be ours before it is used
SERVERS = ("postgres", "valkey", "clickhouse")
CONTENTS = ("services.json", "passwords.json", *(f"{name}.log" for name in SERVERS), "lock")
ROLES = ("devhealth", *SERVERS)


class EmbeddedError(Exception):
    """One sentence that says what to do; never holds a password."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who the servers run as: ourselves, or `nobody` when we are root (PostgreSQL refuses root)."""

    uid: int
    gid: int
    dropped: bool

    def options(self) -> dict[str, Any]:
        """What makes subprocess give up root in the child."""
        if not self.dropped:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def may_enter(self, directory: Path) -> bool:
        """Whether the mode bits of `directory` and of all above it let this account through."""
        real = directory.resolve()
        return not self.dropped or all(self._passes(p) for p in (real, *real.parents))

    def _passes(self, directory: Path) -> bool:
        status = directory.stat()
        group = status.st_gid == self.gid and status.st_mode & S_IXGRP
        return bool(group or status.st_mode & S_IXOTH)


def account() -> Account:
    """The account for servers started by this process."""
    if os.geteuid() != 0:
        return ourselves()
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise EmbeddedError(
            "PostgreSQL does not run as root and this system has no account 'nobody':"
            " run this as another user."
        ) from None
    return Account(nobody.pw_uid, nobody.pw_gid, dropped=True)


def ourselves() -> Account:
    """For what may run as root, too."""
    return Account(os.geteuid(), os.getegid(), dropped=False)


# ── the directory


def open_home(directory: Path, owner: Account) -> Path:
    """The real directory behind `directory`, made if missing.

    Where `owner` could not reach it, it lies under /var/tmp and `directory` is a link to it.
    """
    here = _absolute(directory)
    here.parent.mkdir(parents=True, exist_ok=True)
    if here.exists() and not here.is_dir():
        raise EmbeddedError(f"{here} is not a directory: name another one.")
    if owner.may_enter(here if here.exists() else here.parent) and not _is_link(here):
        return _own(here.resolve(), owner)
    _make_way(here)
    home = _own(_elsewhere(here), owner)
    if not here.is_symlink():
        here.symlink_to(home)
    return home


def find_home(directory: Path) -> Path:
    """The same, of a directory that was opened before; makes nothing."""
    return _absolute(directory).resolve()


def delete_home(directory: Path) -> None:
    """Delete what we keep in `directory`, and itself where nothing else is in it."""
    here, home = _absolute(directory), find_home(directory)
    if not home.is_dir():
        return
    with held(home):
        for name in SERVERS:
            shutil.rmtree(home / name, ignore_errors=True)
        for name in CONTENTS:
            (home / name).unlink(missing_ok=True)
    with suppress(OSError):  # something that is not ours is in it
        home.rmdir()
        here.unlink()


def _absolute(directory: Path) -> Path:
    path = Path(os.path.abspath(directory))
    return path.parent.resolve() / path.name


def _elsewhere(here: Path) -> Path:
    """Named after the path, so that the same project finds its data again."""
    return VAR_TMP / f"devhealth-{sha256(os.fsencode(here)).hexdigest()[:16]}"


def _is_link(here: Path) -> bool:
    return here.is_symlink() and here.readlink() == _elsewhere(here)


def _make_way(here: Path) -> None:
    """Remove an empty directory, so that the link can take its place."""
    if _is_link(here) or not here.exists():
        return
    try:
        here.rmdir()
    except OSError as error:
        raise EmbeddedError(
            f"The account nobody cannot enter {here}, and it cannot become a link to a directory"
            f" under {VAR_TMP} ({error.strerror}): name another directory."
        ) from error


def _own(path: Path, owner: Account) -> Path:
    """Make `path` unless it is there, and refuse one that others made or may change.

    It stays root's even where the servers run as nobody, so that no other process of that
    shared account can put its own passwords or links there.
    """
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        return _require_own(path)
    if owner.dropped:
        os.chown(path, -1, owner.gid)
        path.chmod(0o710)
    return path


def _require_own(path: Path) -> Path:
    status = path.lstat()
    if not S_ISDIR(status.st_mode):
        raise EmbeddedError(f"{path} is not a directory: remove it, or name another directory.")
    if status.st_uid != os.geteuid():
        raise EmbeddedError(
            f"{path} belongs to user {status.st_uid}, not to us:"
            " run this as that user, or name another directory."
        )
    if status.st_mode & S_IWOTH or (status.st_mode & S_IWGRP and status.st_gid != os.getegid()):
        raise EmbeddedError(f"Others may write into {path}: chmod go-w it, or name another.")
    return path


def server_directory(path: Path, owner: Account) -> Path:
    """A directory only `owner` (and root) sees into."""
    path.mkdir(mode=0o700, exist_ok=True)
    os.chown(path, owner.uid, owner.gid)
    return path


# ── who holds it


@contextmanager
def held(home: Path) -> Iterator[None]:
    """Keep every other launcher out of `home`; the kernel lets go when this process dies."""
    lock = os.open(home / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        _lock(lock, home)
        os.truncate(lock, 0)
        os.pwrite(lock, str(os.getpid()).encode(), 0)
        yield
        fcntl.flock(lock, fcntl.LOCK_UN)  # for forked children's copies, too
    finally:
        os.close(lock)


def _lock(lock: int, home: Path) -> None:
    for _ in range(10):  # `is_held` takes a shared lock for a moment
        with suppress(BlockingIOError):
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        time.sleep(0.02)
    holder = os.pread(lock, 20, 0).decode() or "unknown"
    raise EmbeddedError(
        f"The embedded services of {home} already run (process {holder}):"
        " stop that process, or name another directory."
    )


def is_held(home: Path) -> bool:
    try:
        lock = os.open(home / "lock", os.O_RDONLY)
    except (FileNotFoundError, NotADirectoryError):
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


# ── private files


def write_private(path: Path, text: str, owner: Account | None = None) -> None:
    """Replace `path` as a whole by a 0600 file, `owner`'s or ours."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with open(handle, "w", encoding="utf-8") as file:
        if owner:
            os.fchown(handle, owner.uid, owner.gid)
        file.write(text)
    os.replace(name, path)


def passwords(home: Path) -> Mapping[str, str]:
    """The passwords of this directory's roles, in URL-safe letters; what is missing is made."""
    path = home / "passwords.json"
    known = read_json(path) if path.exists() else {}
    made = {name: secrets.token_urlsafe(24) for name in ROLES if name not in known}
    if made:
        write_private(path, json.dumps(known | made))
    return known | made


def read_json(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise EmbeddedError(
            f"{path} is damaged: remove {path.parent} (and its data) to begin anew."
        ) from None
    return content


# ── binaries


def reachable(root: Path, parts: Sequence[str], name: str, owner: Account) -> Path:
    """`root`, or, where `owner` cannot reach these parts of it, their copy under /var/tmp.

    The copy is made once for each `name` (which holds the version) and shared by all projects.
    """
    parts = [part for part in parts if (root / part).exists()]
    if not owner.dropped or all(_is_public(root / part, owner) for part in parts):
        return root
    copy = VAR_TMP / f"devhealth-bin-{name}"
    if not copy.exists():
        _publish(root, parts, copy)
    return _require_own(copy)


def _is_public(path: Path, owner: Account) -> bool:
    closed = 0o005 & ~path.stat().st_mode
    return not closed and owner.may_enter(path.parent)


def _publish(root: Path, parts: Sequence[str], copy: Path) -> None:
    with tempfile.TemporaryDirectory(dir=VAR_TMP, prefix="devhealth-bin-") as scratch:
        tree = Path(scratch, "tree")
        for part in parts:
            _copy(root / part, tree / part)
        for path in (tree, *tree.rglob("*")):
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        with suppress(OSError):  # another launcher was faster; its copy is as good
            tree.rename(copy)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("*.a", "doc"))
    else:
        shutil.copy2(source, target)
