"""What the organisation decides about its numbers: hours, privacy, bots."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.metrics import directory_settings as services
from apps.metrics.directory_settings import SETTINGS
from apps.web.admin.model_admin import REFUSALS, known, tell
from apps.web.admin.syncs import Lines

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
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            services.write(
                SETTINGS,
                {name: given[name] for name in CHANGED if given[name] != initial[name]},
                by=request.member,
                unless_changed_since=given["version"],
            )
        except REFUSALS as error:
            tell(form, known(error))
        else:
            messages.success(request, "Saved; records and numbers follow in a moment.")
            return redirect("admin:directory_settings")
    return site.page(
        request, "form_page", "Numbers and people", form=form, buttons=[("save", "Save")]
    )
