"""`manage.py rotate_keys`: seal all credentials by the first of DEVHEALTH_ENCRYPTION_KEYS."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.integrations.rotating import rotate
from apps.orgs.models import Organization
from apps.secret_keys import CannotOpen, new_key


class Command(BaseCommand):
    help = (
        "Seals the credentials of all organisations by the first of DEVHEALTH_ENCRYPTION_KEYS. Put "
        "a new key before the old ones, start everything anew, run this, then take the old one out."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--new", action="store_true", help="Only print a new key.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["new"]:
            self.stdout.write(new_key())
            return
        count, unopened = 0, []
        for organization in Organization.objects.exclude(ready_at=None).order_by("id"):
            try:
                count += rotate(organization)
            except CannotOpen:
                unopened.append(organization.slug)
        self.stdout.write(f"{count} credentials were sealed by the newest key.")
        if unopened:
            raise CommandError(
                f"Of {', '.join(unopened)} not all could be opened: put back the key that "
                "they were sealed by, or connect again there."
            )
