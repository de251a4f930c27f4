"""What an act asks of the control database."""

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

APART = ("SET search_path", "SAVEPOINT", "RELEASE SAVEPOINT")
NOW_AND_THEN = '"billing_entitlement"'  # the tier, which a process keeps for some seconds


def statements_of(act: Callable[[], Any]) -> list[str]:
    """Search paths and savepoints apart."""
    with CaptureQueriesContext(connection) as captured:
        act()
    return [each["sql"] for each in captured if not each["sql"].startswith(APART)]


def queries_of(act: Callable[[], Any]) -> list[str]:
    """The same each time: what is asked now and then only is apart, too."""
    return [each for each in statements_of(act) if NOW_AND_THEN not in each]
