"""`manage.py export_organization SLUG --to FILE|-`: all of it in one archive, secrets apart.

Suspend it first for an archive of one moment.
"""

import os
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.orgs.management.organizations import asked, told
from apps.pipeline.archives import exporting


class Command(BaseCommand):
    help = "Write an organisation into an archive: control plane, facts and metrics, no secrets."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the organisation's")
        parser.add_argument("--to", required=True, help="a file that is not there yet; -: stdout")

    @told
    def handle(self, *, slug: str, to: str, **_: Any) -> None:
        organization = asked(slug)
        if to == "-":
            rows = exporting.export(organization, sys.stdout.buffer)
        else:
            rows = self._into(Path(to), organization)
        self.stderr.write(f"{sum(rows.values())} rows of {len(rows)} tables.")

    def _into(self, path: Path, organization: Any) -> dict[str, int]:
        """For its owner's eyes, and whole or not at all."""
        half = path.with_name(f"{path.name}.part")
        with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as written:
            rows = exporting.export(organization, written)
        half.rename(path)
        return rows
