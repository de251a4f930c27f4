"""`manage.py suspend_organization SLUG --reason TEXT`: nobody gets in, its work waits."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.orgs import suspension
from apps.orgs.management.organizations import asked, told


class Command(BaseCommand):
    help = "Suspend an organisation: its API answers 403, its work waits, nothing is lost."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the organisation's")
        parser.add_argument("--reason", required=True, help="why; kept for staff and its audit log")

    @told
    def handle(self, *, slug: str, reason: str, **_: Any) -> str:
        return f"{suspension.suspend(asked(slug), reason).slug} is suspended."
