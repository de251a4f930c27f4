"""Writing one organisation into an archive. Of one moment only if it is suspended meanwhile."""

from typing import IO

from django.utils import timezone
from django_tenants.utils import tenant_context

from apps.billing.models import Entitlement, OwnLimit
from apps.metrics.store import store
from apps.orgs.models import AuditEntry, Invitation, Membership, Organization
from apps.pipeline.archives import container, tables
from apps.pipeline.archives.container import Writer
from devhealth import copying
from devhealth.sinks.tables import CLASSES

MEMBERSHIP = ("user_id", "user__email", "user__name", "role", "created_at")
INVITATION = (
    "email",
    "role",
    "invited_by_id",
    "created_at",
    "expires_at",
    "accepted_at",
    "revoked_at",
)
ENTRY = ("at", "user_id", "token_id", "action", "target", "before", "after", "request_id")
OWN_LIMIT = ("limit", "value", "reason", "set_at", "set_by")
ENTITLEMENT = ("tier", "set_at", "set_by")


def export(organization: Organization, to: IO[bytes]) -> dict[str, int]:
    """All that can be made anew elsewhere; rows by member."""
    with container.writing(to) as archive:
        _write_public(organization, archive)
        with tenant_context(organization):
            for model in tables.tenant_models():
                rows = model._default_manager.order_by("pk")
                archive.add(tables.member_of(model), tables.lines(rows))
        _write_facts(organization, archive)
        archive.finish(
            {
                "exported_at": timezone.now().isoformat(),
                "organization": {
                    "id": str(organization.pk),
                    "slug": str(organization.slug),
                    "name": str(organization.name),
                },
                "left_out": tables.LEFT_OUT,
            }
        )
        return {each.name: each.rows for each in archive.members}


def _write_public(organization: Organization, archive: Writer) -> None:
    for name, model, columns in (
        ("memberships", Membership, MEMBERSHIP),
        ("invitations", Invitation, INVITATION),
        ("own_limits", OwnLimit, OWN_LIMIT),
        ("entitlement", Entitlement, ENTITLEMENT),
        ("audit_log", AuditEntry, ENTRY),
    ):
        rows = model.objects.filter(organization=organization).order_by("pk")
        archive.add(f"public/{name}", tables.lines(rows, *columns))


def _write_facts(organization: Organization, archive: Writer) -> None:
    sink = store().for_org(organization.pk)
    for cls in CLASSES:
        rows = copying.frames(sink, cls)
        archive.add(f"facts/{cls.table}", (copying.lines(cls, each) for each in rows))
