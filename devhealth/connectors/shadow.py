"""A git directory of our own over somebody's objects, in which git finds its way faster.

`git blame` asks of each commit whether it changed a file. A commit graph with the changed paths of
every commit answers most of that, but whoever owns the repository has none, or one that may lie.
So it is made here, from the commits themselves: the shadow sees the owner's packs and loose objects
through links, those of its alternates, too, and nothing else of them: no commit graph, no
configuration, no refs, no work tree. git writes into the shadow alone, which goes with its end.

What outlives it, where the caller has a place for it, is the graph: one file, replaced as a whole,
that the next shadow starts with. Commits never change, so it may be of any age.
"""

import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory

from devhealth.connectors.git_command import Git
from devhealth.connectors.quoting import plain

_LINKS = ("pack", *(f"{number:02x}" for number in range(256)))
_GRAPH = Path("objects", "info", "commit-graph")


@dataclass(frozen=True, slots=True)
class Shadow:
    """git over the shadow; `kept` is where its graph outlives it (None: nowhere)."""

    git: Git
    kept: Path | None

    async def write_graph(self, head: str) -> None:
        """Of all that is reachable from `head`."""
        await self.git.output("update-ref", "refs/heads/main", head)
        await self.git.output(
            "commit-graph", "write", "--reachable", "--changed-paths", "--no-progress"
        )
        if self.kept:
            _replace(self.kept, self.git.path / _GRAPH)


@asynccontextmanager
async def shadow(git: Git, cache: Path | None) -> AsyncIterator[Shadow]:
    """While it lasts; `cache` is a directory for what is worth keeping of this repository."""
    with TemporaryDirectory(prefix="devhealth-blame-") as name:
        here = Path(name)
        ours = Git(here, ("core.commitGraph=true",))
        names = await git.output("rev-parse", "--show-object-format")
        await ours.output(
            "init", "--quiet", "--bare", "--template=", "--initial-branch=main",
            f"--object-format={names}",
        )  # fmt: skip
        _link(here, await _object_directories(git))
        kept = cache / _GRAPH.name if cache else None
        if kept and kept.is_file():
            shutil.copyfile(kept, here / _GRAPH)
        yield Shadow(ours, kept)


async def _object_directories(git: Git) -> list[Path]:
    """Where the repository's objects are, and those that it borrows."""
    own = await git.content("rev-parse", "--path-format=absolute", "--git-path", "objects")
    told = await git.content("count-objects", "--verbose")
    borrowed = re.findall(rb"^alternate: (.*)$", told, re.MULTILINE)
    return [Path(os.fsdecode(each)) for each in (own.removesuffix(b"\n"), *map(plain, borrowed))]


def _link(here: Path, objects: list[Path]) -> None:
    """Each directory of objects becomes an alternate of links to what holds objects in it."""
    (here / "objects" / "info").mkdir(exist_ok=True)
    names = []
    for number, theirs in enumerate(objects):
        ours = here / f"theirs-{number}"
        ours.mkdir()
        for name in _LINKS:
            (ours / name).symlink_to(theirs / name)
        names.append(f"../{ours.name}\n")
    (here / "objects" / "info" / "alternates").write_text("".join(names))


def _replace(kept: Path, graph: Path) -> None:
    """As a whole, whoever else does so at this moment. Some histories are too odd for a graph."""
    if graph.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=kept.parent, delete=False) as fresh:
            fresh.write(graph.read_bytes())
        Path(fresh.name).replace(kept)
