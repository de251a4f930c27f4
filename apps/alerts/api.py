"""REST: alert rules, and what they fired."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Field, Header, Query, Router, Schema, Status
from pydantic import StringConstraints

from apps.alerts import rules
from apps.alerts.models import Alert, Direction, Kind, Rule, Scope
from apps.rest import (
    IDEMPOTENT,
    NO_NUL,
    In,
    PageOut,
    PageQuery,
    answered_once,
    described,
    page_out,
    point_to,
    version_of,
)

router = Router(tags=["alerts"])
router.add_decorator(answered_once, mode="view")

BY_WHICH = "stale, failed_runs: of this sync config only. Null: of all that are switched on."
WHOSE = "measure: whose it is."
SIDE = "measure: on which side of `threshold` it fires."
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=NO_NUL)
]
Measure = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=NO_NUL)]
Hours = Annotated[int, Field(ge=1, le=8_760)]
Runs = Annotated[int, Field(ge=1, le=100)]
Days = Annotated[int, Field(ge=1, le=366)]
Number = Annotated[float, Field(allow_inf_nan=False)]


@described(Rule)
class AlertRuleIn(In):
    """With what its kind is made of, and nothing else."""

    name: Name
    kind: Kind
    is_active: bool = True
    config_id: UUID | None = Field(None, description=BY_WHICH)
    hours: Hours | None = None
    runs: Runs | None = None
    measure: Measure | None = None
    scope: Scope | None = Field(None, description=WHOSE)
    scope_id: UUID | None = None
    days: Days | None = None
    direction: Direction | None = Field(None, description=SIDE)
    threshold: Number | None = None
    clear: Number | None = None


@described(Rule)
class AlertRulePatch(In):
    """What is not named stays. A rule's kind does not change."""

    name: Name = Field(default_factory=str)
    is_active: bool = Field(default_factory=bool)
    config_id: UUID | None = Field(None, description=BY_WHICH)
    hours: Hours | None = None
    runs: Runs | None = None
    measure: Measure | None = None
    scope: Scope | None = Field(None, description=WHOSE)
    scope_id: UUID | None = None
    days: Days | None = None
    direction: Direction | None = Field(None, description=SIDE)
    threshold: Number | None = None
    clear: Number | None = None


@described(Rule)
class AlertRuleOut(Schema):
    """When the organisation wants to be alerted."""

    id: UUID
    name: str
    kind: Kind = Field(description="What it looks at.")
    is_active: bool
    config_id: UUID | None = Field(description=BY_WHICH)
    hours: int | None
    runs: int | None
    measure: str | None
    scope: Scope | None = Field(description=WHOSE)
    scope_id: UUID | None
    days: int | None
    direction: Direction | None = Field(description=SIDE)
    threshold: float | None
    clear: float | None
    error: str
    evaluated_at: datetime | None
    created_by: UUID
    created_at: datetime
    updated_at: datetime


class AlertRulePage(PageOut[AlertRuleOut]):
    """The newest first."""


class AlertsQuery(PageQuery):
    rule_id: UUID | None = Field(None, description="Of this rule only.")
    state: Literal["fired", "cleared"] | None = Field(None, description="In this state only.")


@described(Alert)
class AlertOut(Schema):
    """A rule that fired, of one thing."""

    id: UUID
    rule_id: UUID
    rule_name: str = Field(alias="rule.name", description="The rule's name.")
    state: Literal["fired", "cleared"] = Field(description="Whether it goes on, or is over.")
    subject: str
    text: str
    value: float
    last_value: float
    fired_at: datetime
    cleared_at: datetime | None

    @staticmethod
    def resolve_state(alert: Alert) -> str:
        return "cleared" if alert.cleared_at else "fired"


class AlertPage(PageOut[AlertOut]):
    """The newest first."""


def given(response: HttpResponse, rule: Rule) -> Rule:
    """With the version that `If-Match` is held against."""
    response["ETag"] = rules.version(rule)
    return rule


@router.get("/alert-rules", response=AlertRulePage, summary="List alert rules")
def list_alert_rules(request: HttpRequest, response: HttpResponse, asked: Query[PageQuery]) -> Any:
    """When the organisation wants to be alerted, the newest rule first."""
    page = rules.rules_page(by=request.auth, limit=asked.limit, after=asked.cursor)
    return page_out(request, response, page)


@router.post(
    "/alert-rules",
    response={201: AlertRuleOut},
    summary="Create an alert rule",
    openapi_extra=IDEMPOTENT,
)
def create_alert_rule(
    request: HttpRequest, response: HttpResponse, body: AlertRuleIn
) -> Status[Rule]:
    """It is looked at at once, after every compute, and every quarter of an hour."""
    rule = rules.create(Rule(**body.dict()), by=request.auth)
    point_to(response, "read_alert_rule", rule_id=rule.pk)
    return Status(201, given(response, rule))


@router.get("/alert-rules/{rule_id}", response=AlertRuleOut, summary="Read an alert rule")
def read_alert_rule(request: HttpRequest, response: HttpResponse, rule_id: UUID) -> Rule:
    """One rule, and whether it could be looked at."""
    return given(response, rules.rule_of(rule_id, by=request.auth))


@router.patch("/alert-rules/{rule_id}", response=AlertRuleOut, summary="Change an alert rule")
def update_alert_rule(
    request: HttpRequest,
    response: HttpResponse,
    rule_id: UUID,
    body: AlertRulePatch,
    if_match: str = Header("", alias="If-Match", description="The `ETag` read; else 412."),
) -> Rule:
    """Change what is named. Switched off, all that it fired is over."""
    changes, version = body.dict(exclude_unset=True), version_of(if_match)
    rule = rules.update(rule_id, changes, by=request.auth, unless_changed_since=version)
    return given(response, rule)


@router.delete("/alert-rules/{rule_id}", response={204: None}, summary="Delete an alert rule")
def delete_alert_rule(request: HttpRequest, rule_id: UUID) -> Status[None]:
    """All that it fired goes with it."""
    rules.delete(rule_id, by=request.auth)
    return Status(204, None)


@router.get("/alerts", response=AlertPage, summary="List alerts")
def list_alerts(request: HttpRequest, response: HttpResponse, asked: Query[AlertsQuery]) -> Any:
    """What fired, and whether it is over, the newest first. Kept for 400 days once it is."""
    is_over = None if asked.state is None else asked.state == "cleared"
    page = rules.alerts_page(
        asked.rule_id, is_over, by=request.auth, limit=asked.limit, after=asked.cursor
    )
    return page_out(request, response, page)
