"""REST: what the organisation has, and buying more."""

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from apps.billing import checkout, entitlements
from apps.billing.entitlements import LIMIT_TEXTS, TEXTS
from apps.rest import IDEMPOTENT, In, answered_once

router = Router(tags=["billing"])
router.add_decorator(answered_once, mode="view")


class PlanOut(Schema):
    """The tier, and the subscription that it comes from, if it does."""

    tier: str = Field(description=TEXTS["tier"])
    source: str = Field(description=TEXTS["source"])
    state: str = Field(description=TEXTS["state"])
    period_end: datetime | None = Field(description=TEXTS["period_end"])
    interval: str | None = Field(description="monthly or yearly. Null: there is none.")
    is_ending: bool = Field(description="Canceled: it ends, and the tier with it, at a set time.")
    grace_until: datetime | None = Field(
        description="Unpaid; until then the tier stays. Null: not past due."
    )
    checked_at: datetime | None = Field(description="When Stripe was asked last. Null: never.")
    can_be_bought: bool = Field(description="False: this installation takes no payments.")


class LimitOut(Schema):
    """One limit of the organisation's."""

    name: str
    limit: int | None = Field(description=LIMIT_TEXTS["limit"])
    used: int | None = Field(description=LIMIT_TEXTS["used"])
    left: int | None = Field(description=LIMIT_TEXTS["left"])
    is_own: bool = Field(description=LIMIT_TEXTS["is_own"])


class EntitlementsOut(Schema):
    """Every limit, and where they come from."""

    tier: str = Field(description=TEXTS["tier"])
    source: str = Field(description=TEXTS["source"])
    state: str = Field(description=TEXTS["state"])
    period_end: datetime | None = Field(description=TEXTS["period_end"])
    limits: list[LimitOut]

    @staticmethod
    def of(found: entitlements.Entitlements) -> dict[str, Any]:
        told = {name: getattr(found.plan, name) for name in TEXTS}
        return told | {"limits": found.limits}


class CheckoutIn(In):
    tier: Literal["team", "enterprise"]
    interval: Literal["monthly", "yearly"] = "monthly"


class StripePageOut(Schema):
    url: str = Field(description="A page of Stripe's, for a browser; it is valid for a while.")


@router.get("/billing/plan", response=PlanOut, summary="Read the plan")
def read_plan(request: HttpRequest) -> Any:
    """Which tier the organisation has, who says so, and until when."""
    return entitlements.plan(by=request.auth)


@router.get("/billing/entitlements", response=EntitlementsOut, summary="Read the entitlements")
def read_entitlements(request: HttpRequest) -> Any:
    """What the organisation may have and do, and how much of it is used and left."""
    return EntitlementsOut.of(entitlements.entitlements(by=request.auth))


@router.post(
    "/billing/checkout",
    response={201: StripePageOut},
    summary="Buy a tier",
    openapi_extra=IDEMPOTENT,
)
def create_checkout(request: HttpRequest, body: CheckoutIn) -> Status[Any]:
    """Where to pay. The tier follows within a minute of the payment. 409: see `code`."""
    return Status(201, {"url": checkout.checkout(body.tier, body.interval, by=request.auth)})


@router.post(
    "/billing/portal",
    response={201: StripePageOut},
    summary="Manage what was bought",
    openapi_extra=IDEMPOTENT,
)
def create_portal(request: HttpRequest) -> Status[Any]:
    """Where to change, pay or end the subscription. 409: nothing was bought, or nothing can be."""
    return Status(201, {"url": checkout.portal(by=request.auth)})
