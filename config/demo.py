"""The whole house on one machine, with nothing installed before: what `make demo` runs.

Starts the embedded services (or uses those that the environment names), prepares them, makes the
organisation `acme` and a sync config of a real repository, starts web, worker and clock, and has
them sync it and compute its metrics, as anybody's run is. Beside it lives `globex`, which is made
up. Then it serves them. A second run finds all that again and takes only what is new.
"""

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from config import demo_globex, embedded, processes
from config.demo_home import POLL_SECONDS, Home, await_metrics, prepare, settle
from config.demo_source import Source, facts_of, source_of, stored_commits
from config.demo_told import ask, invite, summary
from config.processes import Processes
from devhealth.errors import Permanent
from devhealth.progress import bar
from devhealth.sinks import Sink

if TYPE_CHECKING:
    from apps.orgs.services import Member
    from apps.pipeline.models import SyncRun

STATE = Path(".devhealth")
COUNT_SECONDS = 1.0
console = Console(stderr=True)


def run(repo: Path, *, once: bool, port: int, facts: embedded.Store = "postgresql") -> None:
    """Everything, in order; `facts` is where they lie, unless the environment names their place.

    Raises `Permanent` for a repository that cannot be read.
    """
    began = time.monotonic()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a polite kill stops all, too
    source = source_of(repo)
    with _services(facts) as environment:
        os.environ |= environment | _development(source)
        with processes.running(port) as running:
            with console.status("Preparing databases"):
                store = prepare()
                home, other = settle(store, "Acme", "acme"), settle(store, "Globex", "globex")
            running.start_clock()
            run = _sync(home, source, running)
            with bar("targets", console) as move:
                made_up = demo_globex.fill(other, datetime.now(UTC).date(), running, move)
            found = facts_of(home.sink, source)
            with console.status(f"Waiting for {running.url}"):
                running.await_ready()
            answer = ask(running.url, home.token, found)
            if once:
                seconds = round(time.monotonic() - began, 1)
                print(json.dumps(summary(home, found, run, made_up, seconds, answer)))  # noqa: T201
            else:
                invite(running.url, home, found, run, made_up)
                _wait()
        store.close()


def _development(source: Source) -> dict[str, str]:
    """This machine's owner allows what this machine's owner names."""
    return {
        "DEVHEALTH_ENV": "development",
        "DEVHEALTH_LOG_LEVEL": os.environ.get("DEVHEALTH_LOG_LEVEL", "WARNING"),
        "LOCAL_REPO_ROOTS": os.pathsep.join(source.directories),
    }


@contextmanager
def _services(facts: embedded.Store) -> Iterator[dict[str, str]]:
    with console.status("Starting the embedded services"):
        try:
            services = embedded.start(STATE, store=facts)
        except embedded.EmbeddedError as error:
            raise Permanent(str(error)) from error
    try:
        yield services.environment()
    finally:
        with console.status("Stopping"):
            services.stop()


# --- a run, as anybody's -------------------------------------------------------------------------


def _sync(home: Home, source: Source, running: Processes) -> "SyncRun":
    """A run of the repository's config, followed to its end and its metrics'."""
    from django_tenants.utils import tenant_context

    with tenant_context(home.owner.organization):
        run = _started(home.owner, source)
        with bar("commits", console) as move:
            for stored in _until_over(home.sink, source, run, running):
                move(stored, source.commits, f"{source.name}: syncing")
            unit = run.units.get()
            if unit.state != "completed":
                raise Permanent(unit.error)
            move(source.commits, source.commits, _words(source, unit))
        with bar("metrics", console) as move:
            await_metrics(home.owner, running)
            move(1, 1, "metrics: computed")
    return run


def _started(owner: "Member", source: Source) -> "SyncRun":
    """A new run; or the one that an earlier demo, cut short, has left."""
    from apps.errors import AppError
    from apps.pipeline.models import SyncConfig, SyncRun
    from apps.pipeline.services import configs, syncs

    try:
        config = SyncConfig.objects.filter(provider="local", sources=[source.path]).first()
        config = config or configs.create(
            SyncConfig(
                name=source.path[-200:],
                provider="local",
                targets=source.targets,
                sources=[source.path],
            ),
            by=owner,
        )
        left = SyncRun.objects.filter(config=config, state__in=syncs.LIVE).first()
        return left or syncs.start_run(config.pk, by=owner)
    except AppError as error:
        raise Permanent(error.detail) from error


def _until_over(sink: Sink, source: Source, run: "SyncRun", running: Processes) -> Iterator[int]:
    """How many commits are stored, now and then, as long as the run goes on."""
    from devhealth.models.states import ENDED

    counted_at = time.monotonic()
    while run.state not in ENDED:
        running.require_alive()
        if time.monotonic() >= counted_at + COUNT_SECONDS:
            yield stored_commits(sink, source).height
            counted_at = time.monotonic()
        time.sleep(POLL_SECONDS)
        run.refresh_from_db(fields=["state"])


def _words(source: Source, unit: Any) -> str:
    return f"{source.name}: {unit.records_fetched:,} new commits, {unit.rows_written:,} rows"


def _wait() -> None:
    try:
        signal.pause()
    except KeyboardInterrupt:
        console.print("Stopping")
