"""REST: the organisation's Directory, and what a change of it would do."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Query, Schema, Status
from pydantic import StringConstraints

from apps.metrics.directory_preview import preview
from apps.metrics.models import TEXT
from apps.rest import NO_NUL

Text = Annotated[str, StringConstraints(min_length=1, max_length=TEXT, pattern=NO_NUL)]
Texts = Annotated[list[Text], Field(max_length=200)]
IsPreview = Annotated[bool, Query(description="Change nothing; say what the change would do.")]


class DirectoryPreviewOut(Schema):
    """What would follow from a change that was only asked about."""

    rows: dict[str, int] = Field(description="Records that would be stamped anew, by table.")
    days: int = Field(description="UTC days whose numbers may change.")
    first_day: date | None = Field(description="Null: no day.")
    last_day: date | None = Field(description="Null: no day.")
    repositories: int = Field(description="With a record that would be stamped anew.")
    tables: list[str] = Field(description="Of rows that may change.")


def previewed(request: HttpRequest, command: Callable[[], Any]) -> Status[Any]:
    return Status(200, asdict(preview(command, by=request.auth)))
