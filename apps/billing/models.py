"""Which tier an organisation has."""

from django.db import models

from apps.billing.tiers import TIERS
from apps.orgs.models import Organization


class Entitlement(models.Model):
    """An organisation's tier. No row: community."""

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
                condition=models.Q(tier__in=[each.key for each in TIERS]),
            ),
        )

    def __str__(self) -> str:
        return f"{self.tier} for {self.organization_id}"
