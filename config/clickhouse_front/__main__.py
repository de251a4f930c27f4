"""`python -m config.clickhouse_front DIRECTORY`: serve its engine until SIGTERM."""

import os
import signal
from pathlib import Path
from typing import NoReturn

import click

from config.clickhouse_front.front import Front

USER = DATABASE = "devhealth"
PID_FILE = "front.pid"
END_SECONDS = 10.0
POLL_SECONDS = 0.5  # how often idle sessions are looked for


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--port", type=int, required=True)
@click.option("--password-file", type=click.Path(path_type=Path), required=True)
@click.option("--configuration", help="A file of the engine's, below DIRECTORY.")
def main(directory: Path, port: int, password_file: Path, configuration: str | None) -> None:
    """Serve the engine whose data lies in DIRECTORY until SIGTERM."""
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, _leave)
    os.chdir(directory)  # relative names need no escaping in the engine's address
    options = f"?config-file={configuration}" if configuration else ""
    Path(PID_FILE).write_text(f"{os.getpid()}\n", encoding="utf-8")
    password = password_file.read_text(encoding="utf-8")
    with Front(port, USER, password, f"data{options}") as front:
        try:
            front.engine.make_database(DATABASE)
            # What its launcher waits for:
            click.echo(f"Process {os.getpid()} listens on 127.0.0.1:{port}.")
            front.serve_forever(POLL_SECONDS)
        finally:
            _finish(front)


def _leave(*_: object) -> NoReturn:
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, signal.SIG_IGN)
    raise SystemExit(0)


def _finish(front: Front) -> None:
    front.server_close()
    if not front.gate.close(END_SECONDS):
        click.echo(
            f"Queries still ran after {END_SECONDS:.0f} s: the engine recovers at its start."
        )
        os._exit(0)  # closing the engine below them would crash it
    front.engine.close()
    click.echo("Ended.")


if __name__ == "__main__":
    main()
