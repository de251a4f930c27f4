"""What the commands of `dev-hops` share: options, the store, sentences, a bar."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from devhealth.errors import DevHealthError, Permanent

if TYPE_CHECKING:
    from devhealth.models.directory import Directory
    from devhealth.progress import Move
    from devhealth.sinks import Store

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


@contextmanager
def opened(uri: str) -> Iterator["Store"]:
    from devhealth.sinks import open_store

    store = open_store(uri)
    try:
        yield store
    finally:
        store.close()


def prepare(store: "Store") -> None:
    """On a laptop the first write prepares the store."""
    if not store.is_current():
        store.migrate()


def require_prepared(store: "Store") -> None:
    if not store.is_current():
        raise Permanent("There is nothing in this store yet: run `dev-hops sync git` first.")


def read_directory(path: Path | None) -> "Directory | None":
    from devhealth.models.directory_file import parse_directory

    if path is None:
        return None
    try:
        return parse_directory(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise Permanent(f"The directory file {path} cannot be read: {error}.") from error


def utc(day: datetime | None) -> datetime | None:
    return day.replace(tzinfo=UTC) if day else None


def batch_size() -> int:
    from devhealth.sinks import BATCH_SIZE

    return whole_number("BATCH_SIZE") or BATCH_SIZE


def whole_number(name: str) -> int | None:
    text = os.environ.get(name, "")
    if text and (not text.isdecimal() or not int(text)):
        raise Permanent(f"{name} is `{text}`: give a whole number above 0, or leave it unset.")
    return int(text) if text else None


@contextmanager
def watched(name: str) -> "Iterator[Move]":
    """A live count on a terminal, silence elsewhere."""
    if not sys.stderr.isatty():
        yield lambda done, total, words: None
        return
    from devhealth.progress import bar

    with bar(name) as move:
        yield move


def tell(as_json: bool, answer: dict[str, Any], sentence: str) -> None:
    if as_json:
        click.echo(json.dumps(answer))
    else:
        click.echo(sentence.format(**answer))
