"""What a webhook tells of is looked at: the things it names are fetched anew, and nothing else.

Nothing of what it says of them is believed. It is kept first (`apps.inbound`) and answered; the
source's one unit of work looks at all that waits, so that what comes in heaps is one look. What was
missed, or could not be looked at, the next sync brings: it says how much that was (`drift`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django_tenants.utils import tenant_context

from apps.errors import NotFound
from apps.inbound import services as inbound
from apps.inbound.models import InboundEvent, WebhookEndpoint
from apps.inbound.tellings import NOTHING, Telling
from apps.metrics import directory
from apps.orgs.models import Organization
from apps.pipeline.models import SyncConfig
from apps.pipeline.services import dirty_days, restamps, sources, targets, watermarks
from apps.pipeline.services.targets import Done, Target
from apps.queue import services as queue
from apps.queue.work import Work
from devhealth.models.states import State

ACTOR = "pipeline.look"
GATHERED = timedelta(seconds=3)  # what comes in heaps is looked at together
COMPUTED = timedelta(seconds=20)  # so are its days
NO_SOURCE = "Ignored: nothing of this is synced here."
LOOKED = "Looked at."
NOT_YET = "Its first sync brings it."
SYNCED = "A sync brought it."
REACHED = "integration__credential"


class Look(NamedTuple):
    """Names of a target, by the config that has it. A target with none: all that is new."""

    config: SyncConfig
    target: Target
    names: list[str]


# --- what arrives --------------------------------------------------------------------------------


def receive(endpoint: WebhookEndpoint, event_id: str, telling: Telling) -> bool:
    """Keep the event and have its source looked at; whether it is new. Raises `NotFound`."""
    organization = Organization.objects.filter(pk=endpoint.organization_id).first()
    if organization is None:
        raise NotFound
    with tenant_context(organization), transaction.atomic():
        found = _having(endpoint.integration_id, telling)
        outcome = "" if found else NO_SOURCE if telling.asks else NOTHING
        source = found[0][1] if found else telling.source
        told = inbound.Told(
            provider=endpoint.provider,
            event_id=f"{endpoint.pk}:{event_id}",
            kind=telling.kind,
            subject=source,
            integration_id=endpoint.integration_id,
            asks=telling.asks,
        )
        is_new = inbound.keep(told, organization.pk, outcome=outcome)
        waiting = inbound.of_source(organization.pk, endpoint.integration_id, source)
        if found and waiting.exists():
            _plan(found[0][0], source, organization.pk)
    return is_new


def _having(integration_id: UUID, telling: Telling) -> list[tuple[SyncConfig, str]]:
    """Configs that are switched on and fetch any of it, with what they call the source."""
    if not telling.source or not telling.asks:
        return []
    configs = SyncConfig.objects.filter(
        integration=integration_id, is_active=True, targets__overlap=list(telling.asks)
    )
    wanted = telling.source.casefold()
    return [
        (config, source)
        for config in configs.order_by("created_at", "id")
        for source in config.sources
        if source.casefold() == wanted
    ]


def _plan(config: SyncConfig, source: str, organization_id: UUID) -> None:
    queue.add(
        ACTOR,
        organization_id,
        ids={"integration": str(config.integration_id), "source": source},
        dedupe_key=sources.name_of(f"look:{config.integration_id}", config, source),
        slots=sources.slots(config, source),
        not_before=queue.now() + GATHERED,
    )


# --- looking -------------------------------------------------------------------------------------


def look(work: Work) -> None:
    """At all that waits of the source. Safe to run again, by anybody."""
    integration_id, source = UUID(work.ids["integration"]), work.ids["source"]
    waiting = list(inbound.of_source(work.organization_id, integration_id, source))
    began_with, done = directory.version(), list[Done]()
    with dirty_days.watching(work) as watch:
        for each in _looks(integration_id, source, waiting):
            shared = targets.reached(work, each.config, source, run_id=None, watch=watch)
            marked = watermarks.marked(shared, each.config, source, each.target, work)
            if marked.synced_through is not None:
                done.append(each.target.look(marked, each.names))
        with work.finishing():
            inbound.handled([event.pk for event in waiting], _outcome(done))
            dirty_days.ask_for_compute(work.organization_id, delay=COMPUTED)
            restamps.ask_if_newer(work.organization_id, began_with)
            inbound.forget_old()


def _outcome(done: Sequence[Done]) -> str:
    unseen = [each.unreachable for each in done if each.unreachable]
    return " ".join(unseen) or (LOOKED if done else NOT_YET)


def _looks(integration_id: UUID, source: str, waiting: Iterable[InboundEvent]) -> Iterator[Look]:
    """Each target once, in the order in which one needs another."""
    asked: dict[str, dict[str, None]] = {}
    for event in waiting:
        for name, names in event.asks.items():
            asked.setdefault(name, {}).update(dict.fromkeys(names))
    having = _targets(integration_id, source)
    for target in targets.in_order([*asked]):
        if target.name in having:
            yield Look(having[target.name], target, list(asked[target.name]))


def _targets(integration_id: UUID, source: str) -> Mapping[str, SyncConfig]:
    """By target, the first config that is switched on and has it of the source."""
    configs = SyncConfig.objects.select_related(REACHED).filter(
        integration=integration_id, is_active=True, sources__contains=[source]
    )
    having: dict[str, SyncConfig] = {}
    for config in configs.order_by("created_at", "id"):
        for name in config.targets:
            having.setdefault(name, config)
    return having


def look_ended(work: Work, state: State, error: str) -> None:
    """Any end but `completed`: what was written is computed, what waits is the next one's."""
    dirty_days.ask_for_compute(work.organization_id, delay=COMPUTED)


def overtaken(work: Work, config: SyncConfig, source: str) -> None:
    """A sync of the source has brought all that was told before it began."""
    if config.integration_id is not None:
        waiting = inbound.of_source(work.organization_id, config.integration_id, source)
        told_before = waiting.filter(received_at__lt=work.claimed_at)
        inbound.handled(told_before.values_list("id", flat=True), SYNCED)
