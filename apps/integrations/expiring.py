"""Whoever may connect again is told by e-mail before a credential ends: 30, 7 and 1 days before.

Jira ends what was allowed after 365 days, or 90 in which nothing was asked; GitHub and GitLab tell
when a token ends. It is looked at once a day where anything is synced; an end that was put off
begins anew.
"""

import logging
from datetime import timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from apps.integrations.models import Credential, Health, Integration
from apps.orgs import mails
from apps.orgs.models import Membership, Organization, Role
from apps.orgs.services import url_of
from apps.queue import services as queue
from apps.queue.work import Work
from devhealth.errors import Permanent

log = logging.getLogger("devhealth.integrations")

ACTOR = "integrations.warn"
STAGES = (1, 7, 30)  # days before the end
SUBJECT = "{integration} on devhealth ends in {left}"
TEXT = """\
What devhealth asks {site} by for {organization} ends on {day} (UTC), in {left}.
From then on nothing new is fetched; what is there stays.

Connect again before, as {how}:

    {link}

You are told because you may connect providers for {organization}.
"""
HOW = {
    "token": "by another token",
    "oauth": "in the browser, where you allow it anew",
    "app": "in the browser, where you allow it anew",
}


def ask(organization_id: UUID) -> None:
    """Have it looked at, in the caller's transaction, where anything ends."""
    if _ending().exists():
        queue.add(ACTOR, organization_id, dedupe_key=ACTOR)


def warn(work: Work) -> None:
    """Each stage once. What was sent before a failure may be sent once more."""
    organization = Organization.objects.get(pk=work.organization_id)
    for held in _ending():
        work.checkpoint()
        stage = stage_of(held)
        if stage is None:
            if held.warned_days is not None:
                _note(held, None)
        elif held.warned_days is None or stage < held.warned_days:
            _send(held.integration, held, organization)
            _note(held, stage)


def stage_of(held: Credential) -> int | None:
    """Of how many days before its end it is. Null: there is time, or it is over."""
    if held.expires_at is None or (left := held.expires_at - timezone.now()) <= timedelta():
        return None
    return next((days for days in STAGES if left <= timedelta(days=days)), None)


def _ending() -> QuerySet[Credential]:
    """What nobody is told of already by its health."""
    found: QuerySet[Credential] = (
        Credential.objects.select_related("integration")
        .defer("sealed")
        .filter(expires_at__isnull=False)
        .exclude(integration__health=Health.RECONNECT)
    )
    return found.order_by("integration")


def _note(held: Credential, stage: int | None) -> None:
    """Unless it was replaced meanwhile."""
    same = Credential.objects.filter(pk=held.pk, expires_at=held.expires_at)
    same.update(warned_days=stage)


def _send(integration: Integration, held: Credential, organization: Organization) -> None:
    """To each owner and admin. Raises `Transient`; an address that is refused is passed over."""
    told = {
        "integration": integration.name,
        "site": integration.url,
        "organization": organization.name,
        "day": f"{held.expires_at:%Y-%m-%d}",
        "left": _left(held),
        "how": HOW[integration.kind],
        "link": f"{url_of(organization)}/integrations/{integration.pk}",
    }
    for address in _addresses(organization):
        try:
            mails.send(SUBJECT.format(**told), TEXT.format(**told), address)
        except Permanent:
            log.warning("The mail server refuses the address of a member: nobody warned them.")


def _left(held: Credential) -> str:
    hours = (held.expires_at - timezone.now()) // timedelta(hours=1)
    return f"{hours // 24} days" if hours >= 48 else f"{max(hours, 1)} hours"


def _addresses(organization: Organization) -> list[str]:
    members = Membership.objects.filter(
        organization=organization, role__in=(Role.OWNER, Role.ADMIN), user__is_active=True
    )
    return sorted(members.values_list("user__email", flat=True))
