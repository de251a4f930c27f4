"""Clones of what is at a provider, kept on this machine from one run to the next.

DEVHEALTH_GIT_CACHE  where; else ~/.cache/devhealth/git (XDG_CACHE_HOME)

Each has a folder by its `repo_id`, so that it stays through renames, and beside it one for git's
commit graph and one file that says that somebody is at work. All of it may be deleted at any time.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from devhealth.errors import Permanent, Transient


@dataclass(frozen=True, slots=True)
class Clone:
    """`folder` is git's; `graph` is for `sync_blame`."""

    folder: Path
    graph: Path


@contextmanager
def held(repo_id: UUID, folder: Path) -> Iterator[Clone]:
    """The place of a repository's clone in a folder, for one process at a time.

    Raises Transient where another has it, Permanent where nothing can be kept.
    """
    import fcntl

    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (folder / f"{repo_id}.lock").open("w")
    except OSError as error:
        raise Permanent(
            f"No clone can be kept in {folder}: set DEVHEALTH_GIT_CACHE to a directory of yours."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Transient("Another process has its clone: wait until that is over.") from error
        yield Clone(folder / f"{repo_id}.git", folder / f"{repo_id}.graph")


def usual_folder() -> Path:
    """Of the command line."""
    if told := os.environ.get("DEVHEALTH_GIT_CACHE"):
        return Path(told).expanduser()
    caches = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(caches).expanduser() / "devhealth" / "git"
