"""Rows as the operator's own people see them: of all organisations, read, and changed by steps."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from apps.errors import NotFound
from apps.orgs.models import User
from apps.orgs.operations import Operation
from apps.web.admin.model_admin import REFUSALS, ServiceAdmin, known, tell


class StaffAdmin(ServiceAdmin):
    """Whoever is inside may look; nothing is added, changed or deleted but by a service."""

    fields: tuple[str, ...]

    def asks(self, request: HttpRequest) -> User:
        person: User = request.user
        return person

    def may(self, request: HttpRequest, operation: Operation | None) -> bool:
        return True

    def has_module_permission(self, request: HttpRequest) -> bool:
        return True

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def form_view(
        self,
        request: HttpRequest,
        row: Any,
        form: Any,
        act: Callable[[dict[str, Any]], Any],
        **words: Any,
    ) -> HttpResponse:
        """A form of one row. `act`: a service, of what was given; an address: where to go on."""
        if row is None:
            raise NotFound(f"There is no such {self.noun}.")
        if request.method == "POST" and form.is_valid():
            try:
                made = act(form.cleaned_data)
            except REFUSALS as error:
                tell(form, known(error))
            else:
                if isinstance(made, str):
                    return redirect(made)
                messages.success(request, "Done; the organisation reads it in its audit log.")
                return redirect(self.url("change", row.pk))
        where = {"list_title": self.named(row), "list_url": self.url("change", row.pk)}
        site: Any = self.admin_site
        return site.page(request, "form_page", form=form, **where, **words)
