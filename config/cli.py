"""`dev-hops`: the library's commands, and the service's, which alone set up Django."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from apps.pipeline.cli import backfill, recompute
from devhealth.cli import cli as main
from devhealth.cli import metrics

if TYPE_CHECKING:
    from config.embedded import Store

__all__ = ["main"]

main.add_command(backfill)
metrics.add_command(recompute)


@main.command()
@click.option("--repo", type=Path, default=".", help="The git repository to show.")
@click.option("--once", is_flag=True, help="Ask the running API once, print it as JSON, and stop.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--store", type=click.Choice(("postgresql", "clickhouse")), default="postgresql")
def demo(repo: Path, once: bool, port: int, store: "Store") -> None:
    """A whole installation on this machine: services, an organisation, real numbers, the API."""
    from config import demo

    demo.run(repo, once=once, port=port, facts=store)


if __name__ == "__main__":
    main()
