"""What people fill in, and what they are told beside the field."""

from typing import Any

from django import forms
from django.http import HttpRequest

from apps.errors import AppError
from apps.orgs import founding
from apps.orgs.models import User

OF_FIELD = {"invalid_slug": "slug", "slug_taken": "slug"}


class Refusable(forms.Form):
    def __init__(self, *told: Any) -> None:
        super().__init__(*told, label_suffix="")

    def refuse(self, error: AppError) -> None:
        """The service's own words, at the field that they are about."""
        self.add_error(OF_FIELD.get(error.code), error.detail)


class SignUpForm(forms.Form):
    """What allauth asks beside the address and the password."""

    name = forms.CharField(
        max_length=200, required=False, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )

    def signup(self, request: HttpRequest, user: User) -> None:
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])


class FoundingForm(Refusable):
    name = forms.CharField(
        max_length=200,
        help_text="As people call it. It can be changed later.",
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "organization"}),
    )
    slug = forms.CharField(
        label="Address",
        required=False,
        max_length=founding.LONGEST_SLUG,
        help_text="Lower case letters, digits and hyphens. Left empty, it follows from the name.",
        widget=forms.TextInput(
            attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}
        ),
    )

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or self.cleaned_data
        told["slug"] = told.get("slug") or founding.suggested_slug(told.get("name", ""))
        if not told["slug"] and "name" in told:
            self.add_error("slug", "Choose one: none follows from this name.")
        return told


class Unrepeated(forms.TextInput):
    """A secret is not sent back."""

    def format_value(self, value: Any) -> None:
        return None


class InvitationForm(Refusable):
    secret = forms.CharField(
        label="What stands behind # in the link",
        max_length=100,
        widget=Unrepeated(
            attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}
        ),
    )
