"""The organisation's Directory as it is kept: `directory.load` makes the library's value of it.

Everything here lives in the organisation's own schema; people who log in are plain ids. Texts are
lower case, as the Directory's are, display names apart. Whoever changes anything locks the settings
first and raises their version (`directory.changing`).
"""

from datetime import time
from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Cast, Lower
from django.db.models.lookups import Exact

TEXT = 320  # the longest e-mail address there is


def lower_case(name: str, *columns: str) -> models.CheckConstraint:
    """All texts in these columns are lower case, whatever holds them."""
    texts = [Cast(column, models.TextField()) for column in columns]
    condition = Q(*(Exact(Lower(text), text) for text in texts))
    return models.CheckConstraint(name=name, condition=condition)


class DirectorySettings(models.Model):
    """What the organisation decides beside its people and teams: one row, or none by default."""

    id = models.SmallIntegerField(primary_key=True, default=1, editable=False)
    version = models.BigIntegerField(
        default=0, help_text="Raised by every change of anything in the Directory."
    )
    opens = models.TimeField(default=time(9), help_text="When business hours begin.")
    closes = models.TimeField(default=time(18), help_text="When they end, on the same day.")
    timezone = models.CharField(
        max_length=64,
        default="UTC",
        help_text="Whose clock counts where a provider tells only UTC; IANA.",
    )
    privacy_threshold = models.PositiveSmallIntegerField(
        default=5, help_text="Breakdowns by person fold groups of fewer people than this."
    )
    bot_patterns = ArrayField(
        models.CharField(max_length=TEXT),
        default=list,
        blank=True,
        help_text="Shell patterns, beside the built-in ones.",
    )
    humans = ArrayField(
        models.CharField(max_length=TEXT),
        default=list,
        blank=True,
        help_text="Addresses, logins or names that no pattern turns into a bot.",
    )
    statuses = models.JSONField(
        default=dict, blank=True, help_text="A tracker's own status → what it means here."
    )
    category_rules = models.JSONField(
        default=list, blank=True, help_text="In order: the first rule that matches decides."
    )
    deployment_kinds = models.JSONField(
        default=dict,
        blank=True,
        help_text="A repository's full name or, with a `*` at the end, how it begins → what counts "
        "as a deployment of it: deployment, release or merge; deployment where nothing is said.",
    )

    class Meta:
        constraints = (
            models.CheckConstraint(name="one_row_of_settings", condition=Q(id=1)),
            models.CheckConstraint(
                name="business_hours_are_of_one_day", condition=Q(opens__lt=F("closes"))
            ),
            models.CheckConstraint(
                name="one_person_is_no_crowd", condition=Q(privacy_threshold__gte=2)
            ),
            lower_case(
                "settings_are_lower_case", "bot_patterns", "humans", "statuses", "category_rules"
            ),
            lower_case("deployment_kinds_are_lower_case", "deployment_kinds"),
        )

    def __str__(self) -> str:
        return f"version {self.version}"


class Person(models.Model):
    """Somebody of whom the organisation decided something; everybody else follows from records.

    `known_by` is among their aliases, so that no text is two persons'.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    known_by = models.CharField(
        max_length=TEXT, unique=True, help_text="The primary text: address, `provider:login`, name."
    )
    name = models.CharField(
        max_length=200, blank=True, help_text="Shown. '': the newest name that records give."
    )
    user_id = models.UUIDField(
        null=True, unique=True, help_text="Who logs in as this person. Null: not known."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (lower_case("person_is_known_by_lower_case", "known_by"),)

    def __str__(self) -> str:
        return str(self.known_by)


class PersonAlias(models.Model):
    """An address, `provider:login` or name that a person is known by, the primary one included."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="aliases")
    text = models.CharField(max_length=TEXT, unique=True)

    class Meta:
        constraints = (lower_case("alias_is_lower_case", "text"),)

    def __str__(self) -> str:
        return str(self.text)


class Team(models.Model):
    """People, and the repositories and projects that they own."""

    id = models.UUIDField(
        primary_key=True, default=uuid4, editable=False, help_text="`team_id` of records and rows."
    )
    name = models.CharField(max_length=200, help_text="Unique, in whatever case.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = (models.UniqueConstraint(Lower("name"), name="one_team_of_each_name"),)
        indexes = (models.Index(name="team_newest", fields=("-created_at", "-id")),)

    def __str__(self) -> str:
        return str(self.name)


class TeamMembership(models.Model):
    """A person in a team over [since, until); several teams at once are allowed."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    person = models.CharField(
        max_length=TEXT, help_text="Any address, `provider:login` or name that they are known by."
    )
    since = models.DateTimeField(null=True, help_text="From then on (UTC). Null: always so.")
    until = models.DateTimeField(null=True, help_text="No more from then on. Null: for ever.")
    is_primary = models.BooleanField(
        default=True, help_text="Of several teams at once, one marked so is the person's own."
    )

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="membership_lasts",
                condition=Q(since=None) | Q(until=None) | Q(since__lt=F("until")),
            ),
            lower_case("member_is_lower_case", "person"),
        )

    def __str__(self) -> str:
        return f"{self.person} in {self.team_id}"


class PatternKind(models.TextChoices):
    REPOSITORY = "repository"
    PROJECT = "project"


class TeamPattern(models.Model):
    """What a team owns: a full name or, with a `*` at the end, how it begins."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="patterns")
    kind = models.CharField(max_length=10, choices=PatternKind.choices)
    pattern = models.CharField(max_length=500)

    class Meta:
        constraints = (
            models.UniqueConstraint(name="one_team_owns_it", fields=("kind", "pattern")),
            models.CheckConstraint(
                name="pattern_kind_is_known", condition=Q(kind__in=PatternKind.values)
            ),
            lower_case("pattern_is_lower_case", "pattern"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.pattern}"


class DismissedSuggestion(models.Model):
    """Two identities that somebody said are two people, so that nobody suggests it again."""

    first_id = models.UUIDField(help_text="The lower `author_id` of the two.")
    second_id = models.UUIDField(help_text="The higher one.")
    dismissed_by = models.UUIDField()
    dismissed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="one_dismissal_of_each_pair", fields=("first_id", "second_id")
            ),
            models.CheckConstraint(
                name="dismissed_pair_is_ordered", condition=Q(first_id__lt=F("second_id"))
            ),
        )

    def __str__(self) -> str:
        return f"{self.first_id} is not {self.second_id}"


class DataVersion(models.Model):
    """Raised by every compute that ends: one row, or none before the first. See `data_version`."""

    id = models.SmallIntegerField(primary_key=True, default=1, editable=False)
    version = models.BigIntegerField()

    class Meta:
        constraints = (models.CheckConstraint(name="one_row_of_data_version", condition=Q(id=1)),)

    def __str__(self) -> str:
        return str(self.version)
