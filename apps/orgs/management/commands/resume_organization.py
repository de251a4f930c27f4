"""`manage.py resume_organization SLUG [--reason TEXT]`: it is open again, its work goes on."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.orgs import suspension
from apps.orgs.management.organizations import asked, told


class Command(BaseCommand):
    help = "Open a suspended organisation again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the organisation's")
        parser.add_argument("--reason", default="", help="why; kept in its audit log")

    @told
    def handle(self, *, slug: str, reason: str, **_: Any) -> str:
        return f"{suspension.resume(asked(slug), reason).slug} is open."
