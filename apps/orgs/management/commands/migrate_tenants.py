"""`manage.py migrate_tenants`: the control plane's every schema to today's shape.

Run it before new code starts, as often as you like: whoever lacks nothing is only read. One
organisation that fails is told with its reason, the others go on, and the exit code is 1; run again
does what is left. Two at once take turns.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.orgs import migrating
from apps.orgs.models import Organization


class Command(BaseCommand):
    help = "Bring the public schema and all organisations' schemas up to date."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--jobs", type=int, default=1, help="processes at once (default: 1)")
        parser.add_argument(
            "--check", action="store_true", help="change nothing; exit 1 if anything is outdated"
        )

    def handle(self, *, jobs: int, check: bool, verbosity: int, **_: Any) -> None:
        if check:
            self._check()
            return
        if jobs < 1:
            raise CommandError("--jobs is at least 1.")
        done = []
        for each in migrating.migrate(jobs):
            done.append(each)
            if each.reason:
                self.stderr.write(f"{each.schema}: {each.reason}")
            elif verbosity > 1:
                self.stdout.write(f"{each.schema}: {each.applied} migrations")
        failed = sum(bool(each.reason) for each in done)
        if verbosity:
            total = Organization.objects.count()
            self.stdout.write(f"{total} organisations; {len(done) - failed} schemas brought up.")
        if failed:
            raise CommandError(f"{failed} failed: mend what they say, then run this again.")

    def _check(self) -> None:
        if found := migrating.outdated():
            raise CommandError(f"{len(found)} schemas lack migrations, such as {found[0]}.")
        self.stdout.write("Every schema is up to date.")
