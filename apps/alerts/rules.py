"""Rules: what an organisation wants to be alerted of; and the alerts that they fired."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from apps.alerts import evaluating, operations
from apps.alerts.findings import DIMENSIONS
from apps.alerts.models import Alert, Direction, Kind, Rule, Scope
from apps.cursors import Page, page
from apps.errors import Conflict, NotFound, PreconditionFailed, Unprocessable
from apps.metrics.models import Team
from apps.metrics.store import sink
from apps.orgs import audit, memberships
from apps.orgs.operations import Operation
from apps.orgs.services import Member
from apps.pipeline.models import SyncConfig
from devhealth.analytics.catalogue import entry_of
from devhealth.analytics.questions import Unanswerable
from devhealth.models.records import Repository

MOST = 50
NEWEST_FIRST = ("-fired_at", "-id")
PARTS: Mapping[str, tuple[str, ...]] = {
    Kind.STALE: ("hours",),
    Kind.FAILED_RUNS: ("runs",),
    Kind.MEASURE: ("measure", "scope", "days", "direction", "threshold", "clear"),
}
OPTIONAL: Mapping[str, tuple[str, ...]] = {
    Kind.STALE: ("config_id",),
    Kind.FAILED_RUNS: ("config_id",),
    Kind.MEASURE: ("scope_id",),
}
CONDITION = tuple(
    dict.fromkeys(name for table in (PARTS, OPTIONAL) for names in table.values() for name in names)
)
EDITABLE = ("name", "is_active", *CONDITION)

# --- reading -------------------------------------------------------------------------------------


def rules_page(*, by: Member, limit: int, after: str | None = None) -> Page[Rule]:
    """The newest first."""
    by.require(operations.ALERTS_READ)
    return page(Rule.objects.all(), after=after, limit=limit)


def rule_of(rule_id: UUID, *, by: Member) -> Rule:
    """Raises `NotFound`."""
    by.require(operations.ALERTS_READ)
    return _one(Rule.objects.all(), rule_id)


def alerts_page(
    rule_id: UUID | None,
    is_over: bool | None,
    *,
    by: Member,
    limit: int,
    after: str | None = None,
) -> Page[Alert]:
    """The newest first: of one rule (null: of all), that are over or go on (null: both)."""
    by.require(operations.ALERTS_READ)
    asked = {"rule_id": rule_id, "cleared_at__isnull": None if is_over is None else not is_over}
    where = {name: value for name, value in asked.items() if value is not None}
    found = Alert.objects.select_related("rule").filter(**where)
    return page(found, NEWEST_FIRST, after=after, limit=limit, bound=where)


def version(rule: Rule) -> str:
    return rule.updated_at.isoformat()


# --- changing ------------------------------------------------------------------------------------


def create(rule: Rule, *, by: Member) -> Rule:
    """It is looked at at once. Raises `Unprocessable`, `Conflict`, `NotFound`."""
    by.require(operations.ALERT_RULES_CREATE)
    rule.created_by = by.user.id
    _require_valid(rule, by)
    with transaction.atomic():
        memberships.lock(by.organization.id)  # so that they are counted by one at a time
        if Rule.objects.count() >= MOST:
            raise Conflict(
                f"An organisation may have {MOST} alert rules: delete one first.",
                code="rule_limit",
            )
        _save(rule)
        _record(by, operations.ALERT_RULES_CREATE, rule, after=_shown(rule))
        evaluating.ask(by.organization.id)
    return rule


def update(
    rule_id: UUID, changes: Mapping[str, Any], *, by: Member, unless_changed_since: str = ""
) -> Rule:
    """Change what is named, but for the kind. What it fired goes on, or is over, by the new one.

    Raises `NotFound`, `PreconditionFailed`, `Unprocessable`, `Conflict`.
    """
    by.require(operations.ALERT_RULES_UPDATE)
    with transaction.atomic():
        rule = _one(Rule.objects.select_for_update(), rule_id)
        if unless_changed_since and unless_changed_since != version(rule):
            raise PreconditionFailed
        before = _shown(rule)
        for name in EDITABLE:
            setattr(rule, name, changes.get(name, getattr(rule, name)))
        _require_valid(rule, by)
        _save(rule)
        _record(by, operations.ALERT_RULES_UPDATE, rule, before, _shown(rule))
        evaluating.ask(by.organization.id)
    return rule


def delete(rule_id: UUID, *, by: Member) -> None:
    """All that it fired goes with it, and nothing more is told. Raises `NotFound`."""
    by.require(operations.ALERT_RULES_DELETE)
    with transaction.atomic():
        rule = _one(Rule.objects.select_for_update(), rule_id)
        _record(by, operations.ALERT_RULES_DELETE, rule, before=_shown(rule))
        rule.delete()


def _one(rules: QuerySet[Rule], rule_id: UUID) -> Rule:
    if (found := rules.filter(id=rule_id).first()) is None:
        raise NotFound("There is no such alert rule.")
    return found


def _save(rule: Rule) -> None:
    try:
        with transaction.atomic():
            rule.save()
    except IntegrityError as error:
        raise Conflict("There is an alert rule of this name.", code="name_taken") from error


def _shown(rule: Rule) -> audit.State:
    return {name: getattr(rule, name) for name in ("kind", *EDITABLE)}


def _record(
    by: Member,
    operation: Operation,
    rule: Rule,
    before: audit.State | None = None,
    after: audit.State | None = None,
) -> None:
    audit.record(by, operation, target=f"alert_rule:{rule.pk}", before=before, after=after)


# --- what a rule must be made of -----------------------------------------------------------------


def _require_valid(rule: Rule, by: Member) -> None:
    """Raises `Unprocessable`, and `NotFound` for what it names of nobody here."""
    parts, optional = PARTS[rule.kind], OPTIONAL[rule.kind]
    missing = [name for name in parts if getattr(rule, name) is None]
    others = [
        name
        for name in CONDITION
        if name not in (*parts, *optional) and getattr(rule, name) is not None
    ]
    if missing or others:
        raise _invalid(
            f"A rule of the kind {rule.kind} has {', '.join(parts)}, and nothing of other kinds.",
            missing + others,
        )
    if rule.config_id and not SyncConfig.objects.filter(id=rule.config_id).exists():
        raise NotFound("There is no such sync config.")
    if rule.kind == Kind.MEASURE:
        _require_measure(rule)
        _require_scope(rule, by)


def _require_measure(rule: Rule) -> None:
    try:
        entry = entry_of(rule.measure)
    except Unanswerable as error:
        raise _invalid(str(error), ["measure"]) from error
    dimension = DIMENSIONS.get(Scope(rule.scope))
    if dimension and dimension not in entry.dimensions:
        raise _invalid(f"`{rule.measure}` cannot be told of a {rule.scope}.", ["scope"])
    is_back = rule.clear <= rule.threshold
    if rule.clear != rule.threshold and is_back != (rule.direction == Direction.ABOVE):
        raise _invalid("`clear` lies on the good side of `threshold`, or is the same.", ["clear"])


def _require_scope(rule: Rule, by: Member) -> None:
    is_whole = rule.scope == Scope.ORGANIZATION
    if is_whole != (rule.scope_id is None):
        raise _invalid(
            "A team or repository has a `scope_id`, the organisation none.", ["scope_id"]
        )
    if rule.scope == Scope.TEAM and not Team.objects.filter(id=rule.scope_id).exists():
        raise NotFound("There is no such team.")
    if rule.scope == Scope.REPOSITORY and not _is_stored(rule.scope_id, by):
        raise NotFound("There is no such repository.")


def _is_stored(repo_id: UUID, by: Member) -> bool:
    where = {"repo_id": str(repo_id)}
    found = sink(by.organization).read(Repository, where=where, columns=["repo_id"], limit=1)
    return bool(found.height)


def _invalid(sentence: str, fields: Sequence[str]) -> Unprocessable:
    return Unprocessable(
        sentence,
        code="invalid_rule",
        errors=[{"pointer": f"/body/{name}", "detail": sentence} for name in fields],
    )
