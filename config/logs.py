"""How every process of ours writes its log: one line a record on stderr, as JSON or as text.

No secret gets into a line, whoever wrote it: passwords in addresses, API tokens and the values
that only the operator knows are replaced.
"""

import json
import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import unquote

from apps.secrecy import HIDDEN, hide
from apps.trace import NAMES

Format = Literal["json", "text"]

LINE = (
    "%(asctime)s %(levelname)s %(name)s request=%(request_id)s unit=%(unit_id)s "
    "organization=%(organization_id)s %(message)s"
)
SHORTEST = 8  # characters of a value that is looked for; shorter ones would hide words


class Discreet(logging.Formatter):
    """A line of text without secrets. `secrets`: values that may stand nowhere."""

    def __init__(self, format: str | None = None, secrets: Iterable[str] = ()) -> None:
        super().__init__(format)
        values = {form for each in secrets for form in (each, unquote(each)) if _is_long(each)}
        self.values = sorted(values, key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        return self.hide(super().format(record))

    def hide(self, text: str) -> str:
        for value in self.values:
            text = text.replace(value, HIDDEN)
        return hide(text)


class JsonFormatter(Discreet):
    """time (UTC), level, logger, message, the ids that are known, exception."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": self.hide(record.getMessage()),
        }
        ids = {name: getattr(record, name, "-") for name in NAMES}
        line |= {name: value for name, value in ids.items() if value != "-"}
        if record.exc_info:
            line["exception"] = self.hide(self.formatException(record.exc_info))
        if record.stack_info:
            line["stack"] = self.hide(record.stack_info)
        return json.dumps(line, ensure_ascii=False)


def _is_long(value: str) -> bool:
    return len(value) >= SHORTEST


def logging_config(format: Format, level: str, secrets: Iterable[str]) -> dict[str, Any]:
    """Everything through the root: Django's own handlers mail and print by DEBUG."""
    formatters: dict[Format, dict[str, Any]] = {
        "json": {"()": JsonFormatter, "secrets": list(secrets)},
        "text": {"()": Discreet, "format": LINE, "secrets": list(secrets)},
    }
    stderr = {"class": "logging.StreamHandler", "filters": ["trace"], "formatter": format}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"trace": {"()": "apps.trace.TraceFilter"}},
        "formatters": {format: formatters[format]},
        "handlers": {"stderr": stderr},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "propagate": True},
            "stripe": {"level": "WARNING"},  # below it writes what it sends and is told, people too
        },
    }
