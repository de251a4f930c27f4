"""`manage.py staff grant|revoke EMAIL`, `manage.py staff list`: the operator's own people."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.errors import AppError
from apps.orgs import staff


class Command(BaseCommand):
    help = "Say who is staff: they see all organisations on the account host, at /admin/."

    def add_arguments(self, parser: CommandParser) -> None:
        asked = parser.add_subparsers(dest="asked", required=True, metavar="COMMAND")
        asked.add_parser("list", help="who is")
        for name, help in (("grant", "make a person staff"), ("revoke", "take it back, at once")):
            asked.add_parser(name, help=help).add_argument("email")

    def handle(self, *, asked: str, email: str = "", **_: Any) -> None:
        if asked != "list":
            try:
                staff.set_staff(email, asked == "grant")
            except AppError as error:
                raise CommandError(error.detail) from error
        for person in staff.everybody():
            self.stdout.write(person.email)
