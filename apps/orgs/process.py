"""A process of our own, started afresh: it must know Django before it is told what to do."""

from collections.abc import Mapping
from typing import Any

import django
from django.conf import settings
from django.db import connections


def prepare(database: Mapping[str, Any]) -> None:
    """On the database of whoever started it."""
    django.setup()
    settings.DATABASES["default"].update(database)
    connections.close_all()
