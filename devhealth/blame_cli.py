"""`dev-hops sync blame` and `dev-hops metrics ownership`: whose today's code is."""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import click

from devhealth.commands import (
    batch_size,
    opened,
    prepare,
    read_directory,
    require_prepared,
    stored,
    tell,
    watched,
)
from devhealth.remote_options import Asked, asking, local_path

if TYPE_CHECKING:
    from devhealth.sync_blame import Blamed


@click.command()
@asking(local=True)
@click.option("--repo-path", type=Path, help="Local: top directory, or bare repository.")
@click.option("--directory", "directory_file", type=Path, help="People, teams, bots, hours; TOML.")
@click.option("--cache", type=Path, help="Where this repository's commit graph may be kept.")
@click.option("--at-once", type=click.IntRange(1), default=2, show_default=True, help="Of git.")
@stored
def blame(
    asked: Asked,
    repo_path: Path | None,
    directory_file: Path | None,
    cache: Path | None,
    at_once: int,
    db: str,
    org: UUID,
    as_json: bool,
) -> None:
    """Whose the lines of its files are today. Safe to run again: only changed files are asked for.

    After `sync git`, with the same --directory. Nothing is written into the repository. Binary
    files, links and submodules have no lines. With --cache, a directory for this repository alone,
    later runs are faster. Of a provider it reads a clone of its own, in DEVHEALTH_GIT_CACHE.
    """
    if asked.provider == "local":
        path = local_path(repo_path)
        _blame(path, directory_file, cache, at_once, db, org, as_json=as_json)
        return
    from devhealth.clone_cli import Place, blame_of_remote

    place = Place(db=db, org=org, as_json=as_json, directory_file=directory_file)
    blame_of_remote(asked, place, cache, at_once)


def _blame(
    repo_path: Path,
    directory_file: Path | None,
    cache: Path | None,
    at_once: int,
    db: str,
    org: UUID,
    *,
    as_json: bool,
) -> None:
    import asyncio

    from devhealth.connectors.local import Local
    from devhealth.models.records import RECORDS
    from devhealth.sinks import sink_of_run
    from devhealth.sync import Watch
    from devhealth.sync_blame import sync_blame

    directory = read_directory(directory_file)
    began = time.monotonic()
    with opened(db) as store, watched("files") as move:
        prepare(store)
        blamed = asyncio.run(
            sync_blame(
                sink_of_run(store, org, RECORDS),
                Local(repo_path),
                directory=directory,
                watch=Watch(progress=lambda done: move(*_course(repo_path, done))),
                cache=cache,
                at_once=at_once,
                batch_size=batch_size(),
            )
        )
    tell(
        as_json,
        {
            "repository": blamed.repository.full_name,
            "repo_id": str(blamed.repository.repo_id),
            "revision": blamed.revision,
            "files": blamed.files,
            "lines": blamed.lines,
            "rows": blamed.rows,
            "seconds": round(time.monotonic() - began, 3),
        },
        "{repository}: {files} files blamed that may have changed, {lines} lines, in {seconds} s. "
        "Next: dev-hops metrics ownership",
    )


@click.command()
@click.argument("path", default="")
@click.option("--population", type=click.Choice(["people", "all"]), default="people")
@click.option("--limit", type=click.IntRange(1), default=40, show_default=True, help="Paths shown.")
@stored
def ownership(path: str, population: str, limit: int, db: str, org: UUID, as_json: bool) -> None:
    """Show whose today's code is: by directory and file directly under PATH, in every repository.

    As of the last `sync blame`. With --json, the rows.
    """
    from devhealth import show
    from devhealth.metrics.ownership import by_path, standing
    from devhealth.models.records import BlameFile

    with opened(db) as store:
        require_prepared(store)
        sink = store.for_org(org)
        rows = by_path(standing(sink.read(BlameFile), population), path)
        if as_json:
            click.echo(json.dumps(rows.to_dicts(), default=str, ensure_ascii=False))
        else:
            show.print_ownership(sink, rows, path, limit)


def _course(path: Path, done: "Blamed") -> tuple[int, int, str]:
    return done.files, done.expected, f"{path}: {done.files:,} files, {done.lines:,} lines"
