"""Looking at the rules: after each compute, and every quarter of an hour.

What is found is read first, then all that follows is written in one transaction with the end of the
unit: alerts that fire and those that are over, what is told of them, and when it is looked next.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from apps.alerts.findings import Finding, findings
from apps.alerts.models import Alert, Rule
from apps.metrics.store import sink_of_work
from apps.notify import services as notify
from apps.notify.models import Event
from apps.queue import services as queue
from apps.queue.work import Work
from devhealth.errors import Permanent
from devhealth.models.states import State

ACTOR = "alerts.evaluate"
EVERY = timedelta(minutes=15)
KEPT = timedelta(days=400)
AT_ONCE = 1_000
LONGEST_ERROR = 300

Found = Sequence[Finding] | Permanent


def ask(organization_id: UUID, not_before: datetime | None = None) -> None:
    """Have all rules looked at, if there are any: now, or later; in the caller's transaction."""
    if Rule.objects.exists():
        slots = {ACTOR: 1}
        queue.add(ACTOR, organization_id, dedupe_key=ACTOR, slots=slots, not_before=not_before)


def evaluate(work: Work) -> None:
    """Every rule, by what is stored now."""
    found: dict[UUID, tuple[datetime, Found]] = {}
    here, now = sink_of_work(work.organization_id, work.claimed_at), work.claimed_at
    for rule in Rule.objects.order_by("id"):
        work.checkpoint()
        try:
            found[rule.pk] = rule.updated_at, findings(rule, here, now)
        except Permanent as error:
            found[rule.pk] = rule.updated_at, error
    with work.finishing():
        for rule in Rule.objects.select_for_update().filter(id__in=found).order_by("id"):
            seen_at, result = found[rule.pk]
            if rule.updated_at == seen_at:  # else whoever changed it has asked again
                _settle(rule, result, work)
        _forget_old(now)
        ask(work.organization_id, now + EVERY)


def evaluate_ended(work: Work, state: State, error: str) -> None:
    """Whatever became of it, there is a next time."""
    if state != State.PENDING:
        ask(work.organization_id, queue.now() + EVERY)


def _settle(rule: Rule, found: Found, work: Work) -> None:
    """A rule that could not be looked at leaves its alerts as they are, and says why."""
    error = str(found)[:LONGEST_ERROR] if isinstance(found, Permanent) else ""
    Rule.objects.filter(pk=rule.pk).update(error=error, evaluated_at=work.claimed_at)
    if isinstance(found, Permanent):
        return
    going_on = {each.subject: each for each in rule.alerts.filter(cleared_at=None)}
    for finding in found:
        _move(rule, finding, going_on.pop(finding.subject, None), work)
    for alert in going_on.values():  # of what is not looked at any more
        _clear(rule, alert, work)


def _move(rule: Rule, finding: Finding, alert: Alert | None, work: Work) -> None:
    """It fires once, and is over once."""
    if alert is not None and finding.is_bad is False:
        alert.last_value = finding.value
        _clear(rule, alert, work)
    elif alert is not None and finding.text:
        Alert.objects.filter(pk=alert.pk).update(last_value=finding.value)
    elif alert is None and finding.is_bad:
        _fire(rule, finding, work)


def _fire(rule: Rule, finding: Finding, work: Work) -> None:
    alert = Alert.objects.create(
        rule=rule,
        subject=finding.subject,
        text=finding.text,
        value=finding.value,
        last_value=finding.value,
        fired_at=work.claimed_at,
    )
    _tell(rule, alert, work)


def _clear(rule: Rule, alert: Alert, work: Work) -> None:
    alert.cleared_at = work.claimed_at
    alert.save(update_fields=["cleared_at", "last_value"])
    _tell(rule, alert, work)


def _tell(rule: Rule, alert: Alert, work: Work) -> None:
    facts: Mapping[str, object] = {
        "state": "cleared" if alert.cleared_at else "fired",
        "alert_id": alert.pk,
        "rule_id": rule.pk,
        "rule_name": rule.name,
        "kind": rule.kind,
        "text": alert.text,
        "value": alert.last_value,
        "fired_at": alert.fired_at,
        "cleared_at": alert.cleared_at,
    }
    links = {"alerts": f"/api/v1/alerts?rule_id={rule.pk}"}
    notify.tell(work.organization_id, Event.ALERT_FIRED, facts, links)


def _forget_old(now: datetime) -> None:
    old = Alert.objects.filter(cleared_at__lt=now - KEPT).values_list("pk", flat=True)[:AT_ONCE]
    Alert.objects.filter(pk__in=list(old)).delete()
