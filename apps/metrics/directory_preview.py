"""What a change of the Directory would do, found out without doing it."""

from collections.abc import Callable

from django.db import transaction

from apps.metrics.directory import load
from apps.metrics.store import sink
from apps.orgs.members import Member
from devhealth.models.directory import Directory
from devhealth.restamp import Preview
from devhealth.restamp import preview as preview_restamp


def preview(command: Callable[[], object], *, by: Member) -> Preview:
    """What the restamp after this command would do. Raises what the command does.

    Nothing of it is kept: no row, no unit of work, no entry in the audit log. Records that wait for
    an earlier restamp are counted, too. No transaction is open while records are looked through.
    """
    return preview_restamp(sink(by.organization), _as_if(command))


def _as_if(command: Callable[[], object]) -> Directory:
    with transaction.atomic():
        command()
        directory = load().directory
        transaction.set_rollback(True)
    return directory
