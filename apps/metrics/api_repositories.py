"""REST: the repositories that records are of."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema

from apps.metrics import entities
from apps.rest import PageOut, PageQuery, page_out

router = Router(tags=["metrics"])


class RepositoriesQuery(PageQuery):
    q: str = Field("", max_length=200, description="In the full name, in whatever case.")
    team_id: list[str] = Field([], max_length=200, description="Which one of these owns now.")


class RepositoryOut(Schema):
    """A repository, kept through renames."""

    repo_id: UUID = Field(description="As records and rows have it.")
    provider: str = Field(description="local, github or gitlab.")
    full_name: str
    url: str = Field(description="Where a person opens it; '' where nowhere.")
    default_branch: str | None = Field(description="Null: HEAD is detached.")
    is_fork: bool
    is_archived: bool
    created_at: datetime | None = Field(description="At the provider. Null: not told.")


class RepositoryPage(PageOut[RepositoryOut]):
    """By full name."""


@router.get("/repositories", response=RepositoryPage, summary="List repositories")
def list_repositories(
    request: HttpRequest, response: HttpResponse, asked: Query[RepositoriesQuery]
) -> Any:
    """Every repository of which records are stored, by full name."""
    page = entities.repositories_page(
        asked.q, asked.team_id or None, by=request.auth, limit=asked.limit, after=asked.cursor
    )
    return page_out(request, response, page)
