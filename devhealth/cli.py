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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from devhealth.errors import DevHealthError, Permanent
from devhealth.tuning import tune

if TYPE_CHECKING:
    from devhealth.models.directory import Directory
    from devhealth.models.rollups import Rollup
    from devhealth.sinks import Store
    from devhealth.sync import Synced

NO_ORG = UUID(int=0)
DAY = click.DateTime(["%Y-%m-%d"])

Command = Callable[..., Any]


class Commands(click.Group):
    """A group whose errors are sentences."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except DevHealthError as error:
            click.echo(f"dev-hops: {error}", err=True)
            context.exit(2)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Engineering activity as numbers that can be opened and trusted."""
    if os.environ.get("DB_ECHO", "").lower() in ("1", "true", "yes", "on"):
        logging.basicConfig(stream=sys.stderr, format="%(message)s")
        logging.getLogger("devhealth.sinks").setLevel(logging.DEBUG)
    tune(_whole_number("MAX_WORKERS"))


def stored(command: Command) -> Command:
    """The options of everything that works on a store."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="One JSON value on stdout."),
        click.option("--org", type=click.UUID, default=str(NO_ORG), help="Organisation (UUID)."),
        click.option("--db", envvar="DATABASE_URI", required=True, help="Store, or DATABASE_URI."),
    ):
        command = option(command)
    return command


def windowed(command: Command) -> Command:
    """A window of UTC days, half open."""
    for option in (
        click.option("--before", type=DAY, help="Day after the last, UTC."),
        click.option("--since", type=DAY, help="First day, UTC."),
    ):
        command = option(command)
    return command


@cli.command()
@click.argument("target", type=click.Choice(["git"]))
@click.option("--provider", type=click.Choice(["local"]), default="local", show_default=True)
@click.option("--repo-path", type=Path, required=True, help="Top directory, or bare repository.")
@click.option("--directory", "directory_file", type=Path, help="People, teams, bots, hours; TOML.")
@windowed
@stored
def sync(
    target: str,
    provider: str,
    repo_path: Path,
    directory_file: Path | None,
    since: datetime | None,
    before: datetime | None,
    db: str,
    org: UUID,
    as_json: bool,
) -> None:
    """Fetch what is new into the store. Safe to run again: only new commits are taken.

    With --since or --before only commits committed on those days. Whatever is stored, of other
    repositories too, then says what the directory says; without one, what each commit says itself.
    """
    import asyncio

    from devhealth.connectors.local import Local
    from devhealth.models.directory import Directory
    from devhealth.models.records import RECORDS
    from devhealth.restamp import restamp
    from devhealth.sinks import sink_of_run
    from devhealth.sync import Watch, sync_git

    directory = _directory(directory_file) or Directory()
    began = time.monotonic()
    with opened(db) as store, _watched(str(repo_path)) as progress:
        _prepare(store)
        sink = sink_of_run(store, org, RECORDS)
        synced = asyncio.run(
            sync_git(
                sink,
                Local(repo_path),
                since=_utc(since),
                before=_utc(before),
                directory=directory,
                watch=Watch(progress=progress),
                batch_size=_batch_size(),
            )
        )
        synced.finish(sink)
        restamped = asyncio.run(restamp(sink, directory, batch_size=_batch_size()))
    days = (synced.touches | restamped.touches).days.values()
    _tell(
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


@metrics.command()
@windowed
@stored
def daily(
    since: datetime | None, before: datetime | None, db: str, org: UUID, as_json: bool
) -> None:
    """Compute every day's metrics anew and write those that changed."""
    from devhealth.models.rollups import ROLLUPS
    from devhealth.recompute import everything, recompute
    from devhealth.sinks import sink_of_run

    began = time.monotonic()
    with opened(db) as store:
        _require_prepared(store)
        sink = sink_of_run(store, org, ROLLUPS)
        touches = everything(sink, since and since.date(), before and before.date())
        written = recompute(sink, touches, today=datetime.now(UTC).date())
    _tell(
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
        _require_prepared(store)
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
    _tell(as_json, {"migrated": True}, "The store is ready.")


# --- what the commands share ---------------------------------------------------------------------


@contextmanager
def opened(uri: str) -> Iterator["Store"]:
    from devhealth.sinks import open_store

    store = open_store(uri)
    try:
        yield store
    finally:
        store.close()


def _prepare(store: "Store") -> None:
    """On a laptop the first write prepares the store."""
    if not store.is_current():
        store.migrate()


def _require_prepared(store: "Store") -> None:
    if not store.is_current():
        raise Permanent("There is nothing in this store yet: run `dev-hops sync git` first.")


def _directory(path: Path | None) -> "Directory | None":
    from devhealth.models.directory_file import parse_directory

    if path is None:
        return None
    try:
        return parse_directory(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise Permanent(f"The directory file {path} cannot be read: {error}.") from error


def _rollup(table: str) -> "type[Rollup]":
    from devhealth.models.rollups import ROLLUPS

    tables = {cls.table: cls for cls in ROLLUPS}
    if table not in tables:
        raise click.BadParameter(f"{table}: the tables are {', '.join(tables)}.")
    return tables[table]


def _utc(day: datetime | None) -> datetime | None:
    return day.replace(tzinfo=UTC) if day else None


def _batch_size() -> int:
    from devhealth.sinks import BATCH_SIZE

    return _whole_number("BATCH_SIZE") or BATCH_SIZE


def _whole_number(name: str) -> int | None:
    text = os.environ.get(name, "")
    if text and (not text.isdecimal() or not int(text)):
        raise Permanent(f"{name} is `{text}`: give a whole number above 0, or leave it unset.")
    return int(text) if text else None


@contextmanager
def _watched(name: str) -> Iterator[Callable[["Synced"], None]]:
    """A live count on a terminal, silence elsewhere."""
    if not sys.stderr.isatty():
        yield lambda synced: None
        return
    from devhealth.progress import bar

    with bar("commits") as move:
        yield lambda synced: move(
            synced.commits,
            synced.expected,
            f"{name}: {synced.commits:,} commits, {synced.files:,} file changes",
        )


def _tell(as_json: bool, answer: dict[str, Any], sentence: str) -> None:
    if as_json:
        click.echo(json.dumps(answer))
    else:
        click.echo(sentence.format(**answer))
