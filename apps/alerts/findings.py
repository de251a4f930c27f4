"""What a rule finds: each thing that it looks at, and whether it is as it should be."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from apps.alerts.models import Direction, Kind, Rule, Scope
from apps.metrics import questions
from apps.metrics.questions import Selection
from apps.pipeline.models import SyncConfig, SyncRun
from devhealth.analytics.questions import Dimension
from devhealth.models.states import State
from devhealth.sinks import Sink

HOUR = timedelta(hours=1)
DIMENSIONS = {Scope.TEAM: Dimension.TEAM, Scope.REPOSITORY: Dimension.REPO}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`is_bad` null: it stays as it is, whatever that is."""

    subject: str = ""
    value: float
    is_bad: bool | None
    text: str


def findings(rule: Rule, here: Sink, now: datetime) -> list[Finding]:
    """Of a rule that is switched off none. Raises `DevHealthError` where it cannot be looked at."""
    if not rule.is_active:
        return []
    match rule.kind:
        case Kind.STALE:
            return list(_stale(rule, now))
        case Kind.FAILED_RUNS:
            return list(_failed_runs(rule))
    return list(_measured(rule, here, now))


def selection(scope: str, scope_id: UUID | None) -> Selection:
    """Whose records count."""
    dimension = DIMENSIONS.get(Scope(scope))
    return Selection(where={dimension: (str(scope_id),)} if dimension else {})


def beyond(rule: Rule, value: float) -> bool | None:
    """Whether it is on the bad side of the threshold; null between that and where it is over."""
    sign = 1 if rule.direction == Direction.ABOVE else -1
    if sign * value > sign * rule.threshold:
        return True
    return False if sign * value <= sign * rule.clear else None


# --- each kind -----------------------------------------------------------------------------------


def _stale(rule: Rule, now: datetime) -> Iterator[Finding]:
    """A source is as old as the oldest of its targets; one without a mark as its config's shape."""
    for config in _configs(rule).prefetch_related("watermarks"):
        through = {
            (each.source, each.target): each.synced_through for each in config.watermarks.all()
        }
        for source in config.sources:
            marks = [through.get((source, target)) for target in config.targets]
            since = min((each or config.updated_at for each in marks), default=config.updated_at)
            hours = round((now - since) / HOUR, 2)
            yield Finding(
                subject=f"{config.pk} {source}",
                value=hours,
                is_bad=hours > rule.hours,
                text=f"{config.name}: {source} was not synced for {hours:.0f} hours.",
            )


def _failed_runs(rule: Rule) -> Iterator[Finding]:
    ended = (State.COMPLETED, State.FAILED)
    for config in _configs(rule):
        runs = SyncRun.objects.filter(config=config, state__in=ended).order_by("-created_at", "-id")
        states = list(runs.values_list("state", flat=True)[: rule.runs])
        failed = next((n for n, state in enumerate(states) if state != State.FAILED), len(states))
        yield Finding(
            subject=str(config.pk),
            value=failed,
            is_bad=failed >= rule.runs,
            text=f"{config.name}: the last {failed} runs failed.",
        )


def _configs(rule: Rule) -> "QuerySet[SyncConfig]":
    found = SyncConfig.objects.filter(is_active=True).order_by("id")
    return found.filter(id=rule.config_id) if rule.config_id else found


def _measured(rule: Rule, here: Sink, now: datetime) -> Iterator[Finding]:
    until = now.date() + timedelta(days=1)
    since, chosen = until - timedelta(days=rule.days), selection(rule.scope, rule.scope_id)
    value = questions.figure(rule.measure, since, until, chosen, here)
    if value is None:  # nothing that it could be told of
        yield Finding(value=0.0, is_bad=None, text="")
        return
    side = "above" if rule.direction == Direction.ABOVE else "below"
    yield Finding(
        value=value,
        is_bad=beyond(rule, value),
        text=f"{rule.measure} of the last {rule.days} days: {value:g}, {side} {rule.threshold:g}.",
    )
