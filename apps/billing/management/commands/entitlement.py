"""`manage.py entitlement <slug> [<limit> <value>] --reason …`: a limit of its own."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.billing import own_limits, services, tiers
from apps.errors import AppError
from apps.orgs.models import Organization

UNLIMITED, OF_TIER = "none", "tier"


class Command(BaseCommand):
    help = "Show the limits of an organisation, or set one in place of its tier's."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the organisation's")
        parser.add_argument("limit", nargs="?", choices=tiers.LIMITS)
        parser.add_argument(
            "value", nargs="?", help="a number; none: unlimited; tier: the tier's own again"
        )
        parser.add_argument("--reason", default="", help="why; required to set one")
        parser.add_argument("--by", default="staff", help="who sets it (default: staff)")

    def handle(self, *, slug: str, limit: str | None, value: str | None, **more: Any) -> None:
        organization = Organization.objects.filter(slug=slug).first()
        if organization is None:
            raise CommandError(f"There is no organisation `{slug}`.")
        if limit:
            try:
                _set(organization, limit, value, reason=more["reason"], by=more["by"])
            except AppError as error:
                raise CommandError(error.detail) from error
        tier = services.tier_of(organization.id)
        for name in tiers.LIMITS:
            most = getattr(tier, name)
            self.stdout.write(f"{name} {UNLIMITED if most is None else most}")


def _set(organization: Organization, limit: str, value: str | None, **more: Any) -> None:
    if value == OF_TIER:
        own_limits.remove_limit(organization, limit, **more)
    elif value == UNLIMITED:
        own_limits.set_limit(organization, limit, None, **more)
    elif value is not None and value.isdecimal():
        own_limits.set_limit(organization, limit, int(value), **more)
    else:
        raise CommandError(f"A value is a number, {UNLIMITED} or {OF_TIER}.")
