"""The one store of this process, and its only door: an organisation's sink."""

from datetime import datetime
from functools import cache
from threading import Lock
from uuid import UUID

from django.conf import settings
from django.db import connection

from apps.orgs.models import Organization, schema_name
from devhealth.sinks import Sink, Store, open_store

_opening = Lock()


class WrongTenant(RuntimeError):
    """The request's tenant is not the organisation whose rows are asked for: a fault of ours."""


def store() -> Store:
    """Thread-safe, connects on first use, never closed before the process ends."""
    with _opening:
        return _open(settings.DATABASE_URI)


def sink(organization: Organization) -> Sink:
    """The organisation's rows, for a request: a read that takes too long is ended.

    Fails closed unless the connection is bound to the organisation, too.
    """
    if connection.schema_name != organization.schema_name:
        raise WrongTenant(f"{connection.schema_name} asked for {organization.schema_name}")
    return store().for_org(organization.id, read_timeout=settings.READ_TIMEOUT)


def sink_of_work(organization_id: UUID, version: datetime) -> Sink:
    """For a unit of work: reads take as long as they take, `version` is when it was claimed.

    Fails closed likewise.
    """
    if connection.schema_name != schema_name(organization_id):
        raise WrongTenant(f"{connection.schema_name} asked for {organization_id}")
    return store().for_org(organization_id, version=version)


def forget(organization_id: UUID) -> None:
    """All facts and metrics of an organisation that is being deleted. Safe to run again."""
    store().for_org(organization_id).erase()


@cache
def _open(uri: str) -> Store:
    return open_store(uri)
