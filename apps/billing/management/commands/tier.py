"""`manage.py tier <slug> [<tier>|none]`: the tier of an organisation, set by staff."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.billing import services, tiers
from apps.orgs.models import Organization

NONE = "none"


class Command(BaseCommand):
    help = "Show the tier of an organisation, or set it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the organisation's")
        parser.add_argument(
            "tier",
            nargs="?",
            choices=[*(each.key for each in tiers.TIERS), NONE],
            help=f"whatever Stripe says; {NONE}: what Stripe says counts again",
        )
        parser.add_argument("--by", default="staff", help="who sets it (default: staff)")

    def handle(self, *, slug: str, tier: str | None, by: str, **_: Any) -> None:
        organization = Organization.objects.filter(slug=slug).first()
        if organization is None:
            raise CommandError(f"There is no organisation `{slug}`.")
        if tier == NONE:
            services.remove_tier(organization, by=by)
        elif tier:
            services.set_tier(organization, tiers.tier(tier), by=by)
        self.stdout.write(services.tier_of(organization.id).key)
