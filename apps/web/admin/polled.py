"""A row's page whose facts are asked for again while they change (`static/web/progress.js`)."""

import hashlib
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.template.loader import render_to_string
from django.urls import URLPattern, path

from apps.errors import NotFound
from apps.orgs.members import Member
from apps.rest import POLL_SECONDS
from apps.web.admin.model_admin import OrganizationModelAdmin


class PolledAdmin(OrganizationModelAdmin):
    """`fragment`: the template of what changes."""

    fragment: ClassVar[str]

    def told(self, row: Any, by: Member) -> dict[str, Any]:
        """The fragment's words; `is_moving`: worth asking again."""
        raise NotImplementedError

    def get_urls(self) -> list[URLPattern]:
        opts, site = self.opts, self.admin_site
        progress = path(
            "<uuid:object_id>/progress/",
            site.admin_view(self.progress_view),
            name=f"{opts.app_label}_{opts.model_name}_progress",
        )
        return [progress, *super().get_urls()]

    def progress_view(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        """The fragment; `Retry-After` while it moves, 304 for what the browser has."""
        row = self._row(request, object_id)
        told = self.told(row, request.member)
        body = render_to_string(self.fragment, told)
        tag = f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'
        is_known = request.headers.get("If-None-Match") == tag
        answer = HttpResponseNotModified() if is_known else HttpResponse(body)
        answer["ETag"] = tag
        if told["is_moving"]:
            answer["Retry-After"] = str(POLL_SECONDS)
        return answer

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return []  # the fragment says it all

    def shown(self, row: Any, request: HttpRequest) -> dict[str, Any]:
        url = self.url("progress", row.pk)
        told = self.told(row, request.member)
        words = {"shown": "web/admin/polled.html", "fragment": self.fragment}
        return words | told | {"poll": url if told["is_moving"] else ""}

    def _row(self, request: HttpRequest, object_id: Any) -> Any:
        if not self.has_view_permission(request):
            raise self.refusal(request, self.reads)
        row = self.get_object(request, str(object_id))
        if row is None:
            raise NotFound(f"There is no such {self.noun}.")
        return row
