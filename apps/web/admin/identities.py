"""Identities: who is who in the records, and who is probably one person."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from apps.metrics import identities, identity_decisions, identity_suggestions, operations
from apps.metrics.identities import Known
from apps.orgs.members import Member
from apps.orgs.models import Membership
from apps.web.admin.model_admin import REFUSALS, known, tell

SHOWN = 50
FOLLOWS = "Saved; records and numbers follow in a moment."


def listed(site: Any, request: HttpRequest) -> HttpResponse:
    """By name, page by page; `q` stands somewhere in what they are known by."""
    q = request.GET.get("q", "").strip()
    page = identities.identities_page(
        q, by=request.member, limit=SHOWN, after=request.GET.get("cursor")
    )
    links = [("Who may be one person", reverse("admin:suggestions"))]
    return site.page(
        request,
        "identities",
        "Identities",
        q=q,
        rows=page.rows,
        next_cursor=page.next_cursor,
        header_links=links,
    )


def suggested(site: Any, request: HttpRequest) -> HttpResponse:
    """The surest first; each is accepted or declined by a person."""
    by: Member = request.member
    if request.method == "POST":
        _decide(request, by)
        return redirect("admin:suggestions")
    page = identity_suggestions.suggestions_page(
        by=by, limit=SHOWN, after=request.GET.get("cursor")
    )
    return site.page(
        request,
        "suggestions",
        "Who may be one person",
        rows=page.rows,
        next_cursor=page.next_cursor,
        list_title="Identities",
        list_url=reverse("admin:identities"),
    )


def _decide(request: HttpRequest, by: Member) -> None:
    ids = _ids(request)
    try:
        if "accept" in request.POST and ids:
            identity_decisions.merge(ids[0], ids[1:], by=by)
            messages.success(request, FOLLOWS)
        else:
            identity_suggestions.dismiss(ids, by=by)
            messages.success(request, "They are not suggested again.")
    except REFUSALS as error:
        messages.error(request, known(error).detail)


def _ids(request: HttpRequest) -> list[UUID]:
    """What is no id is nobody's."""
    found = []
    for text in request.POST.getlist("author_id"):
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


class IdentityForm(forms.Form):
    name = forms.CharField(
        max_length=200,
        required=False,
        widget=UnfoldAdminTextInputWidget(),
        help_text="What is shown; empty: what records say.",
    )
    is_human = forms.BooleanField(
        required=False,
        label="No bot, whatever patterns say",
        widget=UnfoldBooleanSwitchWidget(),
    )
    user = forms.ChoiceField(
        required=False,
        label="Logs in as",
        widget=UnfoldAdminSelectWidget(),
        help_text="That member sees this person's numbers as their own.",
    )
    split = forms.MultipleChoiceField(
        required=False,
        label="Somebody else's",
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        help_text="What is marked is split off: somebody of their own again.",
    )

    def __init__(self, *args: Any, who: Known, by: Member, **more: Any) -> None:
        initial = {"name": who.name, "is_human": who.is_human, "user": str(who.user_id or "")}
        super().__init__(*args, initial=initial, **more)
        members = Membership.objects.filter(organization=by.organization).order_by("user__email")
        found = members.values_list("user_id", "user__email")
        people = [(str(id), email) for id, email in found]
        self.fields["user"].choices = [("", "Nobody"), *people]
        if len(who.aliases) > 1:
            self.fields["split"].choices = [(text, text) for text in who.aliases]
        else:
            del self.fields["split"]


def one(site: Any, request: HttpRequest, author_id: UUID) -> HttpResponse:
    """All that one is known by, and what is decided about it."""
    by: Member = request.member
    who = identities.identity_of(author_id, by=by)
    form = IdentityForm(request.POST or None, who=who, by=by)
    if request.method == "POST":
        by.require(operations.IDENTITIES_UPDATE)
        if form.is_valid():
            try:
                _change(author_id, who, form, by)
            except REFUSALS as error:
                tell(form, known(error))
            else:
                messages.success(request, FOLLOWS)
                return redirect("admin:identity", author_id)
    return site.page(
        request,
        "form_page",
        who.name or who.email or "unknown",
        form=form,
        lead=f"Known by: {', '.join(who.aliases)}",
        buttons=[("save", "Save")],
        list_title="Identities",
        list_url=reverse("admin:identities"),
    )


def _change(author_id: UUID, who: Known, form: IdentityForm, by: Member) -> None:
    """Only what differs is decided."""
    given = form.cleaned_data
    name = given["name"] if given["name"] != who.name else None
    is_human = given["is_human"] if given["is_human"] != who.is_human else None
    if name is not None or is_human is not None:
        identity_decisions.update(author_id, name=name, is_human=is_human, by=by)
    if given["user"] != str(who.user_id or ""):
        if given["user"]:
            identity_decisions.link(author_id, UUID(given["user"]), by=by)
        else:
            identity_decisions.unlink(author_id, by=by)
    if given.get("split"):
        identity_decisions.split(author_id, given["split"], by=by)
