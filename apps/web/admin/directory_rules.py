"""What words mean here: deployments, statuses, kinds of work; a change may be asked about first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from apps.errors import AppError
from apps.metrics import directory_settings as services
from apps.metrics.directory_settings import CATEGORY_RULES, LISTS, SETTINGS, STATUS_MAP, Part
from apps.metrics.models import DirectorySettings
from apps.web.admin.directory_settings import page, write_or_preview
from apps.web.admin.model_admin import tell
from devhealth.models.directory import DEPLOYMENT_KINDS, STATUSES, THEMES, CategoryRule

BLANK_RULES = 3


class Pairs(forms.CharField):
    """Lines of `name = value` as a mapping; nothing is an empty one."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 8})

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        return "\n".join(f"{name} = {each}" for name, each in value.items())

    def to_python(self, value: Any) -> dict[str, str]:
        found: dict[str, str] = {}
        for line in (super().to_python(value) or "").splitlines():
            name, sign, each = (part.strip() for part in line.rpartition("="))
            if not line.strip():
                continue
            if not sign or not name or not each:
                raise forms.ValidationError(f"`{line.strip()}`: write a name, `=`, and what it is.")
            if found.setdefault(name, each) != each:
                raise forms.ValidationError(f"`{name}` is named twice.")
        return found


@dataclass(frozen=True, slots=True)
class Words:
    """A page that changes one column of a part of the settings by lines."""

    view: str
    title: str
    part: Part
    column: str
    lead: str
    help: str

    def form(self, data: Any, stored: DirectorySettings) -> forms.Form:
        field = Pairs(required=False, label=self.title, help_text=self.help)
        fields = {self.column: field, "version": forms.CharField(widget=forms.HiddenInput())}
        kind: type[forms.Form] = type("WordsForm", (forms.Form,), fields)
        version = self.part.version(stored)
        return kind(data, initial={self.column: getattr(stored, self.column), "version": version})


DEPLOYMENTS = Words(
    "deployment_kinds",
    "What a deployment is",
    SETTINGS,
    "deployment_kinds",
    "Of a repository that no line names, deployments that the provider tells count.",
    "A line each: acme/api = release, or acme/* = merge. "
    f"What counts is one of {', '.join(DEPLOYMENT_KINDS)}; the whole name goes before the longest "
    "beginning.",
)
STATUS_WORDS = Words(
    "status_map",
    "Statuses",
    STATUS_MAP,
    "statuses",
    "What is not named here is known by what the provider says of its own statuses.",
    f"A line each: In QA = in_review. What it means is one of {', '.join(STATUSES)}; case is "
    "ignored.",
)


def words_page(words: Words, site: Any, request: HttpRequest) -> HttpResponse:
    """A preview if it is asked for; records and numbers follow a change by themselves."""
    form = words.form(request.POST or None, services.read(by=request.member))
    found = None
    if request.method == "POST" and form.is_valid():
        changes = {words.column: form.cleaned_data[words.column]}
        version = form.cleaned_data["version"]
        refuse = partial(tell, form)
        is_done, found = write_or_preview(request, words.part, changes, version, refuse)
        if is_done:
            return redirect(f"admin:{words.view}")
    return page(site, request, words.title, words.lead, "form_page", form=form, found=found)


# --- kinds of work -------------------------------------------------------------------------------


def _texts(value: str) -> tuple[str, ...]:
    return tuple(text.strip() for text in value.split(",") if text.strip())


class RuleForm(forms.Form):
    """One rule; of several patterns one must match, separated by commas."""

    kind = forms.ChoiceField(
        label="Is for",
        choices=[
            ("", "–"),
            *(
                (f"{theme}/{each}", f"{theme.replace('_', ' ')}: {each.replace('_', ' ')}")
                for theme, found in THEMES.items()
                for each in found
            ),
        ],
        widget=UnfoldAdminSelectWidget(),
    )
    types = forms.CharField(required=False, widget=UnfoldAdminTextInputWidget())
    labels = forms.CharField(required=False, widget=UnfoldAdminTextInputWidget())
    titles = forms.CharField(required=False, widget=UnfoldAdminTextInputWidget())
    paths = forms.CharField(required=False, widget=UnfoldAdminTextInputWidget())

    def rule(self) -> CategoryRule:
        theme, _, subcategory = self.cleaned_data["kind"].partition("/")
        return CategoryRule(
            theme, subcategory, **{name: _texts(self.cleaned_data[name]) for name in LISTS}
        )


RULES = forms.formset_factory(
    RuleForm, extra=BLANK_RULES, can_order=True, can_delete=True, max_num=500, absolute_max=500
)


def rules_page(site: Any, request: HttpRequest) -> HttpResponse:
    """The rules in the order in which they are tried, and some blank ones."""
    stored = services.read(by=request.member)
    initial = [
        {"kind": f"{each['theme']}/{each['subcategory']}"}
        | {name: ", ".join(each[name]) for name in LISTS}
        for each in stored.category_rules
    ]
    rules = RULES(request.POST or None, initial=initial)
    found = None
    if request.method == "POST" and rules.is_valid():
        kept = [each for each in rules.ordered_forms if each.cleaned_data.get("kind")]
        changes = {"category_rules": [each.rule() for each in kept]}
        version = request.POST.get("version", "")
        refuse = partial(_refuse, request, kept)
        is_done, found = write_or_preview(request, CATEGORY_RULES, changes, version, refuse)
        if is_done:
            return redirect("admin:category_rules")
    return page(
        site,
        request,
        "What work is for",
        "The first rule that matches says what work is for; what none matches is unclassified. "
        "Every column that is filled in must match, by one of its shell patterns.",
        "rules",
        rules=rules,
        version=CATEGORY_RULES.version(stored),
        found=found,
    )


def _refuse(request: HttpRequest, kept: Sequence[RuleForm], error: AppError) -> None:
    """At the rule that it is about."""
    place = error.errors[0]["pointer"].split("/")[3:4] if error.errors else []
    if place and place[0].isdigit():
        kept[int(place[0])].add_error(None, error.detail)
    else:
        messages.error(request, error.detail)
