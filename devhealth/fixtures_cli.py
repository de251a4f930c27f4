"""`dev-hops fixtures`: a made-up organisation in a store, for trying things out, and whether what
is computed of it is right.
"""

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import UUID

import click

from devhealth.commands import (
    DAY,
    Command,
    batch_size,
    opened,
    prepare,
    require_prepared,
    stored,
    watched,
)
from devhealth.errors import Permanent

if TYPE_CHECKING:
    from devhealth.synthetic.world import World
    from devhealth.verifying import Verdict

NAMED: Final = 3  # differences of each table that are told in full


@click.group()
def fixtures() -> None:
    """A made-up organisation, to try things out."""


def of_a_world(command: Command) -> Command:
    """What a world is made from. The same options give the same world, to the second; so --until
    belongs to them."""
    for option in (
        click.option("--until", type=DAY, help="Day after the last, UTC; else today."),
        click.option(
            "--scale",
            type=click.IntRange(1, 100),
            default=1,
            show_default=True,
            help="Times as much.",
        ),
        click.option(
            "--people",
            type=click.IntRange(5, 2_000),
            default=24,
            show_default=True,
            help="Bots, too.",
        ),
        click.option("--repos", type=click.IntRange(1, 200), default=8, show_default=True),
        click.option("--days", type=click.IntRange(14, 3_660), default=365, show_default=True),
        click.option(
            "--seed", type=int, default=1, show_default=True, help="Another seed: another world."
        ),
    ):
        command = option(command)
    return command


@fixtures.command()
@of_a_world
@click.option("--directory-out", type=Path, help="Write its people, teams and bots there; TOML.")
@stored
def generate(
    seed: int,
    days: int,
    repos: int,
    people: int,
    scale: int,
    until: datetime | None,
    directory_out: Path | None,
    db: str,
    org: UUID,
    as_json: bool,
) -> None:
    """Make up an organisation's repositories, pull requests, deliveries and work items.

    The same options give the same world, to the second; so --until belongs to them. Safe to run
    again: the same world changes nothing, another one takes the place of what is there.
    """
    world = _made(seed, days, repos, people, scale, until)
    if directory_out:
        _write(directory_out, world)
    _tell(*_stored(world, db, org), as_json)


@fixtures.command()
@of_a_world
@stored
def verify(
    seed: int,
    days: int,
    repos: int,
    people: int,
    scale: int,
    until: datetime | None,
    db: str,
    org: UUID,
    as_json: bool,
) -> None:
    """Check what `metrics daily` computed of a made-up organisation, cell by cell.

    Give the options that it was generated with. What should be stored follows from them by plain
    Python, which shares nothing with the pipeline. Exits with 1 where anything differs.
    """
    began = time.monotonic()
    verdicts = _judged(_made(seed, days, repos, people, scale, until), db, org)
    _tell_verdicts(verdicts, round(time.monotonic() - began, 3), as_json)
    if any(each.differences for each in verdicts):
        click.get_current_context().exit(1)


def _made(
    seed: int, days: int, repos: int, people: int, scale: int, until: datetime | None
) -> "World":
    from devhealth.synthetic.making import make

    last = until.date() if until else datetime.now(UTC).date()
    return make(seed, days, repos, people, scale, until=last)


def _judged(world: "World", db: str, org: UUID) -> "list[Verdict]":
    """Rollups are as of the day on which they were computed last."""
    from devhealth import verifying

    with opened(db) as store:
        require_prepared(store)
        sink = store.for_org(org)
        today = verifying.computed_on(sink)
        if today is None:
            raise Permanent("Nothing is computed in this store yet: run `dev-hops metrics daily`.")
        return list(verifying.verify(sink, world, today))


def _tell_verdicts(verdicts: "list[Verdict]", seconds: float, as_json: bool) -> None:
    told = [f"{each}" for verdict in verdicts for each in verdict.differences[:NAMED]]
    if as_json:
        tables = {
            each.table: {
                "rows": each.rows, "cells": each.cells, "differences": len(each.differences),
            }
            for each in verdicts
        }  # fmt: skip
        click.echo(json.dumps({"tables": tables, "differences": told, "seconds": seconds}))
        return
    for each in verdicts:
        differing = f"  {len(each.differences):,} differences" if each.differences else ""
        click.echo(f"{each.table:<32}{each.rows:>10,} rows{each.cells:>12,} cells{differing}")
    for line in told:
        click.echo(line)
    rows, cells = sum(each.rows for each in verdicts), sum(each.cells for each in verdicts)
    click.echo(f"{rows:,} rows and {cells:,} cells are as expected, in {seconds} s.")


def _stored(world: "World", db: str, org: UUID) -> tuple[dict[str, int], int, float]:
    """Rows by table, days that wait to be computed, and how long it took."""
    import asyncio

    from devhealth.fixtures import Generating, rows_of
    from devhealth.models.records import RECORDS
    from devhealth.sinks import sink_of_run

    began = time.monotonic()
    with opened(db) as store, watched("targets") as move:
        prepare(store)
        generating = Generating(
            world=world,
            sinks=lambda: sink_of_run(store, org, RECORDS),
            batch_size=batch_size(),
            progress=move,
        )
        touches = asyncio.run(generating.run())
        rows = dict(rows_of(store.for_org(org)))
    dirty = set().union(*touches.days.values())
    return rows, len(dirty), round(time.monotonic() - began, 3)


def _tell(rows: dict[str, int], dirty: int, seconds: float, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"rows": rows, "dirty_days": dirty, "seconds": seconds}))
        return
    for table, count in rows.items():
        click.echo(f"{table:<24}{count:>12,}")
    click.echo(
        f"{sum(rows.values()):,} rows, {dirty} days with anything new, in {seconds} s. "
        "Next: dev-hops metrics daily"
    )


def _write(path: Path, world: "World") -> None:
    from devhealth.synthetic.directory import toml

    try:
        path.write_text(toml(world), "utf-8")
    except OSError as error:
        raise Permanent(f"The directory file {path} cannot be written: {error}.") from error
