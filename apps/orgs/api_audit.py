"""REST: the audit log."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema
from pydantic import AwareDatetime

from apps.orgs import audit
from apps.orgs.models import AuditEntry
from apps.rest import PageOut, PageQuery, described, page_out

router = Router(tags=["audit"])


class AuditQuery(PageQuery):
    action: list[str] = Field([], description="One of these only: `teams.create` …")
    since: AwareDatetime | None = Field(None, description="From this instant on.")
    until: AwareDatetime | None = Field(None, description="Before this instant.")
    user_id: UUID | None = Field(None, description="By this person only.")


@described(
    AuditEntry,
    user_email="Null: nobody's, or of a person who is gone.",
    staff_email="Null: nobody acted as that person, or one who is gone.",
)
class AuditEntryOut(Schema):
    """One change that was made."""

    id: UUID
    at: datetime
    user_id: UUID | None
    user_email: str | None
    token_id: UUID | None
    staff_id: UUID | None
    staff_email: str | None
    action: str
    target: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    request_id: str


class AuditPage(PageOut[AuditEntryOut]):
    """The newest first."""


@router.get("/audit-log", response=AuditPage, summary="List what was changed")
def list_audit_entries(
    request: HttpRequest, response: HttpResponse, asked: Query[AuditQuery]
) -> Any:
    """Who changed what in this organisation, from what to what; the newest first. For admins."""
    page = audit.entries_page(
        asked.action,
        asked.since,
        asked.until,
        asked.user_id,
        by=request.auth,
        limit=asked.limit,
        after=asked.cursor,
    )
    return page_out(request, response, page)
