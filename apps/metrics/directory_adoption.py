"""A Directory as a whole, from a file or a made-up world, becomes the organisation's own."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from apps.metrics import directory_settings, directory_teams, operations
from apps.metrics.directory import deciding
from apps.metrics.models import Person, PersonAlias, Team, TeamMembership
from apps.orgs.members import Member
from devhealth.models import directory as value
from devhealth.models.directory import BOT_PATTERNS, Directory


@transaction.atomic
def adopt(told: Directory, *, by: Member) -> None:
    """Have the organisation decide what this Directory does.

    Its settings, people and teams take the place of those that it has of the same kind: people by
    what they are known by, teams by name. Others stay. All or nothing; raises `Unprocessable` and
    `Conflict` as the single changes do.
    """
    by.require(operations.DIRECTORY_ADOPT)
    for part, changes in _settings(told):
        directory_settings.write(part, changes, by=by, unless_changed_since="")
    _know(told, by)
    for team in told.teams:
        _gather(team, by)


def _settings(told: Directory) -> list[tuple[directory_settings.Part, Mapping[str, Any]]]:
    usual = set(BOT_PATTERNS)
    own = {
        "opens": told.hours.opens,
        "closes": told.hours.closes,
        "timezone": told.hours.timezone,
        "bot_patterns": [pattern for pattern in told.bots if pattern not in usual],
        "humans": sorted(told.humans),
        "deployment_kinds": dict(told.deployment_kinds),
    }
    return [
        (directory_settings.SETTINGS, own),
        (directory_settings.STATUS_MAP, {"statuses": told.statuses}),
        (directory_settings.CATEGORY_RULES, {"category_rules": told.categories}),
    ]


def _know(told: Directory, by: Member) -> None:
    """Everybody it decides something of; whoever is known by one of their texts is they."""
    texts: dict[str, set[str]] = defaultdict(set)
    for alias, primary in told.aliases.items():
        texts[primary] |= {alias, primary}
    for primary in told.names:
        texts[primary].add(primary)
    with deciding(by) as decision:
        for known_by, aliases in sorted(texts.items()):
            Person.objects.filter(aliases__text__in=aliases).exclude(known_by=known_by).delete()
            name = told.names.get(known_by, "")
            person, _ = Person.objects.update_or_create(known_by=known_by, defaults={"name": name})
            person.aliases.all().delete()
            PersonAlias.objects.bulk_create(
                PersonAlias(person=person, text=text) for text in sorted(aliases)
            )
        decision.record(operations.DIRECTORY_ADOPT, "directory", after={"people": len(texts)})


def _gather(told: value.Team, by: Member) -> None:
    team = Team.objects.filter(name__iexact=told.name).first()
    team = team or directory_teams.create(told.name, by=by)
    directory_teams.own(team.id, told.repositories, told.projects, by=by)
    for stored in TeamMembership.objects.filter(team=team):
        directory_teams.forget_membership(team.id, stored.id, by=by)
    for member in told.members:
        membership = TeamMembership(
            person=member.person,
            since=member.since,
            until=member.until,
            is_primary=member.is_primary,
        )
        directory_teams.join(team.id, membership, by=by)
