"""REST: settings, status map and category rules."""

from datetime import time
from functools import partial
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Field, Header, Router, Schema
from pydantic import AfterValidator, StringConstraints

from apps.metrics import directory_settings as services
from apps.metrics.api_directory import DirectoryPreviewOut, IsPreview, Text, Texts, previewed
from apps.metrics.directory_settings import CATEGORY_RULES, SETTINGS, STATUS_MAP, Part
from apps.metrics.models import DirectorySettings
from apps.rest import NO_NUL, In, described, version_required
from devhealth.models.directory import BOT_PATTERNS, CategoryRule

router = Router(tags=["directory"])

IfMatch = Annotated[str, Header(alias="If-Match", description="The `ETag` read; required.")]
Zone = Annotated[str, StringConstraints(max_length=64, pattern=NO_NUL)]
Threshold = Annotated[int, Field(ge=2, le=1000)]


def without_zone(clock: time) -> time:
    if clock.tzinfo is not None:
        raise ValueError("a time of day without offset: its zone is `timezone`")
    return clock


Clock = Annotated[time, AfterValidator(without_zone)]


@described(DirectorySettings)
class SettingsPatch(In):
    """What is not named stays."""

    opens: Clock = Field(default_factory=time)
    closes: Clock = Field(default_factory=time)
    timezone: Zone = Field(default_factory=str)
    privacy_threshold: Threshold = Field(default_factory=int)
    bot_patterns: Texts = Field(default_factory=list)
    humans: Texts = Field(default_factory=list)
    deployment_kinds: Annotated[dict[Text, Text], Field(max_length=500)] = Field(
        default_factory=dict
    )


@described(DirectorySettings)
class SettingsOut(Schema):
    """When people work, who is no person, how many hide one, and what a deployment is."""

    version: int
    opens: time
    closes: time
    timezone: str
    privacy_threshold: int
    bot_patterns: list[str]
    built_in_bot_patterns: list[str] = Field(description="`humans` says where they are wrong.")
    humans: list[str]
    deployment_kinds: dict[str, str]

    @staticmethod
    def resolve_built_in_bot_patterns(settings: DirectorySettings) -> tuple[str, ...]:
        return BOT_PATTERNS


@described(DirectorySettings)
class StatusMapIn(In):
    statuses: Annotated[dict[Text, Text], Field(max_length=500)]


@described(DirectorySettings)
class StatusMapOut(Schema):
    """A tracker's own statuses, by what they mean here."""

    version: int
    statuses: dict[str, str]


class RuleIn(In):
    """Every list that is given must match, by one of its shell patterns; case is ignored."""

    theme: Text
    subcategory: Text
    types: Texts = Field(default_factory=list)
    labels: Texts = Field(default_factory=list)
    titles: Texts = Field(default_factory=list)
    paths: Texts = Field(default_factory=list)

    def rule(self) -> CategoryRule:
        return CategoryRule(**self.dict())


@described(DirectorySettings)
class CategoryRulesIn(In):
    category_rules: Annotated[list[RuleIn], Field(max_length=500)]


@described(DirectorySettings)
class CategoryRulesOut(Schema):
    """What makes a piece of work be of a theme and subcategory."""

    version: int
    category_rules: list[RuleIn]


def given(part: Part, response: HttpResponse, settings: DirectorySettings) -> DirectorySettings:
    """As it is, with the version that `If-Match` is held against."""
    response["ETag"] = part.version(settings)
    return settings


def changed(
    part: Part,
    changes: dict[str, Any],
    request: HttpRequest,
    response: HttpResponse,
    if_match: str,
    is_preview: bool,
) -> Any:
    version = version_required(if_match)
    write = partial(services.write, part, changes, by=request.auth, unless_changed_since=version)
    return previewed(request, write) if is_preview else given(part, response, write())


@router.get("/settings", response=SettingsOut, summary="Read the settings")
def read_settings(request: HttpRequest, response: HttpResponse) -> DirectorySettings:
    """Business hours, privacy threshold, bots."""
    return given(SETTINGS, response, services.read(by=request.auth))


@router.patch(
    "/settings", response=SettingsOut | DirectoryPreviewOut, summary="Change the settings"
)
def update_settings(
    request: HttpRequest,
    response: HttpResponse,
    body: SettingsPatch,
    if_match: IfMatch = "",
    preview: IsPreview = False,
) -> Any:
    """Change what is named; records and numbers follow."""
    changes = body.dict(exclude_unset=True)
    return changed(SETTINGS, changes, request, response, if_match, preview)


@router.get("/status-map", response=StatusMapOut, summary="Read the status map")
def read_status_map(request: HttpRequest, response: HttpResponse) -> DirectorySettings:
    """What the organisation says of its trackers' statuses, beside what is built in."""
    return given(STATUS_MAP, response, services.read(by=request.auth))


@router.put(
    "/status-map", response=StatusMapOut | DirectoryPreviewOut, summary="Replace the status map"
)
def replace_status_map(
    request: HttpRequest,
    response: HttpResponse,
    body: StatusMapIn,
    if_match: IfMatch = "",
    preview: IsPreview = False,
) -> Any:
    """Each is todo, in_progress, in_review, blocked, done or canceled; case is ignored."""
    return changed(STATUS_MAP, body.dict(), request, response, if_match, preview)


@router.get("/category-rules", response=CategoryRulesOut, summary="Read the category rules")
def read_category_rules(request: HttpRequest, response: HttpResponse) -> DirectorySettings:
    """In the order in which they are tried."""
    return given(CATEGORY_RULES, response, services.read(by=request.auth))


@router.put(
    "/category-rules",
    response=CategoryRulesOut | DirectoryPreviewOut,
    summary="Replace the category rules",
)
def replace_category_rules(
    request: HttpRequest,
    response: HttpResponse,
    body: CategoryRulesIn,
    if_match: IfMatch = "",
    preview: IsPreview = False,
) -> Any:
    """The first rule that matches decides; what none matches is `unclassified`."""
    changes = {"category_rules": [each.rule() for each in body.category_rules]}
    return changed(CATEGORY_RULES, changes, request, response, if_match, preview)
