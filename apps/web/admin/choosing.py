"""The chooser: what of an integration is synced, found, ticked, counted against the tier, begun.

One form that works without scripts: whatever button is pressed, what was ticked goes along.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse

from apps.errors import BadRequest
from apps.integrations import discovering
from apps.integrations.models import Integration
from apps.orgs.members import Member
from apps.pipeline.models import SyncConfig
from apps.pipeline.services import choosing, configs, sources
from apps.pipeline.services.choosing import Choice, Room
from apps.web.admin.model_admin import REFUSALS, known
from devhealth.discovery import Found
from devhealth.wanted import Wanted

SHOWN = 50
LONGEST_SOURCE, LONGEST_NAME, LONGEST_SEARCH, MOST_PATTERNS = 1000, 200, 300, 20
NEW = "new"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the form says. `chosen`, `targets`: None before it was sent; nor is there a `config`,
    `new` or an id, then, nor its `version`, or the `name` of a new one."""

    button: str
    config: str
    version: str
    name: str
    search: str
    archived: bool
    forks: bool
    cursor: str | None
    chosen: list[str] | None
    targets: list[str] | None

    @classmethod
    def of(cls, request: HttpRequest) -> "Asked":
        """Raises `BadRequest` for what no name, and no search, can be."""
        given, is_sent = request.POST or request.GET, request.method == "POST"
        name, search = (given.get(each, "").strip() for each in ("name", "q"))
        chosen = list(dict.fromkeys(given.getlist("source")))
        _require_names(chosen, LONGEST_SOURCE)
        _require_names([name], LONGEST_NAME)
        _require_names([search], LONGEST_SEARCH)
        if len(search.split()) > MOST_PATTERNS:
            raise BadRequest(f"A search has {MOST_PATTERNS} patterns at most.")
        return cls(
            button=given.get("do", "") if is_sent else "",
            config=given.get("config", ""),
            version=given.get("version", ""),
            name=name,
            search=search,
            archived="archived" in given,
            forks="forks" in given,
            cursor=_cursor(given) if is_sent else None,
            chosen=chosen if is_sent else None,
            targets=given.getlist("target") if is_sent else None,
        )

    @property
    def wanted(self) -> Wanted:
        patterns = tuple(self.search.split())
        return Wanted(patterns=patterns, archived=self.archived, forks=self.forks)


def _require_names(names: Sequence[str], longest: int) -> None:
    if any(len(each) > longest or "\0" in each for each in names):
        raise BadRequest(f"A name is longer than {longest} characters, or holds what no text does.")


def _cursor(given: QueryDict) -> str | None:
    return given.get("cursor") or None if given.get("do") == "more" else None


@dataclass(frozen=True, slots=True)
class Listed:
    """What the provider told; `trouble`: why it told nothing. '': it did."""

    found: Sequence[Found] = ()
    next_cursor: str | None = None
    trouble: str = ""


def choose(site: Any, request: HttpRequest, integration_id: UUID) -> HttpResponse:
    by: Member = request.member
    integration = choosing.integration_of(integration_id)
    asked = Asked.of(request)
    config = _config(integration, asked.config or request.GET.get("config", ""))
    refused = ""
    if asked.button == "start":
        try:
            return _started(request, integration, config, asked)
        except REFUSALS as error:
            refused = known(error).detail
    listed = _listed(integration, asked, by)
    chosen = asked.chosen if asked.chosen is not None else _sources(config)
    if asked.button == "all":
        chosen = list(dict.fromkeys([*chosen, *(each.name for each in listed.found)]))
    room = choosing.room_for(integration, chosen, config, by=by)
    return site.page(
        request,
        "choose",
        f"Choose from {integration.name}",
        asked=asked,
        listed=listed,
        chosen=chosen,
        found=[each for each in listed.found if each.name not in chosen],
        room=_in_words(room, len(chosen)),
        is_full=not room.is_enough,
        upgrade=room.allowed_by,
        refused=refused,
        targets=_targets(integration, config, asked),
        config=config,
        version=asked.version or (configs.version(config) if config else ""),
        name=asked.name or choosing.free_name(integration),
        others=integration.sync_configs.exclude(pk=config and config.pk).order_by("name"),
        things="projects" if integration.provider == "jira" else "repositories",
        initial_days=choosing.INITIAL_DAYS,
        list_title=integration.name,
        list_url=reverse("admin:integrations_integration_change", args=[integration.pk]),
    )


def _started(
    request: HttpRequest, integration: Integration, config: SyncConfig | None, asked: Asked
) -> HttpResponse:
    choice = Choice(
        sources=tuple(asked.chosen or ()),
        config_id=config.pk if config else None,
        version=asked.version,
        name=asked.name,
        targets=tuple(asked.targets or ()),
    )
    run = choosing.choose(integration.pk, choice, by=request.member)
    messages.success(request, "It has begun: the newest days come first. You may leave this page.")
    return redirect("admin:pipeline_syncrun_change", run.pk)


def _config(integration: Integration, told: str) -> SyncConfig | None:
    """The one that is named; else the first of the integration. None: a new one."""
    if told == NEW:
        return None
    if not told:
        first: SyncConfig | None = integration.sync_configs.order_by("created_at").first()
        return first
    try:
        return choosing.config_of(integration, UUID(told))
    except ValueError as error:
        raise BadRequest("`config` is an id.") from error


def _sources(config: SyncConfig | None) -> list[str]:
    return list(config.sources) if config else []


def _targets(
    integration: Integration, config: SyncConfig | None, asked: Asked
) -> list[tuple[str, bool]]:
    """Each that the provider has, and whether it is ticked."""
    every = sources.PROVIDERS[integration.provider].targets
    ticked = config.targets if config else every
    ticked = asked.targets if asked.targets is not None else ticked
    return [(each, each in ticked) for each in every]


def _listed(integration: Integration, asked: Asked, by: Member) -> Listed:
    """A provider that does not answer is told on the page, and nothing that was ticked is lost."""
    try:
        page = discovering.discover(
            integration.pk, asked.wanted, by=by, limit=SHOWN, after=asked.cursor
        )
    except REFUSALS as error:
        return Listed(trouble=known(error).detail)
    return Listed(page.rows, page.next_cursor)


def _in_words(room: Room, chosen: int) -> str:
    """How much of the tier's limit it takes."""
    ticked = f"{chosen} chosen."
    if room.limit is None:
        return f"{ticked} {room.tier.name} has any number of repositories."
    taken = f"{ticked} {room.asked} of {room.limit} repositories of {room.tier.name}"
    if room.is_enough:
        return f"{taken}, all sync configs together."
    return f"{taken}: {room.asked - room.limit} too many. Untick some."
