"""Both admin sites as tests walk them: every address there is, and browsers in each role."""

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID, uuid4

from django.urls import URLPattern, URLResolver, reverse

from apps.metrics.models import Team, TeamMembership
from apps.orgs import audit
from apps.orgs.models import Invitation, User
from apps.pipeline.models import SyncWatermark
from tests.apps.integrations.connected import connected
from tests.apps.orgs.people import join
from tests.apps.pipeline.rows import backfill_job, run_of, sync_config
from tests.browsers import Browser
from tests.tenants import Tenant

STAFF = "http://localhost:8000/admin/"


def admin_of(tenant: Tenant) -> str:
    return f"http://{tenant.host}:8000/admin/"


class Inside(Browser):
    """Somebody in an organisation's admin."""

    def __init__(self, tenant: Tenant, role: str = "owner") -> None:
        super().__init__()
        self.person = join(tenant, role)
        self.tenant = tenant
        self.log_in(self.person.user)

    def open(self, path: str = "", **more: Any) -> Any:
        return self.get(f"{admin_of(self.tenant)}{path}", **more)

    def send(self, path: str, **given: Any) -> Any:
        """The form of the page, which is opened first."""
        if self.open(path).status_code not in (200, 405):
            raise AssertionError(f"{path} has no form")
        return self.post(f"{admin_of(self.tenant)}{path}", given)

    def press(self, path: str, button: str) -> Any:
        """What the button on a page does, whose address ends so."""
        self.open(path)
        return self.post(f"{admin_of(self.tenant)}{path.replace('change', button)}")


def text(answer: Any) -> str:
    if answer.streaming:
        return b"".join(answer.streaming_content).decode()
    return " ".join(answer.content.decode().split())


class Sue(Browser):
    """One of the operator's own, logged in on the account host."""

    def __init__(self, is_staff: bool = True) -> None:
        super().__init__()
        self.person = User.objects.create_user(f"{uuid4().hex}@staff.example", is_staff=is_staff)
        self.log_in(self.person)

    def open(self, path: str = "", **more: Any) -> Any:
        return self.get(f"{STAFF}{path}", **more)

    def send(self, path: str, **given: Any) -> Any:
        self.open(path)
        return self.post(f"{STAFF}{path}", given)


# --- every address -------------------------------------------------------------------------------


def names_of(patterns: Iterable[URLPattern | URLResolver]) -> Iterator[tuple[str, list[str]]]:
    """The name of each view, with what its path takes."""
    for each in patterns:
        if isinstance(each, URLResolver):
            yield from names_of(each.url_patterns)
        elif each.name is not None:
            yield each.name, list(each.pattern.converters)


def address(name: str, takes: list[str], ids: dict[str, Any], urlconf: str) -> str:
    """Of a view, with an id of a row of its model: `ids` by the beginning of a view's name."""
    of = name if name in ids else name.rpartition("_")[0]
    given = [ids[of]] if takes else []
    return reverse(f"admin:{name}", urlconf=urlconf, args=given)


def rows_of(tenant: Tenant) -> dict[str, Any]:
    """A row of each model that the organisation's site shows, by the beginning of its views."""
    config = sync_config(tenant)
    person = join(tenant)
    organization = tenant.organization
    with tenant.entered():
        team = Team.objects.create(name=uuid4().hex)
        joined = TeamMembership.objects.create(team=team, person="ada@example.com")
        SyncWatermark.objects.create(
            config=config, source="/srv/api", target="git", synced_through="2026-01-01T00:00Z"
        )
    with tenant.entered():
        integration = connected(url="https://127.0.0.1")  # which nobody asks
    invited = Invitation.objects.create(
        organization=organization,
        email=f"{uuid4().hex}@x.example",
        role="member",
        expires_at="2126-01-01T00:00Z",
    )
    entry = audit.note(organization, "teams.create", target="team:1", before=None, after={})
    return {
        "orgs_membership": person.membership.pk,
        "orgs_invitation": invited.pk,
        "orgs_apitoken": person.user.tokens.get().pk,
        "orgs_auditentry": entry.pk,
        "integrations_integration": integration.pk,
        "pipeline_syncconfig": config.pk,
        "pipeline_syncrun": run_of(tenant, config).pk,
        "pipeline_backfilljob": backfill_job(tenant, config).pk,
        "metrics_team": team.pk,
        "metrics_teammembership": joined.pk,
        "identity": UUID(int=5),
    }
