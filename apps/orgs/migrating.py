"""All organisations' schemas to today's shape: what is so already costs no more than being read.

First the public schema, then the template that new organisations are made from, then everybody
who lacks something, in as many processes as are asked for. One that fails does not keep the
others; whatever is left is found by the next call.
"""

import logging
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

from django.conf import settings
from django.core.management import call_command
from django_tenants.utils import get_public_schema_name

from apps.orgs import schemas
from apps.orgs.models import Organization
from apps.orgs.process import prepare

log = logging.getLogger("devhealth.orgs")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one schema. `reason`: why it failed, else ''."""

    schema: str
    applied: int = 0
    reason: str = ""


def outdated() -> list[str]:
    """The schemas that `migrate` would change, the template first. The public one is none."""
    made = Organization.objects.exclude(ready_at=None).order_by("schema_name")
    known = list(made.values_list("schema_name", flat=True))
    lacking = schemas.lacking([schemas.TEMPLATE, *known])
    return [each for each in (schemas.TEMPLATE, *known) if each in lacking]


def migrate(jobs: int = 1) -> Iterator[Outcome]:
    """Bring up the public schema, then each one that lacks something; each as soon as it is done.

    Raises what the public schema's own migrations raise: nobody can go on without them.
    """
    with schemas.locked(get_public_schema_name()):
        if schemas.missing():
            call_command("migrate_schemas", shared=True, interactive=False, verbosity=0)
    found = outdated()
    if found[:1] == [schemas.TEMPLATE]:
        yield bring_up(found.pop(0))
    if jobs == 1 or len(found) < 2:
        yield from map(bring_up, found)
        return
    with ProcessPoolExecutor(
        min(jobs, len(found)),
        mp_context=get_context("spawn"),  # a fork would share our connections
        initializer=prepare,
        initargs=(dict(settings.DATABASES["default"]),),
    ) as pool:
        yield from pool.map(bring_up, found)


def bring_up(schema: str) -> Outcome:
    """Its reason is that of the migration which failed; those before it stay."""
    try:
        return Outcome(schema, schemas.bring_up(schema))
    except Exception as error:  # a migration may raise anything, and the others are to go on
        log.warning("%s could not be migrated", schema, exc_info=True)
        return Outcome(schema, reason=f"{type(error).__name__}: {error}".splitlines()[0])
