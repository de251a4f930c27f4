"""What an act asks of the control database."""

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext


def queries_of(act: Callable[[], Any]) -> list[str]:
    """Its statements, search paths and savepoints apart."""
    with CaptureQueriesContext(connection) as captured:
        act()
    apart = ("SET search_path", "SAVEPOINT", "RELEASE SAVEPOINT")
    return [each["sql"] for each in captured if not each["sql"].startswith(apart)]
