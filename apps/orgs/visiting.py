"""A demo's organisation that everybody may look at: for a client that knows no login.

Who comes without a token is nobody in particular, a viewer who may read metrics and nothing of
people, in the few requests of `OPEN_REQUESTS` and nowhere else. Development only, and only the one
organisation that `DEVHEALTH_OPEN_ORGANIZATION` names, on its own host.
"""

from django.conf import settings
from django.http import HttpRequest

from apps.orgs.members import Member
from apps.orgs.models import ApiToken, Organization, Role, Scope, User


def visitor_of(request: HttpRequest, tenant: Organization) -> Member | None:
    """None: nobody gets in here without a token."""
    if not settings.DEVELOPMENT or tenant.slug != settings.OPEN_ORGANIZATION:
        return None
    if (request.method, request.path) not in settings.OPEN_REQUESTS:
        return None
    return visitor(tenant)


def visitor(tenant: Organization) -> Member:
    """Of no row: no token and no person are stored."""
    person = User(email="", name="Visitor")
    token = ApiToken(organization=tenant, created_by=person, name="visitor")
    token.scopes = [str(Scope.METRICS_READ)]
    return Member(tenant, person, Role.VIEWER, token)
