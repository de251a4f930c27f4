"""`manage.py clock`: the process that rings for what is due. Safe to run several."""

from typing import Any

from django.core.management.base import BaseCommand

from apps.queue import clock


class Command(BaseCommand):
    help = "Ring for due work and take back expired leases, until told to stop."
    requires_system_checks = ()  # they load the whole API: seconds of CPU at every start

    def handle(self, *args: Any, **options: Any) -> None:
        clock.run()
