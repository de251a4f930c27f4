"""REST: identities, which are one person's, and who logs in as whom."""

from functools import partial
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema, Status
from pydantic import StringConstraints

from apps.metrics import identities, identity_decisions, identity_suggestions
from apps.metrics.api_directory import DirectoryPreviewOut, IsPreview, Text, previewed
from apps.rest import IDEMPOTENT, NO_NUL, In, PageOut, PageQuery, answered_once, page_out
from devhealth.suggestions import Confidence, Link

router = Router(tags=["directory"])
router.add_decorator(answered_once, mode="view")

Ids = Annotated[list[UUID], Field(min_length=1, max_length=50)]
Name = Annotated[str, StringConstraints(max_length=200, pattern=NO_NUL)]


class IdentitiesQuery(PageQuery):
    q: str = Field("", max_length=200, description="In a name, address, login or alias.")


class IdentityOut(Schema):
    """A person or a bot, as records have them, and what the organisation decided."""

    author_id: UUID = Field(description="As records and rows have it.")
    name: str = Field(description="What is shown; '' where none was ever given.")
    email: str | None = Field(description="Null: known by login or name only.")
    handle: str | None = Field(description="`provider:login`. Null: not known.")
    actor_kind: str = Field(description="human or bot.")
    aliases: list[str] = Field(description="All that they are known by, in lower case.")
    user_id: UUID | None = Field(description="Who logs in as this person. Null: not known.")
    is_decided: bool = Field(description="Whether the organisation decided anything about them.")
    is_human: bool = Field(description="Whether it said that no pattern makes them a bot.")


class IdentityPage(PageOut[IdentityOut]):
    """By name."""


class ReasonOut(Schema):
    """What two identities share."""

    kind: str = Field(description="same_address, mailmap, same_name, same_login …")
    text: str


class LinkOut(Schema):
    """Why two of them may be one."""

    author_ids: list[UUID]
    confidence: Confidence
    reasons: list[ReasonOut]

    @staticmethod
    def resolve_author_ids(link: Link) -> list[UUID]:
        return list(link.pair)


class SuggestionOut(Schema):
    """Identities that are probably one person's."""

    identities: list[IdentityOut]
    links: list[LinkOut]
    confidence: Confidence = Field(description="As sure as the weakest link that is needed.")


class SuggestionPage(PageOut[SuggestionOut]):
    """The surest first."""


class MergeIn(In):
    others: Ids = Field(description="Who is the same person; the one in the path stays.")


class SplitIn(In):
    texts: Annotated[list[Text], Field(min_length=1, max_length=200)] = Field(
        description="Aliases that are somebody else's; not what the identity is known by."
    )


class LinkIn(In):
    user_id: UUID = Field(description="A member of this organisation.")


class IdentityPatch(In):
    """What is not named stays."""

    name: Name | None = Field(None, description="What is shown; '': what records say.")
    is_human: bool | None = Field(
        None, description="True: no pattern makes them a bot. False: patterns decide."
    )


class DismissIn(In):
    author_ids: Ids = Field(description="No two of these are one person.")


# --- reading -------------------------------------------------------------------------------------


@router.get("/identities", response=IdentityPage, summary="List identities")
def list_identities(
    request: HttpRequest, response: HttpResponse, asked: Query[IdentitiesQuery]
) -> Any:
    """Everybody who made a stored commit, by name."""
    page = identities.identities_page(
        asked.q, by=request.auth, limit=asked.limit, after=asked.cursor
    )
    return page_out(request, response, page)


@router.get("/identities/suggestions", response=SuggestionPage, summary="List who may be one")
def list_suggestions(request: HttpRequest, response: HttpResponse, asked: Query[PageQuery]) -> Any:
    """Identities that are probably one person's, with the reasons; only a person decides."""
    page = identity_suggestions.suggestions_page(
        by=request.auth, limit=asked.limit, after=asked.cursor
    )
    return page_out(request, response, page)


@router.get("/identities/{author_id}", response=IdentityOut, summary="Read an identity")
def read_identity(request: HttpRequest, author_id: UUID) -> Any:
    """One identity, with all that it is known by."""
    return identities.identity_of(author_id, by=request.auth)


# --- deciding ------------------------------------------------------------------------------------


@router.post(
    "/identities/suggestions/dismiss",
    response={200: DirectoryPreviewOut, 204: None},
    summary="Dismiss a suggestion",
    openapi_extra=IDEMPOTENT,
)
def dismiss_suggestion(
    request: HttpRequest, body: DismissIn, preview: IsPreview = False
) -> Status[Any]:
    """They are two people, each two of them; nobody is suggested that again."""
    dismiss = partial(identity_suggestions.dismiss, body.author_ids, by=request.auth)
    return previewed(request, dismiss) if preview else Status(204, dismiss())


@router.post(
    "/identities/{author_id}/merge",
    response=IdentityOut | DirectoryPreviewOut,
    summary="Merge identities",
    openapi_extra=IDEMPOTENT,
)
def merge_identities(
    request: HttpRequest, author_id: UUID, body: MergeIn, preview: IsPreview = False
) -> Any:
    """All that the others are known by is this one's; records and numbers follow."""
    merge = partial(identity_decisions.merge, author_id, body.others, by=request.auth)
    return previewed(request, merge) if preview else merge()


@router.post(
    "/identities/{author_id}/split",
    response=IdentityOut | DirectoryPreviewOut,
    summary="Split an identity",
    openapi_extra=IDEMPOTENT,
)
def split_identity(
    request: HttpRequest, author_id: UUID, body: SplitIn, preview: IsPreview = False
) -> Any:
    """Each of these texts is somebody of their own again."""
    split = partial(identity_decisions.split, author_id, body.texts, by=request.auth)
    return previewed(request, split) if preview else split()


@router.put(
    "/identities/{author_id}/user",
    response=IdentityOut | DirectoryPreviewOut,
    summary="Link a member",
)
def link_user(
    request: HttpRequest, author_id: UUID, body: LinkIn, preview: IsPreview = False
) -> Any:
    """They see this person's numbers as their own. Only admins link, themselves too."""
    link = partial(identity_decisions.link, author_id, body.user_id, by=request.auth)
    return previewed(request, link) if preview else link()


@router.delete(
    "/identities/{author_id}/user",
    response=IdentityOut | DirectoryPreviewOut,
    summary="Unlink a member",
)
def unlink_user(request: HttpRequest, author_id: UUID, preview: IsPreview = False) -> Any:
    """Nobody logs in as this person."""
    unlink = partial(identity_decisions.unlink, author_id, by=request.auth)
    return previewed(request, unlink) if preview else unlink()


@router.patch(
    "/identities/{author_id}",
    response=IdentityOut | DirectoryPreviewOut,
    summary="Change an identity",
)
def update_identity(
    request: HttpRequest, author_id: UUID, body: IdentityPatch, preview: IsPreview = False
) -> Any:
    """Its name, and that it is no bot. To make one a bot, the settings have `bot_patterns`."""
    change = partial(
        identity_decisions.update,
        author_id,
        name=body.name,
        is_human=body.is_human,
        by=request.auth,
    )
    return previewed(request, change) if preview else change()
