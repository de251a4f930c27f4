"""Who lives in the demo: organisations, each with an owner of a new password, and one new token."""

import os
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from config.processes import Processes
from devhealth.errors import Permanent
from devhealth.sinks import Sink, Store, open_store

if TYPE_CHECKING:
    from apps.orgs.services import Member


POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Home:
    """An organisation that was prepared: the store, who owns it, and how to get in."""

    store: Store
    owner: "Member"
    email: str
    password: str
    token: str

    @property
    def slug(self) -> str:
        return str(self.owner.organization.slug)

    @property
    def sink(self) -> Sink:
        """Of a run that begins now."""
        return self.store.for_org(self.owner.organization.id)


def prepare() -> Store:
    """Django and migrations of everything; the store."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    call_command("migrate_tenants", verbosity=0)
    store = open_store(settings.DATABASE_URI)
    store.migrate()
    return store


def settle(store: Store, name: str, slug: str) -> Home:
    """The organisation, made if there is none. Raises `Permanent` where somebody else has it."""
    from apps.billing.services import set_tier
    from apps.billing.tiers import ENTERPRISE
    from apps.orgs import services
    from apps.orgs.models import Scope

    email, password = f"owner@{slug}.example", secrets.token_urlsafe(12)
    organization = services.ensure_organization(name, slug, owner_email=email, password=password)
    owner = services.find_person(email)
    if owner is None:
        raise Permanent(
            f"The organisation `{slug}` has another owner here: `make clean`, then again."
        )
    owner.set_password(password)
    owner.save()
    set_tier(organization, ENTERPRISE, by="demo")
    organization.tokens.filter(name="demo", revoked_at=None).update(revoked_at=datetime.now(UTC))
    _, token = services.issue_token(organization, by=owner, name="demo", scopes=Scope)
    return Home(store, services.authenticate(token), email, password, token)


def await_metrics(owner: "Member", running: Processes) -> None:
    """Until the organisation's compute is over. Raises `Permanent` with its sentence."""
    from apps.queue.models import WorkUnit
    from devhealth.models.states import ENDED, State

    computes = WorkUnit.objects.filter(
        organization_id=owner.organization.id, actor="pipeline.compute"
    ).order_by("-id")
    while (newest := computes.first()) is not None and newest.state not in ENDED:
        running.require_alive()
        time.sleep(POLL_SECONDS)
    if newest is None or newest.state != State.COMPLETED:
        raise Permanent(newest.error if newest else "Nobody asked for the metrics.")
