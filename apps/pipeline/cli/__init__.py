"""`dev-hops backfill …` and `dev-hops metrics recompute`: by the API, or on the server itself.

With --api and --token (DEVHEALTH_API, DEVHEALTH_TOKEN) over HTTP, like anybody else; without, as
the organisation's owner at the server's own console, where the control database is at hand. Both
answer with the API's JSON. Exit codes: 0 done (and what was waited for is completed), 2 not done.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import click

from apps.pipeline.cli.doors import Door, Told
from devhealth.commands import DAY, windowed
from devhealth.errors import Permanent
from devhealth.progress import bar

Command = Callable[..., Any]
Show = Callable[[dict[str, Any]], None]

NOT_DONE = 2


def addressed(command: Command) -> Command:
    """The options of where to ask, and of how to answer."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="One JSON value on stdout."),
        click.option("--org", help="Organisation (slug), if the server has several."),
        click.option("--token", envvar="DEVHEALTH_TOKEN", help="API token, or DEVHEALTH_TOKEN."),
        click.option("--api", envvar="DEVHEALTH_API", help="Ask this URL, or DEVHEALTH_API."),
    ):
        command = option(command)
    return command


@click.group()
def backfill() -> None:
    """Fetch days of the past."""


@backfill.command()
@click.option("--config-id", type=click.UUID, required=True, help="Of which sync config.")
@click.option("--since", type=DAY, required=True, help="First day, UTC.")
@click.option("--before", type=DAY, help="Day after the last, UTC; default: tomorrow.")
@click.option("--order", type=click.Choice(["newest", "oldest"]), default="newest")
@click.option("--dry-run", is_flag=True, help="Only say what it would take.")
@click.option("--no-wait", is_flag=True, help="Do not wait for its end.")
@addressed
def run(
    config_id: UUID,
    since: datetime,
    before: datetime | None,
    order: str,
    dry_run: bool,
    no_wait: bool,
    as_json: bool,
    **where: str | None,
) -> None:
    """Start a backfill and follow it to its end."""
    body = {"config_id": str(config_id), "order": order, **days(since, before)}
    with opened(**where) as door:
        if dry_run:
            tell(door.preview(body), as_json, in_short)
            return
        job = door.start(body)
        if no_wait:
            tell(job, as_json, how_far)
            return
        follow(job["id"], lambda: door.job(job["id"]), as_json)


@backfill.command()
@click.argument("job_id", type=click.UUID)
@click.option("--watch", is_flag=True, help="Follow it to its end.")
@addressed
def status(job_id: UUID, watch: bool, as_json: bool, **where: str | None) -> None:
    """How far a backfill is."""
    with opened(**where) as door:
        if watch:
            follow(str(job_id), lambda: door.job(str(job_id)), as_json)
        else:
            tell(door.job(str(job_id)).value, as_json, how_far)


@backfill.command("list")
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True)
@addressed
def list_(limit: int, as_json: bool, **where: str | None) -> None:
    """The newest backfills."""
    with opened(**where) as door:
        tell(door.jobs(limit), as_json, lambda jobs: "\n".join(map(how_far, jobs)) or "None yet.")


@click.command()
@windowed
@click.option("--no-wait", is_flag=True, help="Do not wait for its end.")
@addressed
def recompute(
    since: datetime | None,
    before: datetime | None,
    no_wait: bool,
    as_json: bool,
    **where: str | None,
) -> None:
    """Have the service compute an organisation's metrics anew."""
    with opened(**where) as door:
        asked = door.recompute(days(since, before))
        if not no_wait:
            asked = waited_for(lambda: door.recomputed(asked["id"]), lambda value: None)
    tell(asked, as_json, changed)
    end(asked, is_awaited=not no_wait)


# --- doors ---------------------------------------------------------------------------------------


def opened(org: str | None, api: str | None, token: str | None) -> AbstractContextManager[Door]:
    """Raises `Permanent` where there is nobody to ask."""
    if api is None:
        set_up()
        from apps.pipeline.cli.server import on_server

        return on_server(org)
    if not token:
        raise Permanent("Give the API's token: --token, or DEVHEALTH_TOKEN.")
    from apps.pipeline.cli.http import over_http

    return over_http(api, token)


def set_up() -> None:
    """Django, which only the server's own console needs."""
    import django
    from django.core.exceptions import ImproperlyConfigured

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        django.setup()
    except ImproperlyConfigured as error:
        raise Permanent(f"{error} Or ask a running service: --api URL.") from error


def days(since: datetime | None, before: datetime | None) -> dict[str, str]:
    given = {"since": since, "before": before}
    return {name: str(each.date()) for name, each in given.items() if each}


# --- waiting -------------------------------------------------------------------------------------


def follow(job_id: str, read: Callable[[], Told], as_json: bool) -> None:
    """To its end. Ctrl-C stops the looking, not the job."""
    try:
        with moving_bar() as show:
            job = waited_for(read, show)
    except KeyboardInterrupt:
        again = f"dev-hops backfill status {job_id} --watch"
        click.echo(f"The backfill goes on without you. To look again: {again}", err=True)
        sys.exit(NOT_DONE)
    tell(job, as_json, how_far)
    end(job, is_awaited=True)


def waited_for(read: Callable[[], Told], show: Show) -> dict[str, Any]:
    """The last answer, after which nothing changes by itself."""
    while True:
        told = read()
        show(told.value)
        if told.wait is None:
            return told.value
        time.sleep(told.wait)


@contextmanager
def moving_bar() -> Iterator[Show]:
    """A live bar on a terminal, silence elsewhere."""
    if not sys.stderr.isatty():
        yield lambda job: None
        return
    with bar("chunks") as move:
        yield lambda job: move(job["completed_chunks"], job["total_chunks"], words(job))


def end(value: dict[str, Any], *, is_awaited: bool) -> None:
    if is_awaited and value["state"] != "completed":
        sys.exit(NOT_DONE)


# --- words ---------------------------------------------------------------------------------------


def tell(value: Any, as_json: bool, sentence: Callable[[Any], str]) -> None:
    click.echo(json.dumps(value) if as_json else sentence(value))


def words(job: dict[str, Any]) -> str:
    left = "" if job["eta_seconds"] is None else f", {job['eta_seconds']:.0f} s left"
    return f"{job['state']}: {job['rows_written']:,} rows{left}"


def how_far(job: dict[str, Any]) -> str:
    return (
        f"{job['id']} {job['since']} to {job['before']}: {job['state']}, "
        f"{job['completed_chunks']} of {job['total_chunks']} chunks, "
        f"{job['rows_written']:,} rows. {job['error']}".rstrip()
    )


def in_short(preview: dict[str, Any]) -> str:
    sentence = (
        f"{preview['chunks']} chunks from {preview['first_day']} on, about "
        f"{preview['seconds']:.0f} s, {preview['requests']} requests."
    )
    if (more := preview["more"]) is None:
        return sentence
    return (
        f"{sentence} Your tier reaches no further; {more['tier']} would from "
        f"{more['first_day']} on, with {more['chunks']} chunks more."
    )


def changed(asked: dict[str, Any]) -> str:
    return f"{asked['state']}: {asked['rows_written']:,} rows changed. {asked['error']}".rstrip()
