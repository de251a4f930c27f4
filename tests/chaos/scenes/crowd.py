"""Ten thousand units of one organisation, and the first of another."""

import time
from datetime import UTC, datetime
from functools import partial

from django.db import close_old_connections, transaction

from apps.queue import bells, services
from apps.queue.models import WorkUnit
from tests.chaos import checks
from tests.chaos.stage import Case, Stage, until

FAIR = "fairness"
CASES = {FAIR: "10,000 units of acme are queued; globex asks for a backfill and is served."}
UNITS = 10_000
LIMIT = 5.0  # seconds


def play(stage: Stage, wanted: list[str]) -> list[Case]:
    stage.fleet.worker(threads=6)
    (globex,) = stage.cases(wanted, CASES)
    acme = stage.case("acme", "It has queued 10,000 units.")
    with globex.judged():
        _crowd(acme)
        until(partial(stage.claims, acme), "acme's first is begun")
        asked_at = time.time()
        stage.begin(globex)
        until(partial(_served, stage, globex, asked_at), "globex's first chunk is begun")
        first = _served(stage, globex, asked_at)
        globex.remark = f"its first chunk began after {first[0]:.1f} s"
        globex.expect(first[0] <= LIMIT, f"Its first chunk began after {first[0]:.1f} s.")
        left = WorkUnit.objects.filter(organization_id=acme.id, state="pending").count()
        globex.expect(left > UNITS // 2, f"Of acme's only {left} were left: no crowd.")
        stage.settle(globex)
        checks.right(stage, globex)
        globex.problems += stage.watch.wrong[acme.id]
    stage.fleet.end_workers()
    _clear(acme)
    return [globex]


def _crowd(acme: Case) -> None:
    """Chunks of jobs that are gone: as many claims, and little to do for each."""
    with acme.inside(), transaction.atomic():
        services.add("pipeline.backfill", acme.id, ids={"job": str(acme.id), "chunk": 0})
        WorkUnit.objects.bulk_create(
            (
                WorkUnit(
                    organization_id=acme.id,
                    queue="backfill",
                    actor="pipeline.backfill",
                    ids={"job": str(acme.id), "chunk": 0},
                    slots=[],
                    not_before=datetime.now(UTC),
                )
                for _ in range(UNITS)
            ),
            batch_size=2_000,
        )
    bells.ring("backfill")


def _served(stage: Stage, globex: Case, since: float) -> list[float]:
    claims = stage.claims(globex, since)
    return [each["at"] - since for each in claims if each["actor"] == "pipeline.backfill"]


def _clear(acme: Case) -> None:
    close_old_connections()
    WorkUnit.objects.filter(organization_id=acme.id).delete()
