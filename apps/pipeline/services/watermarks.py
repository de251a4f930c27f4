"""Marks: up to when a target of a source is synced, and from when on it is asked for next."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zlib import crc32

from django.db.models import Min
from django.db.models.functions import Greatest, Now

from apps.billing import tiers
from apps.billing.services import tier_of
from apps.pipeline.models import BackfillChunk, SyncConfig, SyncWatermark
from apps.pipeline.services.entity_tags import Tags
from apps.pipeline.services.targets import Source, Target
from apps.queue.work import Work
from devhealth.models.states import State


def marked(shared: Source, config: SyncConfig, source: str, target: Target, work: Work) -> Source:
    """The same source, as this target is fetched of it next."""
    mark = config.watermarks.filter(source=source, target=target.name).first()
    return replace(
        shared,
        since=_covered_since(work, config, source, target, mark),
        synced_through=mark.synced_through if mark else None,
        is_sweep=mark is not None and _is_another_week(source, mark, work.claimed_at),
        tags=Tags.of(mark.etags) if mark else Tags(),
    )


def move(
    work: Work, config: SyncConfig, name: str, target: Target, source: Source, *, is_whole: bool
) -> None:
    """To the window's end, which is when the work was claimed; never back.

    Its entity tags go along: those of what is stored now, none where something was put aside.
    """
    through, etags = work.claimed_at, source.tags.column() if is_whole else {}
    mark, is_new = SyncWatermark.objects.get_or_create(
        config=config,
        source=name,
        target=target.name,
        defaults={
            "synced_through": through,
            "covered_since": source.since,
            "etags": etags,
        },
    )
    if not is_new:
        SyncWatermark.objects.filter(pk=mark.pk).update(
            synced_through=Greatest("synced_through", through), etags=etags, updated_at=Now()
        )


def _is_another_week(source: str, mark: SyncWatermark, now: datetime) -> bool:
    """Of the source's own weeks: so not all of them look for what is gone on one day."""
    shift = crc32(source.encode()) % 7
    weeks = [(at.toordinal() + shift) // 7 for at in (mark.synced_through, now)]
    return weeks[0] < weeks[1]


def _covered_since(
    work: Work, config: SyncConfig, source: str, target: Target, mark: SyncWatermark | None
) -> date | None:
    """The earliest day that is covered, so that what lands late on it is taken, too.

    A first sync reaches as far back as it may, and to what was filled in before it. Null: to the
    beginning, or there is no past.
    """
    if not target.has_past:
        return None
    today = work.claimed_at.date()
    since = mark.covered_since if mark else _first_day(work.organization_id, config.options, today)
    if since is None:
        return None
    chunks = BackfillChunk.objects.filter(job__config=config, source=source, state=State.COMPLETED)
    filled: date | None = chunks.aggregate(first=Min("since"))["first"]
    return min(filled, since) if filled else since


def _first_day(organization_id: UUID, options: Mapping[str, Any], today: date) -> date | None:
    """How far back a first sync may reach: what the config asks for, no further than the tier."""
    floor = tiers.floor(tier_of(organization_id), today)
    asked = options.get("initial_days")
    wanted = today - timedelta(days=asked) if asked else None
    return max((day for day in (floor, wanted) if day), default=None)
