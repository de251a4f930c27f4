"""Rows one after the other, at a memory that does not grow with them: CSV (RFC 4180) and NDJSON."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest, StreamingHttpResponse
from ninja.responses import NinjaJSONEncoder

from apps.errors import BadRequest

JSON: Final = "application/json"
CSV: Final = "text/csv"
NDJSON: Final = "application/x-ndjson"
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
OF_PAGES: Final = ("limit", "cursor")


def asked_for(request: HttpRequest) -> str:
    """The type that the client likes best of these three. Raises `BadRequest` for a page of one."""
    found = request.get_preferred_type([JSON, CSV, NDJSON]) or JSON
    if found != JSON and (given := [name for name in OF_PAGES if name in request.GET]):
        raise BadRequest(
            f"{found} has all rows at once: leave out {' and '.join(given)}.", code="no_pages"
        )
    return str(found)


def streamed(lines: Iterator[str], content_type: str, name: str) -> StreamingHttpResponse:
    """`name`: of the file that a browser makes of it."""
    return StreamingHttpResponse(
        lines,
        content_type=f"{content_type}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def csv_lines(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """With the columns' names first."""
    writer = csv.writer(_Line())
    yield writer.writerow(columns)
    for row in rows:
        yield writer.writerow([cell(each) for each in row])


def json_lines(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Each as REST's pages have it."""
    return (f"{json.dumps(row, cls=NinjaJSONEncoder)}\n" for row in rows)


def cell(value: Any) -> str:
    """As text that no spreadsheet takes for a formula. Null is ''."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case datetime():
            digits = "milliseconds" if value.microsecond else "seconds"
            return value.isoformat(timespec=digits).replace("+00:00", "Z")
        case dict() | list():
            return json.dumps(value, ensure_ascii=False)
        case str():
            return f"'{value}" if value.startswith(FORMULA) else value
    return str(value)


class _Line:
    """What `csv` writes into: it gives the line back."""

    def write(self, line: str) -> str:
        return line
