"""`dev-hops` on a laptop: sync a repository, compute its metrics, look at them.

Words for people go to stderr, what was asked for to stdout; `--json` prints one JSON value there.
Exit codes: 0 done, 2 not done; a sentence on stderr says what to do.

DATABASE_URI  the store, where `--db` is not given
DB_ECHO       1: every statement goes to stderr
BATCH_SIZE    rows per write (10,000)
MAX_WORKERS   threads that computing may use (all processors)
"""

import json
import logging
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import click

from devhealth.blame_cli import blame, ownership
from devhealth.commands import (
    Commands,
    batch_size,
    opened,
    prepare,
    read_directory,
    require_prepared,
    stored,
    tell,
    utc,
    watched,
    whole_number,
    windowed,
)
from devhealth.fixtures_cli import fixtures
from devhealth.remote_cli import THINGS, command_of
from devhealth.remote_options import Asked, asking, local_path
from devhealth.tuning import tune

if TYPE_CHECKING:
    from devhealth.models.rollups import Rollup
    from devhealth.sync import Synced


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Engineering activity as numbers that can be opened and trusted."""
    if os.environ.get("DB_ECHO", "").lower() in ("1", "true", "yes", "on"):
        logging.basicConfig(stream=sys.stderr, format="%(message)s")
        logging.getLogger("devhealth.sinks").setLevel(logging.DEBUG)
    tune(whole_number("MAX_WORKERS"))


cli.add_command(fixtures)


@cli.group()
def sync() -> None:
    """Fetch what is new into the store."""


sync.add_command(blame)
for _target in THINGS:
    sync.add_command(command_of(_target))


@sync.command()
@asking(local=True)
@click.option("--repo-path", type=Path, help="Local: top directory, or bare repository.")
@click.option("--directory", "directory_file", type=Path, help="People, teams, bots, hours; TOML.")
@windowed
@stored
def git(
    asked: Asked,
    repo_path: Path | None,
    directory_file: Path | None,
    since: datetime | None,
    before: datetime | None,
    db: str,
    org: UUID,
    as_json: bool,
) -> None:
    """The history of a branch. Safe to run again: only new commits are taken.

    With --since or --before only commits committed on those days. Whatever is stored, of other
    repositories too, then says what the directory says; without one, what each commit says itself.
    Of a provider it reads a clone of its own, in DEVHEALTH_GIT_CACHE (~/.cache/devhealth/git).
    """
    if asked.provider == "local":
        path = local_path(repo_path)
        _git(path, directory_file, utc(since), utc(before), db, org, as_json=as_json)
        return
    from devhealth.clone_cli import Place, git_of_remote

    place = Place(db=db, org=org, as_json=as_json, directory_file=directory_file)
    git_of_remote(asked, place, utc(since), utc(before))


def _git(
    repo_path: Path,
    directory_file: Path | None,
    since: datetime | None,
    before: datetime | None,
    db: str,
    org: UUID,
    *,
    as_json: bool,
) -> None:
    import asyncio

    from devhealth.connectors.local import Local
    from devhealth.models.directory import Directory
    from devhealth.models.records import RECORDS
    from devhealth.restamp import restamp
    from devhealth.sinks import sink_of_run
    from devhealth.sync import Watch, sync_git

    directory = read_directory(directory_file) or Directory()
    began = time.monotonic()
    with opened(db) as store, watched("commits") as move:
        prepare(store)
        sink = sink_of_run(store, org, RECORDS)
        synced = asyncio.run(
            sync_git(
                sink,
                Local(repo_path),
                since=since,
                before=before,
                directory=directory,
                watch=Watch(progress=lambda done: move(*_course(repo_path, done))),
                batch_size=batch_size(),
            )
        )
        synced.finish(sink)
        restamped = asyncio.run(restamp(sink, directory, batch_size=batch_size()))
    days = (synced.touches | restamped.touches).days.values()
    tell(
        as_json,
        {
            "repository": synced.repository.full_name,
            "repo_id": str(synced.repository.repo_id),
            "commits": synced.commits,
            "file_changes": synced.files,
            "vanished": synced.vanished,
            "undated": synced.undated,
            "restamped": sum(restamped.rows.values()),
            "dirty_days": len(set().union(*days)),
            "seconds": round(time.monotonic() - began, 3),
        },
        "{repository}: {commits} new commits, {file_changes} file changes, in {seconds} s."
        + (" {vanished} commits are no longer on the branch." if synced.vanished else "")
        + (" {undated} had no readable date and count on 1970-01-01." if synced.undated else "")
        + (" {restamped} stored rows were stamped anew." if any(restamped.rows.values()) else "")
        + " Next: dev-hops metrics daily",
    )


@cli.group()
def metrics() -> None:
    """Compute and show metrics."""


metrics.add_command(ownership)


@metrics.command()
@windowed
@stored
def daily(
    since: datetime | None, before: datetime | None, db: str, org: UUID, as_json: bool
) -> None:
    """Compute every day's metrics anew and write those that changed."""
    from devhealth.due import everything
    from devhealth.models.rollups import ROLLUPS
    from devhealth.recompute import recompute
    from devhealth.sinks import sink_of_run

    began = time.monotonic()
    with opened(db) as store:
        require_prepared(store)
        sink = sink_of_run(store, org, ROLLUPS)
        touches = everything(sink, since and since.date(), before and before.date())
        written = recompute(sink, touches, today=datetime.now(UTC).date())
    tell(
        as_json,
        {
            "days": len({day for days in touches.days.values() for day in days}),
            "written": written,
            "changed": sum(written.values()),
            "seconds": round(time.monotonic() - began, 3),
        },
        "days computed: {days}, rows that changed: {changed}, in {seconds} s. "
        "Next: dev-hops metrics show repo_metrics_daily",
    )


@metrics.command()
@click.argument("table")
@click.option("--population", type=click.Choice(["people", "all"]), default="people")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="Keys shown.")
@windowed
@stored
def show(
    table: str,
    population: str,
    limit: int,
    since: datetime | None,
    before: datetime | None,
    db: str,
    org: UUID,
    as_json: bool,
) -> None:
    """Show a metrics table: per key a sparkline and the newest value of each measure.

    The last 90 days, unless --since or --before say otherwise. With --json, the rows.
    """
    from devhealth import show as shown

    rollup = _rollup(table)
    until = before.date() if before else datetime.now(UTC).date() + timedelta(days=1)
    first = since.date() if since else until - timedelta(days=90)
    with opened(db) as store:
        require_prepared(store)
        sink = store.for_org(org)
        rows = shown.rows(sink, rollup, first, until, population)
        if as_json:
            click.echo(json.dumps(rows.to_dicts(), default=str, ensure_ascii=False))
        else:
            shown.print_table(sink, rollup, rows, first, until, limit)


@cli.command()
@stored
def migrate(db: str, org: UUID, as_json: bool) -> None:
    """Bring the store's tables to today's shape. Safe to run again."""
    with opened(db) as store:
        store.migrate()
    tell(as_json, {"migrated": True}, "The store is ready.")


def _course(path: Path, done: "Synced") -> tuple[int, int, str]:
    words = f"{path}: {done.commits:,} commits, {done.files:,} file changes"
    return done.commits, done.expected, words


def _rollup(table: str) -> "type[Rollup]":
    from devhealth.models.rollups import ROLLUPS

    tables = {cls.table: cls for cls in ROLLUPS}
    if table not in tables:
        raise click.BadParameter(f"{table}: the tables are {', '.join(tables)}.")
    return tables[table]
