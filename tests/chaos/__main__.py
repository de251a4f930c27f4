"""`python -m tests.chaos [NAME …]`: one JSON object a case, and a last line with the sum."""

import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, get_args

import click

from config.embedded import Store
from devhealth.tuning import tune
from tests.chaos import history
from tests.chaos.fleet import Fleet
from tests.chaos.servers import Servers
from tests.chaos.traps import Board

if TYPE_CHECKING:
    from tests.chaos.stage import Case, Stage

MARGIN = timedelta(minutes=15)


@click.command()
@click.argument("names", nargs=-1)
@click.option("--store", type=click.Choice(get_args(Store)), default="postgresql")
@click.option("--seed", type=int, default=None, help="Of the repository and of the points.")
@click.option("--table", is_flag=True, help="Write the results into docs/reliability.md.")
@click.option("--keep", is_flag=True, help="Leave the directory with the logs.")
def main(names: Sequence[str], store: Store, seed: int | None, table: bool, keep: bool) -> None:
    """Play the scenes or cases of these names; all by default."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a polite kill ends all, too
    now = datetime.now(UTC)
    if (now + MARGIN).date() != now.date():
        raise click.ClickException("Metrics change at midnight (UTC): wait until it is over.")
    if table and names:
        raise click.UsageError("The table is of all cases.")
    seed = seed if seed is not None else int(now.timestamp()) % 10_000
    click.echo(json.dumps({"store": store, "seed": seed}))
    with ExitStack() as undo:
        tune()
        stage = _stage(undo, store, Random(seed), keep=keep)
        cases = _play(stage, names)
    failed = sum(bool(case.problems) for case in cases)
    click.echo(json.dumps({"cases": len(cases), "failed": failed}))
    if table:
        from tests.chaos.table import write

        write(cases, store)
    sys.exit(bool(failed))


def _stage(undo: ExitStack, store: Store, random: Random, *, keep: bool) -> "Stage":
    """Servers, then Django, then what needs it."""
    directory = Path(tempfile.mkdtemp(prefix="devhealth-chaos-"))
    if keep:
        click.echo(f"{directory}", err=True)
    else:
        undo.callback(shutil.rmtree, directory, ignore_errors=True)
    servers = Servers(directory / "services", store)
    undo.callback(servers.stop)
    servers.start()
    for name in ("board", "repositories"):
        (directory / name).mkdir()
    _set_up(directory, servers)
    from tests.chaos.stage import Stage
    from tests.chaos.watch import Watcher

    fleet = Fleet(directory)
    today = datetime.now(UTC).date()
    made = history.build(directory / "history.git", random, today)
    watch = Watcher(servers.watcher_uri, made.order())
    undo.callback(fleet.end)
    undo.callback(watch.stop)
    watch.start()
    board = Board(directory / "board")
    return Stage(directory, random, servers, fleet, board, watch, made, today)


def _set_up(directory: Path, servers: Servers) -> None:
    os.environ |= servers.environment() | {
        "DEVHEALTH_ENV": "development",
        "DJANGO_SECRET_KEY": "only for chaos",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "LOCAL_REPO_ROOTS": str(directory / "repositories"),
        "CHAOS_BOARD": str(directory / "board"),
    }
    import django

    django.setup()
    from django.core.management import call_command

    from apps.metrics.store import store

    call_command("migrate_tenants", verbosity=0)
    store().migrate()


def _play(stage: "Stage", names: Sequence[str]) -> "list[Case]":
    from tests.chaos import scenes

    played = []
    for case in scenes.play(stage, names):
        click.echo(json.dumps(_told(case)))
        played.append(case)
    return played


def _told(case: "Case") -> dict[str, object]:
    told: dict[str, object] = {
        "case": case.name,
        "ok": not case.problems,
        "seconds": round(case.seconds, 1),
        "redelivery": case.redelivery,
    }
    return told | ({"problems": case.problems} if case.problems else {})


if __name__ == "__main__":
    main()
