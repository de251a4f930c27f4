"""`dev-hops fixtures generate`: a made-up organisation in a store, for trying things out."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import click

from devhealth.commands import DAY, batch_size, opened, prepare, stored, watched
from devhealth.errors import Permanent

if TYPE_CHECKING:
    from devhealth.synthetic.world import World


@click.group()
def fixtures() -> None:
    """A made-up organisation, to try things out."""


@fixtures.command()
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed: another world.")
@click.option("--days", type=click.IntRange(14, 3_660), default=365, show_default=True)
@click.option("--repos", type=click.IntRange(1, 200), default=8, show_default=True)
@click.option(
    "--people", type=click.IntRange(5, 2_000), default=24, show_default=True, help="Bots, too."
)
@click.option(
    "--scale", type=click.IntRange(1, 100), default=1, show_default=True, help="Times as much."
)
@click.option("--until", type=DAY, help="Day after the last, UTC; else today.")
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
    from devhealth.synthetic.making import make

    last = until.date() if until else datetime.now(UTC).date()
    world = make(seed, days, repos, people, scale, until=last)
    if directory_out:
        _write(directory_out, world)
    _tell(*_stored(world, db, org), as_json)


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
