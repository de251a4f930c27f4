"""Two rows of every table of a tenant, made from the models' fields, and its rows in public tables.

A column that is new gets a mark by itself; one that takes only certain values needs a line in
`GIVEN`.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.fields import NOT_PROVIDED

from apps.billing.tiers import LIMITS
from tests.isolation.marks import ACME, SHARED, id_of, number_of
from tests.isolation.stored_rows import DAY, NOON

TENANT_APPS = ("integrations", "metrics", "pipeline", "alerts")
PUBLIC = (
    "orgs.auditentry",
    "queue.workunit",
    "queue.slot",
    "queue.answer",
    "billing.ownlimit",
    "inbound.inboundevent",
    "inbound.oauthstate",
    "inbound.webhookendpoint",
)

IDS = {
    "integration": "integration_id",
    "syncconfig": "config_id",
    "syncrun": "run_id",
    "backfilljob": "job_id",
    "teammembership": "membership_id",
}
GIVEN: dict[str, Any] = {
    "directorysettings.category_rules": lambda mark: [
        {"theme": "quality", "subcategory": "bugfix", "labels": [mark]}
        | {"types": [], "titles": [], "paths": []}
    ],
    "directorysettings.deployment_kinds": lambda mark: {mark: "deployment"},
    "directorysettings.statuses": lambda mark: {mark: "done"},
    "directorysettings.privacy_threshold": lambda mark: 2,
    "directorysettings.timezone": lambda mark: "UTC",
    "directorysettings.version": lambda mark: 7 if ACME in mark else 3,
    "integration.provider": lambda mark: "github",
    "integration.url": lambda mark: "https://provider.invalid",
    "integration.kind": lambda mark: "token",
    "integration.health": lambda mark: "ok",
    "syncconfig.integration": lambda mark: None,
    "syncconfig.provider": lambda mark: "local",
    "syncconfig.targets": lambda mark: ["git"],
    "syncconfig.options": lambda mark: {"initial_days": 30},
    "syncconfig.schedule_cron": lambda mark: "",
    "syncconfig.timezone": lambda mark: "UTC",
    "backfilljob.order": lambda mark: "newest",
    "backfilljob.tier": lambda mark: "enterprise",
    "backfilljob.before": lambda mark: DAY + timedelta(days=14),
    "backfillchunk.before": lambda mark: DAY + timedelta(days=7),
    "recompute.before": lambda mark: DAY + timedelta(days=7),
    "workunit.not_before": lambda mark: NOON + timedelta(days=36_500),
    "workunit.waits_for": lambda mark: None,
    "workunit.finished_at": lambda mark: None,
    "workunit.lease_until": lambda mark: None,
    "workunit.stop_requested": lambda mark: False,
    "slot.running": lambda mark: 0,
    "ownlimit.limit": lambda mark: LIMITS[-1 if mark.endswith(SHARED) else -2],
    "ownlimit.value": lambda mark: number_of(ACME) if ACME in mark else 500_000,
    "stripecustomer.tier": lambda mark: "enterprise",
    "subscription.tier": lambda mark: "enterprise",
    "invitation.email": lambda mark: f"{mark}@people.example",
    "invitation.role": lambda mark: "member",
    "invitation.expires_at": lambda mark: NOON + timedelta(days=365),
    "invitation.accepted_at": lambda mark: None,
    "invitation.revoked_at": lambda mark: None,
    "webhookendpoint.provider": lambda mark: "github",
    "webhookendpoint.installation_id": lambda mark: "",
    "endpoint.url": lambda mark: f"https://{mark}.example/",
    "endpoint.events": lambda mark: ["metrics.updated"],
    "endpoint.old_sealed": lambda mark: "",
    "message.kind": lambda mark: "metrics.updated",
    "delivery.log": lambda mark: [
        {"at": NOON.isoformat(), "status": 500, "error": mark, "seconds": 0.5}
    ],
    "rule.kind": lambda mark: "measure",
    "rule.measure": lambda mark: "prs_merged",
    "rule.scope": lambda mark: "organization",
    "rule.direction": lambda mark: "above",
    "rule.scope_id": lambda mark: None,
    "rule.config": lambda mark: None,
    "rule.hours": lambda mark: None,
    "rule.runs": lambda mark: None,
    "alert.cleared_at": lambda mark: None,
    "dirtydays.days": lambda mark: [DAY],
    "stamping.release": lambda mark: 1,
    "dismissedsuggestion.first_id": lambda mark: UUID(int=1),
}
NULL = frozenset({"until", "work_unit_id", "user_id"})
NAMED = {  # by which a row of the store is meant
    "person.known_by": "{owner}@people.example",
    "personalias.text": "{owner}@people.example",
    "teammembership.person": "{owner}@people.example",
    "teampattern.pattern": "{owner}-full_name",
}


def tenant_models() -> list[type[models.Model]]:
    """Those that others point at come first."""
    found = [each for label in TENANT_APPS for each in apps.get_app_config(label).get_models()]
    return sorted(found, key=depth)


def depth(model: type[models.Model]) -> int:
    return max((1 + depth(each) for each in parents(model)), default=0)


def parents(model: type[models.Model]) -> list[type[models.Model]]:
    return [
        each.related_model for each in model._meta.fields if isinstance(each, models.ForeignKey)
    ]


def seed_tenant(slug: str) -> None:
    """On the organisation's own schema."""
    for model in tenant_models():
        for owner in owners(model, slug):
            model.objects.create(**row(model, slug, owner))


def seed_public(slug: str, organization_id: Any) -> None:
    """What the house keeps of an organisation in tables of all."""
    for label in PUBLIC:
        model = apps.get_model(label)
        for owner in (SHARED, slug):
            made = row(model, slug, owner)
            made.pop("id", None)  # of all tables of all, no two organisations share one
            model.objects.create(organization_id=organization_id, **made)


def owners(model: type[models.Model], slug: str) -> Iterable[str]:
    """A table of one row has one that is its own."""
    is_single = isinstance(model._meta.pk, models.SmallIntegerField)
    return (slug,) if is_single else (SHARED, slug)


def row(model: type[models.Model], slug: str, owner: str) -> dict[str, Any]:
    return dict(cells(model, slug, owner))


def cells(model: type[models.Model], slug: str, owner: str) -> Iterator[tuple[str, Any]]:
    for field in model._meta.concrete_fields:
        if field.attname == "organization_id" or isinstance(field, models.BigAutoField):
            continue
        if field.primary_key and not isinstance(field, models.UUIDField | models.ForeignKey):
            continue
        yield field.attname, cell(model, field, slug, owner)


def cell(model: type[models.Model], field: Any, slug: str, owner: str) -> Any:
    place = f"{model._meta.model_name}.{field.name}"
    mark = mark_of(place, slug, owner)
    if place in GIVEN:
        return GIVEN[place](mark)
    if place in NAMED:
        return NAMED[place].format(slug=slug, owner=owner)
    if field.primary_key or isinstance(field, models.ForeignKey):
        return key_of(field.related_model or model, owner)
    return None if field.null and field.name in NULL else value(field, mark, owner)


def key_of(model: type[models.Model], owner: str) -> Any:
    name = model._meta.model_name
    return id_of(owner, IDS.get(name, f"{name}_id"))


def mark_of(place: str, slug: str, owner: str) -> str:
    return f"{slug}-{place.replace('.', '-')}-{owner}"


def value(field: Any, mark: str, owner: str) -> Any:
    if field.choices:
        return field.default if field.default is not NOT_PROVIDED else field.choices[0][0]
    for kind, make in VALUES.items():
        if isinstance(field, kind):
            return make(field, mark, owner)
    raise NotImplementedError(f"{field} is of a kind that seeds do not know: add it to VALUES.")


VALUES: dict[type, Any] = {
    ArrayField: lambda field, mark, owner: [mark[: field.base_field.max_length]],
    models.JSONField: lambda field, mark, owner: {mark: mark},
    models.CharField: lambda field, mark, owner: mark[: field.max_length],
    models.TextField: lambda field, mark, owner: mark,
    models.UUIDField: lambda field, mark, owner: id_of(owner, field.name),
    models.BooleanField: lambda field, mark, owner: True,
    models.IntegerField: lambda field, mark, owner: 1,
    models.FloatField: lambda field, mark, owner: 1.0,
    models.DateTimeField: lambda field, mark, owner: NOON,
    models.DateField: lambda field, mark, owner: DAY,
    models.TimeField: lambda field, mark, owner: field.default,
}
