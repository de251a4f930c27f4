"""Rows of a model as pages that change nothing themselves: services do.

Django's own pages are kept to what is safe where many organisations share tables: rows are found
in the asking organisation's only, nothing is looked up across models, and an error of a service is
told where it happened, in its own words.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.db.models import Model, QuerySet
from django.forms import Media
from django.forms.models import construct_instance
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from unfold.admin import ModelAdmin

from apps.errors import AppError, NotFound, from_exception
from apps.metrics.store import WrongTenant
from apps.orgs.operations import Operation
from devhealth.errors import DevHealthError

REFUSALS = (AppError, DevHealthError)


@dataclass(frozen=True, slots=True)
class Step:
    """Something done with one row by one press.

    run        a service, of the row and who asks
    said       what is told when it is done
    is_offered of a row: whether there is any use in it now
    to         a view of what the service has made; '': back to the row
    """

    name: str
    label: str
    run: Callable[[Any, Any], Any]
    said: str
    operation: Operation | None = None
    is_offered: Callable[[Any], bool] = lambda row: True
    to: str = ""


class ServiceForm(forms.ModelForm):
    """What the database would refuse is the service's to say."""

    refused: AppError | None = None

    def clean(self) -> dict[str, Any]:
        if self.refused is not None:
            tell(self, self.refused)
        return dict(self.cleaned_data)

    def _post_clean(self) -> None:
        """Without Django's look at the database, which knows of no organisation."""
        row: Model = self.instance
        construct_instance(self, row, self._meta.fields)


def tell(form: forms.BaseForm, error: AppError) -> None:
    """An error in a form, at its fields if it names any."""
    named = {each["pointer"].rpartition("/")[2]: each["detail"] for each in error.errors}
    known = {name: text for name, text in named.items() if name in form.fields}
    for name, text in known.items():
        form.add_error(name, text)
    if not known:
        form.add_error(None, error.detail)


def known(error: Exception) -> AppError:
    """The answer to an error; what nobody foresaw is raised again."""
    if (found := from_exception(error)) is None:
        raise error
    return found


class ServiceAdmin(ModelAdmin):
    """`title`: of the list; `noun`: of one; `empty`: the next step where there is nothing yet."""

    form = ServiceForm
    add_form: ClassVar[type[ServiceForm]] = ServiceForm
    add_fields: ClassVar[Sequence[str]] = ()
    actions = None
    change_list_template = "web/admin/list.html"
    change_form_template = "web/admin/form.html"
    delete_confirmation_template = "web/admin/delete.html"
    show_full_result_count = False
    list_per_page = 50
    show_add_link = False

    title: ClassVar[str]
    noun: ClassVar[str]
    empty: ClassVar[str] = ""
    views: ClassVar[Sequence[str]] = ("changelist", "change")
    steps: ClassVar[Sequence[Step]] = ()
    add_label: ClassVar[str] = ""
    added: ClassVar[str] = "Done."
    changed: ClassVar[str] = "Saved."
    delete_label: ClassVar[str] = ""
    delete_warning: ClassVar[str] = ""
    deleted: ClassVar[str] = "Done."
    looked_up: ClassVar[Sequence[str]] = ()

    # --- services: what a page may do, it says ---------------------------------------------------

    def asks(self, request: HttpRequest) -> Any:
        """Who does it, for a service."""
        raise NotImplementedError

    def may(self, request: HttpRequest, operation: Operation | None) -> bool:
        raise NotImplementedError

    def add_row(self, row: Any, given: Mapping[str, Any], by: Any) -> Any:
        raise NotImplementedError

    def change_row(self, row: Any, given: Mapping[str, Any], by: Any) -> Any:
        raise NotImplementedError

    def delete_row(self, row: Any, by: Any) -> None:
        raise NotImplementedError

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        do = self.change_row if change else self.add_row
        made = do(obj, form.cleaned_data, self.asks(request))
        if not change:
            obj.pk = made.pk

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.delete_row(obj, self.asks(request))

    def changeform_view(self, request: HttpRequest, *args: Any, **more: Any) -> Any:
        try:
            return super().changeform_view(request, *args, **more)
        except REFUSALS as error:
            if request.method != "POST" or isinstance(error, NotFound):
                raise
            request.refused = known(error)
        return super().changeform_view(request, *args, **more)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **more: Any
    ) -> Any:
        more["form"] = self.form if change else self.add_form
        form = super().get_form(request, obj, change, **more)  # a class of this request's own
        form.refused = getattr(request, "refused", None)
        return form

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        return super().get_fields(request, obj) if obj or not self.add_fields else self.add_fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        return super().get_readonly_fields(request, obj) if obj else ()

    def delete_view(self, request: HttpRequest, object_id: str, *args: Any, **more: Any) -> Any:
        try:
            return super().delete_view(request, object_id, *args, **more)
        except REFUSALS as error:
            if request.method != "POST" or isinstance(error, NotFound):
                raise
            messages.error(request, known(error).detail)
        return redirect(self.url("change", object_id))

    def step_view(self, request: HttpRequest, object_id: Any, *, step: Step) -> HttpResponse:
        row = self.get_object(request, str(object_id))
        if row is None:
            raise NotFound
        if not self.may(request, step.operation):
            raise self.refusal(request, step.operation)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            made = step.run(row, self.asks(request))
            messages.success(request, step.said)
            if step.to:
                return redirect(f"admin:{step.to}", made.pk)
        except REFUSALS as error:
            messages.error(request, known(error).detail)
        return redirect(self.url("change", row.pk))

    def refusal(self, request: HttpRequest, operation: Operation | None) -> Exception:
        raise NotImplementedError

    # --- Django's log is nobody's ----------------------------------------------------------------

    def log_addition(self, *args: Any) -> None: ...

    def log_change(self, *args: Any) -> None: ...

    def log_deletions(self, *args: Any) -> None: ...

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, ...]:
        return [], {}, set(), []

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """What the organisation's audit log has of the row."""
        row = self.get_object(request, object_id)
        if row is None:
            raise NotFound(f"There is no such {self.noun}.")
        log = reverse("admin:orgs_auditentry_changelist")
        return redirect(f"{log}?{urlencode({'q': self.target(row)})}")

    # --- nothing is looked up beyond these rows --------------------------------------------------

    def to_field_allowed(self, request: HttpRequest, to_field: str) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        return lookup in self.looked_up

    def _get_obj_does_not_exist_redirect(self, *args: Any) -> Any:
        raise NotFound(f"There is no such {self.noun}.")

    @property
    def media(self) -> Media:
        # Neither is this unfold's, which looks at that request.
        return super(ModelAdmin, self).media

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        # Not unfold's: it keeps the request in this object, which all threads share.
        return super(ModelAdmin, self).changelist_view(request, extra_context=self.words(request))

    def named(self, row: Any) -> str:
        """As people know it."""
        return str(row)

    def target(self, row: Any) -> str:
        """As the audit log names it."""
        raise NotImplementedError

    # --- pages -----------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        of = self.opts
        steps = [
            path(
                f"<str:object_id>/{step.name}/",
                self.admin_site.admin_view(partial(self.step_view, step=step)),
                name=f"{of.app_label}_{of.model_name}_{step.name}",
            )
            for step in self.steps
        ]
        names = {f"{of.app_label}_{of.model_name}_{view}" for view in self.views}
        return steps + [each for each in super().get_urls() if each.name in names]

    def url(self, view: str, *args: Any) -> str:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_{view}"
        return str(reverse(name, args=args))

    def words(self, request: HttpRequest) -> dict[str, Any]:
        """For the list's template."""
        may_add = bool(self.add_label) and self.has_add_permission(request)
        add_url = self.add_url() if may_add else ""
        return {
            "title": self.title,
            "empty": self.empty,
            "add_label": self.add_label,
            "add_url": add_url,
        }

    def add_url(self) -> str:
        return self.url("add")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **more: Any
    ) -> Any:
        row = context.get("original")
        context |= {
            "title": self.named(row) if row else self.add_label,
            "list_title": self.title,
            "list_url": self.url("changelist"),
            "row_steps": self._offered(request, row) if row else [],
            "row_delete": self._delete_url(request, row) if row else "",
            "header_links": self._links(row) if row else [],
            "show_delete": False,
            "show_save_and_continue": False,
            "show_save_and_add_another": False,
            **(self.shown(row, request) if row else {}),
        }
        return super().render_change_form(request, context, *args, **more)

    def shown(self, row: Any, request: HttpRequest) -> dict[str, Any]:
        """What the page says of the row beside its fields: `shown`, a template, and its words."""
        return {}

    def _links(self, row: Any) -> list[tuple[str, str]]:
        has_history = "history" in self.views
        return [("History", self.url("history", row.pk))] if has_history else []

    def _offered(self, request: HttpRequest, row: Any) -> list[tuple[str, str]]:
        return [
            (step.label, self.url(step.name, row.pk))
            for step in self.steps
            if self.may(request, step.operation) and step.is_offered(row)
        ]

    def _delete_url(self, request: HttpRequest, row: Any) -> str:
        is_offered = self.delete_label and self.has_delete_permission(request, row)
        return self.url("delete", row.pk) if is_offered else ""

    def render_delete_form(self, request: HttpRequest, context: dict[str, Any]) -> Any:
        row = context["object"]
        context |= {
            "title": self.delete_label,
            "name": self.named(row),
            "delete_warning": self.delete_warning,
            "list_title": self.title,
            "list_url": self.url("changelist"),
            "row_url": self.url("change", row.pk),
        }
        return super().render_delete_form(request, context)

    def response_add(self, request: HttpRequest, obj: Any, *_: Any) -> HttpResponse:
        messages.success(request, self.added)
        return redirect(self.url("changelist"))

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        messages.success(request, self.changed)
        return redirect(self.url("change", obj.pk))

    def response_delete(self, request: HttpRequest, *_: Any) -> HttpResponse:
        messages.success(request, self.deleted)
        return redirect(self.url("changelist"))


class OrganizationModelAdmin(ServiceAdmin):
    """Rows of the organisation that asks; each page names the operation that it takes."""

    reads: ClassVar[Operation]
    adds: ClassVar[Operation | None] = None
    changes: ClassVar[Operation | None] = None
    deletes: ClassVar[Operation | None] = None

    def __init__(self, model: type[Model], site: Any) -> None:
        super().__init__(model, site)
        fields = {field.name for field in model._meta.fields}
        self.is_public = "organization" in fields
        if not self.is_public and model._meta.app_label not in TENANT_LABELS:
            raise ImproperlyConfigured(f"{model._meta.label} says not whose its rows are.")

    def asks(self, request: HttpRequest) -> Any:
        return request.member

    def may(self, request: HttpRequest, operation: Operation | None) -> bool:
        return operation is not None and bool(request.member.may(operation))

    def refusal(self, request: HttpRequest, operation: Operation | None) -> Exception:
        if operation is not None:
            request.member.require(operation)
        raise NotFound

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        organization = request.member.organization
        if connection.schema_name != organization.schema_name:
            raise WrongTenant(f"{connection.schema_name} asked for {organization.schema_name}")
        rows = super().get_queryset(request)
        return rows.filter(organization=organization) if self.is_public else rows

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, self.reads)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.may(request, self.adds)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, self.changes)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, self.deletes)


TENANT_LABELS = ("integrations", "metrics", "pipeline")
"""Apps whose tables stand in the organisation's own schema."""
