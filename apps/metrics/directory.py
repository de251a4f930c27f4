"""The organisation's Directory: as one value for those who stamp records, and how it is changed."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Prefetch
from django.db.models.functions import Lower

from apps.metrics.models import (
    DirectorySettings,
    PatternKind,
    Person,
    Team,
    TeamMembership,
    TeamPattern,
)
from apps.orgs import audit
from apps.orgs.members import Member
from apps.orgs.operations import Operation
from apps.queue import services as queue
from devhealth.models import directory as value
from devhealth.models.directory import BOT_PATTERNS, BusinessHours, CategoryRule, Directory


@dataclass(frozen=True, slots=True)
class Loaded:
    """The Directory, and its version or an older one: whoever finds a newer version later stamps
    anew."""

    directory: Directory
    version: int


def load() -> Loaded:
    """The organisation's Directory as it stands, by a constant number of queries."""
    settings = settings_now()  # first: a change in between makes what follows newer, never older
    people = list(Person.objects.prefetch_related("aliases").order_by("known_by"))
    directory = Directory(
        aliases=_aliases(people),
        names={person.known_by: person.name for person in people if person.name},
        bots=BOT_PATTERNS + tuple(settings.bot_patterns),
        humans=frozenset(settings.humans),
        teams=tuple(_team(team) for team in _teams()),
        hours=BusinessHours(settings.opens, settings.closes, settings.timezone),
        statuses=dict(settings.statuses),
        categories=tuple(_rule(rule) for rule in settings.category_rules),
        deployment_kinds=tuple(settings.deployment_kinds.items()),
    )
    return Loaded(directory, settings.version)


def version() -> int:
    """Of the newest change that is committed."""
    return settings_now().version


def settings_now() -> DirectorySettings:
    """The settings as they stand; the defaults where nobody has changed anything yet."""
    return DirectorySettings.objects.first() or DirectorySettings()


@contextmanager
def changing() -> Iterator[DirectorySettings]:
    """One change of anything in the Directory, in one transaction, under the next version.

    Changes follow one another: the settings' row stays locked until this one is committed. They are
    saved at the end, whatever of them was changed.
    """
    with transaction.atomic():
        DirectorySettings.objects.bulk_create([DirectorySettings()], ignore_conflicts=True)
        settings = DirectorySettings.objects.select_for_update().get()
        yield settings
        settings.version += 1
        settings.save()


@dataclass(frozen=True, slots=True)
class Decision:
    """A change of the Directory by somebody who may, while it is made."""

    by: Member
    settings: DirectorySettings

    def record(
        self,
        operation: Operation,
        target: str,
        before: audit.State | None = None,
        after: audit.State | None = None,
    ) -> None:
        """For the audit log. Null: it was made just now, or is deleted."""
        audit.record(self.by, operation, target=target, before=before, after=after)


@contextmanager
def deciding(by: Member, *, restamp: bool = True) -> Iterator[Decision]:
    """`changing` by a person; records follow, unless what is changed says nothing of them."""
    with changing() as settings:
        yield Decision(by, settings)
        if restamp:
            ask_for_restamp(by.organization.id)


def ask_for_restamp(organization_id: UUID) -> int:
    """The organisation's next restamp, which all who ask until it begins share; its unit.

    It is alone with the records' metrics: no compute runs beside it.
    """
    return queue.add(
        "pipeline.restamp", organization_id, dedupe_key="restamp", slots={"compute": 1}
    )


def _aliases(people: Iterable[Person]) -> dict[str, str]:
    aliases = {person.known_by: person.known_by for person in people}
    return aliases | {alias.text: each.known_by for each in people for alias in each.aliases.all()}


def _teams() -> Iterable[Team]:
    members = TeamMembership.objects.order_by("person", "since", "id")
    patterns = TeamPattern.objects.order_by("pattern")
    return Team.objects.order_by(Lower("name")).prefetch_related(
        Prefetch("memberships", members), Prefetch("patterns", patterns)
    )


def _team(team: Team) -> value.Team:
    return value.Team(
        team_id=str(team.pk),
        name=team.name,
        members=tuple(_membership(each) for each in team.memberships.all()),
        repositories=_owned(team, PatternKind.REPOSITORY),
        projects=_owned(team, PatternKind.PROJECT),
    )


def _membership(each: TeamMembership) -> value.Membership:
    return value.Membership(each.person, each.since, each.until, each.is_primary)


def _owned(team: Team, kind: str) -> tuple[str, ...]:
    return tuple(each.pattern for each in team.patterns.all() if each.kind == kind)


def _rule(rule: Mapping[str, Any]) -> CategoryRule:
    """As it is kept, with its lists as tuples."""
    kept: dict[str, Any] = {
        name: tuple(each) if isinstance(each, list) else each for name, each in rule.items()
    }
    return CategoryRule(**kept)
