"""Which tier an organisation has, who says so, and what Stripe knows of it."""

from django.db import models

from apps.billing.tiers import LIMITS, TIERS
from apps.orgs.models import Organization

TIER_KEYS = [each.key for each in TIERS]


class Entitlement(models.Model):
    """The tier that staff gave an organisation: it outranks Stripe. No row: staff said nothing."""

    organization = models.OneToOneField(
        Organization, on_delete=models.CASCADE, primary_key=True, related_name="entitlement"
    )
    tier = models.CharField(max_length=20, choices=[(each.key, each.name) for each in TIERS])
    set_at = models.DateTimeField(auto_now=True)
    set_by = models.CharField(max_length=200, help_text="A person, or what acted for them.")

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="entitlement_tier_is_known",
                condition=models.Q(tier__in=TIER_KEYS),
            ),
        )

    def __str__(self) -> str:
        return f"{self.tier} for {self.organization_id}"


class OwnLimit(models.Model):
    """A limit that staff set for one organisation in place of its tier's."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="own_limits"
    )
    limit = models.CharField(max_length=40, help_text="One of `tiers.LIMITS`.")
    value = models.BigIntegerField(null=True, help_text="Null: unlimited.")
    reason = models.TextField(help_text="Why; for whoever wonders later.")
    set_at = models.DateTimeField(auto_now=True)
    set_by = models.CharField(max_length=200)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="one_own_limit_of_each_name", fields=("organization", "limit")
            ),
            models.CheckConstraint(
                name="own_limit_is_known", condition=models.Q(limit__in=list(LIMITS))
            ),
            models.CheckConstraint(
                name="own_limit_is_not_negative",
                condition=models.Q(value=None) | models.Q(value__gte=0),
            ),
        )

    def __str__(self) -> str:
        return f"{self.limit} of {self.organization_id}: {self.value}"


class StripeCustomer(models.Model):
    """An organisation as Stripe knows it, and what its subscriptions came to when last asked."""

    organization = models.OneToOneField(
        Organization, on_delete=models.CASCADE, primary_key=True, related_name="stripe_customer"
    )
    customer_id = models.CharField(max_length=255, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    tier = models.CharField(max_length=20, default="community")
    checked_at = models.DateTimeField(null=True, help_text="Null: not asked yet.")

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="stripe_tier_is_known", condition=models.Q(tier__in=TIER_KEYS)
            ),
        )

    def __str__(self) -> str:
        return str(self.customer_id)


class Subscription(models.Model):
    """A subscription as Stripe told it when last asked. Nothing else ever writes it."""

    id = models.CharField(max_length=255, primary_key=True, help_text="Stripe's.")
    customer = models.ForeignKey(
        StripeCustomer, on_delete=models.CASCADE, related_name="subscriptions"
    )
    status = models.CharField(max_length=40, help_text="Stripe's word.")
    tier = models.CharField(max_length=20, help_text="What its prices stand for.")
    interval = models.CharField(max_length=10, help_text="monthly, yearly or ''.")
    created_at = models.DateTimeField()
    period_end = models.DateTimeField(null=True)
    is_ending = models.BooleanField(help_text="Canceled, as of the end of its period.")
    past_due_since = models.DateTimeField(null=True, help_text="When that was first seen.")

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="subscription_tier_is_known", condition=models.Q(tier__in=TIER_KEYS)
            ),
        )

    def __str__(self) -> str:
        return f"{self.id}: {self.tier}, {self.status}"
