"""What the organisation decides about its numbers; whatever is changed may be asked about first."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.errors import AppError
from apps.metrics import directory_settings as services
from apps.metrics.directory_preview import preview
from apps.metrics.directory_settings import SETTINGS, Part
from apps.web.admin.model_admin import REFUSALS, known, tell
from apps.web.admin.syncs import Lines
from devhealth.restamp import Preview

BUTTONS = [("save", "Save"), ("preview", "What would it change?")]
SAVED = "Saved; records and numbers follow in a moment."
CHANGED = ("opens", "closes", "timezone", "privacy_threshold", "bot_patterns", "humans")


def _clock() -> forms.Widget:
    return UnfoldAdminTextInputWidget(attrs={"type": "time"})


class SettingsForm(forms.Form):
    opens = forms.TimeField(label="Business hours begin", widget=_clock())
    closes = forms.TimeField(label="They end", widget=_clock(), help_text="On the same day.")
    timezone = forms.CharField(
        max_length=64,
        widget=UnfoldAdminTextInputWidget(),
        help_text="Whose clock counts where a provider tells only UTC; such as Europe/Berlin.",
    )
    privacy_threshold = forms.IntegerField(
        min_value=2,
        max_value=1000,
        widget=UnfoldAdminTextInputWidget(attrs={"type": "number"}),
        help_text="Breakdowns by person fold groups of fewer people than this.",
    )
    bot_patterns = Lines(
        required=False, help_text="Shell patterns of bots, a line each, beside the built-in ones."
    )
    humans = Lines(
        required=False, help_text="Addresses, logins or names that no pattern turns into a bot."
    )
    version = forms.CharField(widget=forms.HiddenInput())


def settings_page(site: Any, request: HttpRequest) -> HttpResponse:
    """Records and numbers follow a change by themselves."""
    stored = services.read(by=request.member)
    initial = {name: getattr(stored, name) for name in CHANGED}
    form = SettingsForm(
        request.POST or None, initial=initial | {"version": SETTINGS.version(stored)}
    )
    found = None
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        changes = {name: given[name] for name in CHANGED if given[name] != initial[name]}
        refuse = partial(tell, form)
        is_done, found = write_or_preview(request, SETTINGS, changes, given["version"], refuse)
        if is_done:
            return redirect("admin:directory_settings")
    return page(site, request, "Numbers and people", "", "form_page", form=form, found=found)


# --- asking and doing ----------------------------------------------------------------------------


def write_or_preview(
    request: HttpRequest,
    part: Part,
    changes: Mapping[str, Any],
    version: str,
    refuse: Callable[[AppError], None],
) -> tuple[bool, Preview | None]:
    """Whether it is done; if it was only asked about and not refused, what it would do."""
    write = partial(
        services.write, part, changes, by=request.member, unless_changed_since=version or None
    )
    try:
        if "preview" in request.POST:
            return False, preview(write, by=request.member)
        write()
    except REFUSALS as error:
        refuse(known(error))
        return False, None
    messages.success(request, SAVED)
    return True, None


def page(
    site: Any,
    request: HttpRequest,
    title: str,
    lead: str,
    template: str,
    found: Preview | None,
    **told: Any,
) -> HttpResponse:
    return site.page(
        request,
        template,
        title,
        lead=lead,
        buttons=BUTTONS,
        below="web/admin/would_change.html" if found else "",
        would=found,
        written=sum(found.rows.values()) if found else 0,
        **told,
    )
