"""A live bar on stderr: how far, how long still."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

Move = Callable[[int, int, str], None]


@contextmanager
def bar(name: str, console: Console | None = None) -> Iterator[Move]:
    """Gives a function to move the bar with: done, total (0: not known), words."""
    columns = (
        SpinnerColumn(finished_text="[green]✓"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(elapsed_when_finished=False),
    )
    with Progress(*columns, console=console or Console(stderr=True)) as progress:
        task = progress.add_task(name, total=None)

        def move(done: int, total: int, words: str) -> None:
            progress.update(task, completed=done, total=total or None, description=words)

        yield move
        ended = progress.tasks[task].completed or 1
        progress.update(task, completed=ended, total=ended)
