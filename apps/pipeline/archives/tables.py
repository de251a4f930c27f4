"""Which rows of the control plane go into an archive, and how people are meant in them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from apps.errors import Unprocessable
from apps.integrations.models import Credential

BATCH = 2_000
# Ids of people who log in. Who is no member any more keeps a plain one, which is nobody's here.
PERSON = frozenset({"created_by", "requested_by", "dismissed_by", "user_id", "invited_by_id"})
UNIT = "work_unit_id"  # of work that is not in the archive

# What stays behind, and why: it stands in every manifest.
LEFT_OUT: Mapping[str, str] = {
    "credentials of integrations": "they are secrets; providers are connected again",
    "API tokens, sessions, refresh tokens": "they are secrets, and of the organisation that was",
    "password hashes": "people are known by their e-mail; who is new gets in by a reset",
    "digests of invitations": "they are secrets; an open invitation is sent anew",
    "customers and subscriptions at Stripe": "they pay for the organisation that was",
    "units of work, shares, slots, answers kept": "work is planned anew; what was under way ends",
    "webhooks and what they were told": "they have secrets, and are of the organisation that was",
    "inbound events": "they were told of the organisation that was",
    "tombstones and superseded versions": "facts and metrics go as they are now",
}


def tenant_models() -> list[type[models.Model]]:
    """Of the organisation's schema; those that others point at come first."""
    found = [
        model
        for config in apps.get_app_configs()
        if config.name in settings.TENANT_APPS
        for model in config.get_models()
        if model is not Credential
    ]
    return sorted(found, key=_depth)


def _depth(model: type[models.Model]) -> int:
    keys = [each for each in model._meta.concrete_fields if isinstance(each, models.ForeignKey)]
    others = [each.related_model for each in keys if each.related_model is not model]
    return max((1 + _depth(each) for each in others), default=0)


def member_of(model: type[models.Model]) -> str:
    return f"control/{model._meta.label_lower}"


class Exact(DjangoJSONEncoder):
    """Django's cuts instants to milliseconds."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if isinstance(o, datetime) else super().default(o)


def lines(rows: models.QuerySet[Any], *names: str) -> Iterator[str]:
    """A line for each row, all columns or these."""
    for row in rows.values(*names).iterator(chunk_size=BATCH):
        yield json.dumps(row, cls=Exact, ensure_ascii=False) + "\n"


def made(
    model: type[models.Model], rows: Iterable[Mapping[str, Any]], people: Mapping[UUID, UUID]
) -> Iterator[models.Model]:
    """Objects to be stored, people under the ids that they have here.

    Raises `Unprocessable` for a column that the model does not have.
    """
    fields = {each.attname: each for each in model._meta.concrete_fields}
    for row in rows:
        if unknown := row.keys() - fields.keys():
            raise Unprocessable(
                f"{model._meta.label} has no {min(unknown)}: a newer release wrote this.",
                code="newer_archive",
            )
        cells = {name: fields[name].to_python(cell) for name, cell in row.items()}
        for name in PERSON & cells.keys():
            gone = None if fields[name].is_relation else cells[name]
            cells[name] = people.get(cells[name], gone)
        yield model(**cells)
