"""What every REST door shares: pages, answers that are told apart, work that is asked for once."""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any, Generic, Protocol, TypeVar

from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.urls import reverse
from django.utils.http import parse_etags
from ninja import Field, Schema
from pydantic import ConfigDict, TypeAdapter, ValidationError

from apps.queue.idempotency import Reply, once

POLL_SECONDS = 2  # between two questions about work that is under way
REPEATED = ("Content-Type", "Location", "Retry-After", "ETag")  # headers of an answer kept
NO_NUL = r"^[^\x00]*$"  # PostgreSQL's texts hold none
TOLD_ANYWAY = ("ETag", "Cache-Control", "Link", "Retry-After")  # headers of a 304

IDEMPOTENT = {
    "parameters": [
        {
            "in": "header",
            "name": "Idempotency-Key",
            "schema": {"type": "string", "minLength": 1, "maxLength": 200},
            "required": False,
            "description": "The same key and body within 24 hours get the first answer again.",
        }
    ]
}

Item = TypeVar("Item")
Out = TypeVar("Out", bound=Schema)
Run = Callable[..., HttpResponse]


# --- schemas -------------------------------------------------------------------------------------


class In(Schema):
    """A body: what it does not know, it refuses."""

    model_config = ConfigDict(extra="forbid")


class PageQuery(Schema):
    limit: int = Field(50, ge=1, le=200)
    cursor: str | None = Field(None, description="`next_cursor` of the page before.")


class PageOut(Schema, Generic[Item]):
    items: list[Item]
    next_cursor: str | None = Field(description="Null: this is the last page.")


def described(model: type[Model], **more: str) -> Callable[[type[Out]], type[Out]]:
    """Each field that says nothing of itself says what the model's column does."""
    texts = {each.name: str(getattr(each, "help_text", "")) for each in model._meta.get_fields()}
    texts |= more

    def fill(schema: type[Out]) -> type[Out]:
        for name, field in schema.model_fields.items():
            field.description = field.description or texts.get(name) or None
        schema.model_rebuild(force=True)
        return schema

    return fill


# --- pages ---------------------------------------------------------------------------------------


class Page(Protocol):
    @property
    def rows(self) -> Any: ...
    @property
    def next_cursor(self) -> str | None: ...


def page_out(request: HttpRequest, response: HttpResponse, page: Page) -> dict[str, Any]:
    """The body of a `PageOut`; the next page's address goes into the `Link` header."""
    name_next(request, response, page.next_cursor)
    return {"items": page.rows, "next_cursor": page.next_cursor}


def name_next(request: HttpRequest, response: HttpResponse, cursor: str | None) -> None:
    """RFC 8288: where the next page is."""
    if cursor:
        query = request.GET.copy()
        query["cursor"] = cursor
        url = request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
        response["Link"] = f'<{url}>; rel="next"'


# --- where it is, and when to ask again ----------------------------------------------------------


def point_to(response: HttpResponse, view: str, **ids: Any) -> None:
    """The `Location` of what was made, by the name of the view that reads it."""
    response["Location"] = reverse(f"api:{view}", kwargs=ids)


def poll_later(response: HttpResponse) -> None:
    response["Retry-After"] = str(POLL_SECONDS)


# --- ETag ----------------------------------------------------------------------------------------


def tagged(run: Run) -> Run:
    """Every GET has an `ETag`, and what the client has already is 304; a stream has none.

    The tag is `"version.digest"`. The version is what the handler put there, if it did: what
    `If-Match` is held against, so that a change beside it (a mark that moved) is no conflict.
    """

    @wraps(run)
    def answered(request: HttpRequest, **parameters: Any) -> HttpResponse:
        response = run(request, **parameters)
        is_read = request.method == "GET"
        if response.status_code >= 300 or not (is_read or response.has_header("ETag")):
            return response
        if response.streaming:  # nobody knows its end yet
            response["Cache-Control"] = "private, no-store"
            return response
        response["ETag"] = _tag(response)
        if is_read:
            response["Cache-Control"] = "private, no-cache"
        return unchanged(response) if is_read and _is_known(request, response) else response

    return answered


def unchanged(response: HttpResponse) -> HttpResponse:
    headers = {name: response[name] for name in TOLD_ANYWAY if response.has_header(name)}
    return HttpResponseNotModified(headers=headers)


def version_of(if_match: str) -> str:
    """The version in an `If-Match` header; '' for none and for `*`: any will do."""
    return "" if if_match.strip() == "*" else _bare(if_match).rpartition(".")[0] or _bare(if_match)


def version_required(if_match: str) -> str | None:
    """The same where one must be given; None: it was not."""
    return version_of(if_match) if if_match.strip() else None


def _tag(response: HttpResponse) -> str:
    digest = hashlib.sha256(response.content).hexdigest()[:32]
    version = response.get("ETag")
    return f'"{version}.{digest}"' if version else f'"{digest}"'


def _is_known(request: HttpRequest, response: HttpResponse) -> bool:
    known = parse_etags(request.headers.get("If-None-Match", ""))
    return known == ["*"] or response["ETag"] in {each.removeprefix("W/") for each in known}


def _bare(tag: str) -> str:
    return tag.strip().removeprefix("W/").strip('"')


# --- Idempotency-Key -----------------------------------------------------------------------------


_BOOL = TypeAdapter(bool)


class _Refused(Exception):
    """Nothing was done, so that nothing is kept."""

    def __init__(self, response: HttpResponse) -> None:
        self.response = response


def answered_once(run: Run) -> Run:
    """A POST with an `Idempotency-Key` is done at most once and answered byte for byte again.

    A preview does nothing and takes its time: it is found out anew, outside of any transaction.
    """

    @wraps(run)
    def answered(request: HttpRequest, **parameters: Any) -> HttpResponse:
        by = request.member
        if request.method != "POST" or by is None or is_preview(request):
            return run(request, **parameters)
        try:
            reply = once(
                request, by.organization.id, by.key, lambda: _reply(run(request, **parameters))
            )
        except _Refused as refused:
            return refused.response
        return HttpResponse(reply.body, status=reply.status, headers=reply.headers)

    return answered


def is_preview(request: HttpRequest) -> bool:
    """Whether `preview` is one of the words that handlers take for true; they refuse others."""
    try:
        return _BOOL.validate_python(request.GET.get("preview", "false"))
    except ValidationError:
        return False


def _reply(response: HttpResponse) -> Reply:
    """The body as text: PostgreSQL would put the keys of an object into another order."""
    if response.status_code >= 400:
        raise _Refused(response)
    headers = {name: response[name] for name in REPEATED if response.has_header(name)}
    return Reply(response.status_code, response.content.decode(), headers)
