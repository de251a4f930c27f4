"""Choosing what of an integration is synced: in one step to a sync config and its first run.

Everything has a default: all targets that the provider knows, the last 14 days at once, then once a
day. What lies before is a backfill's, which `beginning` offers when the run is over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID
from zlib import crc32

from apps.billing import tiers
from apps.billing.services import require_room, tier_of
from apps.billing.tiers import Tier
from apps.errors import NotFound, Unprocessable
from apps.integrations import discovering
from apps.integrations.models import Integration
from apps.orgs.members import Member
from apps.pipeline import operations
from apps.pipeline.models import SyncConfig, SyncRun
from apps.pipeline.services import configs, sources, syncs
from devhealth.wanted import Wanted

INITIAL_DAYS = 14
MOST_SOURCES = 200  # of one config, as REST takes them
DAILY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """
    sources       names; what matches `wanted` is added
    wanted        looked for now, at the provider. None: only what is named
    config_id     of the config that has exactly these from now on. None: a new one
    name          of a new one. '': the integration's, or the next that is free
    targets       (): all that the provider has; of a known config, those that it has
    initial_days  how far back a new one's first run reaches, within the tier
    version       of the known config as somebody saw it. '': whatever it is now
    """

    sources: tuple[str, ...] = ()
    wanted: Wanted | None = None
    config_id: UUID | None = None
    name: str = ""
    targets: tuple[str, ...] = ()
    initial_days: int = INITIAL_DAYS
    version: str = ""


@dataclass(frozen=True, slots=True)
class Room:
    """How many repositories there would be, all configs together. `limit`: None: any number.

    `allowed_by`: the next tier that has more. None: none has, or staff set the limit.
    """

    asked: int
    limit: int | None
    tier: Tier
    allowed_by: Tier | None

    @property
    def is_enough(self) -> bool:
        return self.limit is None or self.asked <= self.limit


# --- choosing ------------------------------------------------------------------------------------


def choose(integration_id: UUID, choice: Choice, *, by: Member) -> SyncRun:
    """Their run, which begins at once; while one is under way, that one, with what is new in it.

    Nothing is left out silently: what is more than the tier has is refused as a whole. Raises
    `NotFound`, `Unprocessable`, `TierLimit`, `Conflict`, `PreconditionFailed` where somebody else
    changed the config meanwhile, and what the provider's library raises.
    """
    by.require(operations.SOURCES_CHOOSE)
    integration = integration_of(integration_id)
    config = config_of(integration, choice.config_id) if choice.config_id else None
    names = _names(integration_id, choice, by)
    _require_room(integration, names, config, by)  # before the provider is asked for each of them
    if config:
        changes = {"sources": names, "is_active": True} | _targets(choice)
        config = configs.update(config.pk, changes, by=by, unless_changed_since=choice.version)
    else:
        config = configs.create(_made(integration, names, choice, by), by=by)
    return syncs.start_or_join(config.pk, by=by)


def integration_of(integration_id: UUID) -> Integration:
    """Raises `NotFound`."""
    if (found := Integration.objects.filter(id=integration_id).first()) is None:
        raise NotFound("There is no such integration.")
    return found


def config_of(integration: Integration, config_id: UUID) -> SyncConfig:
    """Raises `NotFound`, for a config of another integration, too."""
    if (found := integration.sync_configs.filter(id=config_id).first()) is None:
        raise NotFound("There is no such sync config of this integration.")
    return found


def free_name(integration: Integration) -> str:
    """Of a new config: the integration's, or with the first number that is free."""
    name, taken = integration.name, set(SyncConfig.objects.values_list("name", flat=True))
    names = (name, *(f"{name[:190]} {number}" for number in range(2, len(taken) + 3)))
    return next(each for each in names if each not in taken)


def room_for(
    integration: Integration,
    names: Sequence[str],
    config: SyncConfig | None = None,
    *,
    by: Member,
) -> Room:
    """With these as the sources of the config, or of a new one, beside those of all others."""
    tier = tier_of(by.organization.id)
    chosen = sources.sources_of(SyncConfig(integration=integration, sources=list(names)))
    others = sources.repositories(beside=config.pk if config else None)
    return Room(
        asked=len(chosen | others),
        limit=tier.repositories,
        tier=tier,
        allowed_by=tiers.allowing_more(tier, "repositories"),
    )


# --- inside --------------------------------------------------------------------------------------


def _names(integration_id: UUID, choice: Choice, by: Member) -> list[str]:
    names = list(choice.sources)
    if choice.wanted:
        names += discovering.names_wanted(integration_id, choice.wanted, MOST_SOURCES, by=by)
    names = list(dict.fromkeys(names))
    if not names:
        raise Unprocessable(
            "Nothing was chosen: name sources, or patterns that something matches.",
            code="nothing_chosen",
        )
    return names


def _require_room(
    integration: Integration, names: Sequence[str], config: SyncConfig | None, by: Member
) -> None:
    organization_id = by.organization.id
    asked = room_for(integration, names, config, by=by).asked
    has = sources.count_repositories(organization_id)
    require_room(organization_id, "repositories", has=has, asked=asked)


def _targets(choice: Choice) -> dict[str, list[str]]:
    return {"targets": list(choice.targets)} if choice.targets else {}


def _made(integration: Integration, names: list[str], choice: Choice, by: Member) -> SyncConfig:
    provider = sources.PROVIDERS[integration.provider]
    return SyncConfig(
        name=choice.name or free_name(integration),
        provider=integration.provider,
        integration_id=integration.pk,
        targets=list(choice.targets or provider.targets),
        sources=names,
        options={"initial_days": choice.initial_days},
        schedule_cron=_once_a_day(integration, by),
    )


def _once_a_day(integration: Integration, by: Member) -> str:
    """At an instant of its own, so that not all begin at midnight. '': the tier allows it not."""
    if tier_of(by.organization.id).sync_interval > DAILY:
        return ""
    hour, minute = divmod(crc32(integration.pk.bytes) % (24 * 60), 60)
    return f"{minute} {hour} * * *"
