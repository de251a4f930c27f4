"""`manage.py delete_organization SLUG --confirm SLUG`: all of it, for good, by a unit of work."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.orgs import deletion
from apps.orgs.management.organizations import asked, told


class Command(BaseCommand):
    help = "Delete an organisation with all that it has. Nothing opens it from now on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the organisation's")
        parser.add_argument("--confirm", required=True, help="its slug once more")

    @told
    def handle(self, *, slug: str, confirm: str, **_: Any) -> str:
        found = deletion.ask(asked(slug), confirm)
        return f"{found.slug} opens no more; a worker of the queue `sync` deletes it."
