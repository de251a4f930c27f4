"""What this app's units of work do: each calls one service."""

from apps.pipeline.services import (
    chunks,
    compute,
    configs,
    looking,
    removal,
    restamps,
    syncs,
)
from apps.queue.actors import tenant_actor
from apps.queue.work import Work


@tenant_actor("pipeline.sync", ended=syncs.sync_ended)
def sync(work: Work) -> None:
    """One source of a run."""
    syncs.sync(work)


@tenant_actor("pipeline.look", ended=looking.look_ended)
def look(work: Work) -> None:
    """What webhooks told of a source."""
    looking.look(work)


@tenant_actor("pipeline.schedule", ended=configs.schedule_ended)
def schedule(work: Work) -> None:
    """A config's next run is due."""
    configs.on_schedule(work)


@tenant_actor("pipeline.backfill", ended=chunks.chunk_ended)
def backfill(work: Work) -> None:
    """One chunk of a job."""
    chunks.run_chunk(work)


@tenant_actor("pipeline.compute", ended=compute.compute_ended)
def compute_metrics(work: Work) -> None:
    """The organisation's dirty days."""
    compute.compute(work)


@tenant_actor("pipeline.restamp", ended=restamps.restamp_ended)
def restamp(work: Work) -> None:
    """Records by the Directory as it is now."""
    restamps.restamp(work)


@tenant_actor("pipeline.remove_facts", ended=removal.removal_ended)
def remove_facts(work: Work) -> None:
    """All that was ever kept of a repository that is synced no more."""
    removal.remove_facts(work)


@tenant_actor("pipeline.daily", ended=compute.daily_ended)
def daily(work: Work) -> None:
    """Days whose windows moved by themselves."""
    compute.daily(work)


@tenant_actor("pipeline.apply_tier")
def apply_tier(work: Work) -> None:
    """What a change of tier means for jobs that are under way."""
    chunks.apply_tier(work)
