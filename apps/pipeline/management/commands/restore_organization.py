"""`manage.py restore_organization FILE|- --slug SLUG [--name NAME]`: a new one from an archive."""

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.orgs.management.organizations import told
from apps.pipeline.archives import restoring


class Command(BaseCommand):
    help = "Make a new organisation out of an archive; people are matched by their e-mail."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="what export_organization wrote; -: stdin")
        parser.add_argument("--slug", required=True, help="where the new one lives")
        parser.add_argument("--name", default="", help="default: the name it had")

    @told
    def handle(self, *, file: str, slug: str, name: str, **_: Any) -> str:
        with TemporaryFile() as held:  # it is read twice: to be verified, then to be written
            if file == "-":
                shutil.copyfileobj(sys.stdin.buffer, held)
                held.seek(0)
                return self._restored(held, slug, name)
        try:
            with Path(file).open("rb") as archive:
                return self._restored(archive, slug, name)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error

    def _restored(self, archive: Any, slug: str, name: str) -> str:
        made = restoring.restore(archive, slug=slug, name=name)
        return f"{made.slug} is there and open: {made.pk}."
