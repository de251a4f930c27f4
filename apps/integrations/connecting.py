"""Connecting in a browser: off to the provider, and back with its leave, once.

A state (`apps.inbound.oauth_states`) binds both ends to one session of one organisation. What came
back is exchanged, its scopes are looked at, and the provider is asked whose it is before anything
is stored. Jira Cloud may lead to several sites: then people choose, by one more state.
"""

import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.errors import Conflict, Forbidden, NotFound, Unprocessable
from apps.inbound import oauth_states
from apps.inbound.models import OAuthState
from apps.integrations import atlassian, grants, installing, operations, services
from apps.integrations.models import Integration, Kind, Provider
from apps.integrations.provider_apps import ProviderApp, app_of
from apps.integrations.refreshing import renewed
from apps.integrations.sealing import Secret
from apps.orgs.members import Member
from devhealth.sites import URLS

AUTHORIZE, CHOOSE = "authorize", "choose"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be connected.

    name            of the new integration. '': the provider's
    url             '': the site of the operator's app; Jira: whichever is allowed
    client_id       with `client_secret`: of the organisation's own app. '': the operator's
    integration_id  to connect again, its name and site stay
    """

    provider: str
    name: str = ""
    url: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    integration_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Back:
    """What the provider's redirect says. All of it may be made up."""

    state: str = ""
    code: str = field(default="", repr=False)
    error: str = ""
    installation_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Sites of which one is to be chosen, by this state."""

    state: str = field(repr=False)
    sites: Sequence[atlassian.Resource]


def begin(wish: Wish, *, by: Member) -> str:
    """The provider's page, where people allow it.

    Raises `Forbidden`, `NotFound`, `Conflict`, `Unprocessable`, and `Unsafe` for an address inside.
    """
    by.require(operations.INTEGRATIONS_CONNECT)
    wish = _settled(wish, by)
    own = Secret(client_id=wish.client_id, client_secret=wish.client_secret)
    app = app_of(wish.provider, wish.url, own)
    verifier = secrets.token_urlsafe(48)
    plan = {"name": wish.name, "verifier": verifier, "own": asdict(own)}
    with transaction.atomic():
        state = oauth_states.keep(
            _browser(by),
            json.dumps(plan),
            purpose=AUTHORIZE,
            provider=wish.provider,
            url=wish.url,
            integration_id=wish.integration_id,
        )
        return grants.where_to_ask(wish.provider, app, state, verifier)


def finish(back: Back, *, by: Member) -> Integration | Choice:
    """What was allowed is stored; or there are several sites.

    Raises `Forbidden` for a state that is not this browser's, and where people said no.
    """
    by.require(operations.INTEGRATIONS_CONNECT)
    row, held = oauth_states.take(back.state, AUTHORIZE, _browser(by))
    _require_code(back, row.provider)
    plan = json.loads(held)
    own = Secret(**plan["own"])
    app = app_of(row.provider, row.url, own)
    integration = _planned(row, plan["name"], by)
    tokens = grants.exchanged(row.provider, app, back.code, plan["verifier"])
    if app.is_installed:
        return _installed(integration, app, tokens, back, by)
    _require_scopes(row.provider, tokens)
    integration.kind, secret = Kind.OAUTH, renewed(own, tokens)
    if row.provider != Provider.JIRA:
        return services.store_grant(integration, secret, by=by)
    return _of_site(row, integration, secret, by)


def choose(state: str, cloud_id: str, *, by: Member) -> Integration:
    """One of the sites. Raises `Forbidden`, and `Unprocessable` for one that was not offered."""
    by.require(operations.INTEGRATIONS_CONNECT)
    row, held = oauth_states.take(state, CHOOSE, _browser(by))
    told = json.loads(held)
    sites = [each for each in map(_resource, told["sites"]) if each.cloud_id == cloud_id]
    if not sites:
        raise _wrong_site()
    integration = _planned(row, told["name"], by)
    integration.kind = Kind.OAUTH
    return _stored(integration, sites[0], Secret(**told["secret"]), by)


def offered() -> list[tuple[str, str]]:
    """Providers that the operator has an app of, with their labels: one press is enough."""
    return [each for each in Provider.choices if each[0] in settings.PROVIDER_APPS]


# --- before: what is asked for -------------------------------------------------------------------


def _settled(wish: Wish, by: Member) -> Wish:
    """With nothing left open."""
    if bool(wish.client_id) != bool(wish.client_secret):
        raise Unprocessable("An app has a client id and a secret: give both, or neither.")
    if wish.integration_id is not None:
        known = services.integration_of(wish.integration_id, by=by)
        if known.provider != wish.provider:
            raise NotFound("There is no such integration.")
        name, url = known.name, known.url
    else:
        name, url = wish.name.strip() or Provider(wish.provider).label, wish.url.strip()
        _require_free(name)
    return Wish(
        provider=wish.provider,
        name=name,
        url=url.rstrip("/") or _default_site(wish.provider),
        client_id=wish.client_id,
        client_secret=wish.client_secret,
        integration_id=wish.integration_id,
    )


def _default_site(provider: str) -> str:
    app = settings.PROVIDER_APPS.get(provider)
    return str(app["url"]) if app else URLS.get(provider, "")


def _require_free(name: str) -> None:
    if Integration.objects.filter(name=name).exists():
        raise Conflict("There is an integration of this name: give another.", code="name_taken")


def _browser(by: Member) -> oauth_states.Browser:
    """Raises `Forbidden` for who asks by a token: there is nobody to be led to the provider."""
    if by.token is not None or by.session is None:
        raise Forbidden("This is for browsers: log in and connect there.", code="browser_only")
    return oauth_states.Browser(organization_id=by.organization.id, session_id=by.session.id)


# --- after: what came back -----------------------------------------------------------------------


def _require_code(back: Back, provider: str) -> None:
    label = Provider(provider).label
    if back.error == "access_denied":
        raise Forbidden(
            f"It was not allowed at {label}: nothing was connected. Begin again if it should be.",
            code="authorization_denied",
        )
    if back.error or not back.code:
        raise Unprocessable(
            f"{label} sent no authorization: nothing was connected. Begin again; where an owner "
            "must approve the app there first, wait for that.",
            code="authorization_failed",
        )


def _planned(row: OAuthState, name: str, by: Member) -> Integration:
    """The integration that was begun for. Raises `NotFound` for one that is gone meanwhile."""
    if row.integration_id is not None:
        return services.integration_of(row.integration_id, by=by)
    return Integration(name=name, provider=row.provider, url=row.url, created_by=by.user.id)


def _require_scopes(provider: str, tokens: grants.Tokens) -> None:
    """Raises `Unprocessable` where less was allowed than is needed."""
    dialect = grants.DIALECTS[provider]
    is_of_app = tokens.access.startswith("ghu_")  # a GitHub App's have permissions, no scopes
    is_told = bool(tokens.scopes) or (provider == Provider.GITHUB and not is_of_app)
    missing = set(dialect.scopes) - tokens.scopes - {"offline_access"} if is_told else set()
    if not (tokens.refresh or dialect.is_lasting):
        missing.add("offline_access")
    if missing:
        raise Unprocessable(
            f"Less was allowed than is needed: {', '.join(sorted(missing))}. Connect again and "
            "allow all of it; the app at the provider must ask for it, too.",
            code="missing_scope",
        )


def _installed(
    integration: Integration, app: ProviderApp, tokens: grants.Tokens, back: Back, by: Member
) -> Integration:
    """By an installation that the person administers; their own token is given back."""
    integration.kind = Kind.APP
    try:
        found = installing.administered(integration, tokens.access, back.installation_id)
    finally:
        grants.revoked(integration.provider, app, tokens.access, tokens.refresh)
    integration.account = found.account
    return services.store_grant(integration, Secret(installation=found.id), by=by)


def _of_site(
    row: OAuthState, integration: Integration, secret: Secret, by: Member
) -> Integration | Choice:
    """Of the one site that fits; else people choose."""
    sites = [each for each in atlassian.resources(secret.token) if _fits(each, integration)]
    if not sites:
        raise _wrong_site()
    if len(sites) == 1:
        return _stored(integration, sites[0], secret, by)
    held = {"name": integration.name, "secret": asdict(secret), "sites": _texts(sites)}
    state = oauth_states.keep(
        _browser(by),
        json.dumps(held),
        purpose=CHOOSE,
        provider=row.provider,
        url=row.url,
        integration_id=row.integration_id,
    )
    return Choice(state=state, sites=sites)


def _fits(site: atlassian.Resource, integration: Integration) -> bool:
    if integration.cloud_id:
        return site.cloud_id == integration.cloud_id
    return integration.url in ("", site.url)


def _stored(
    integration: Integration, site: atlassian.Resource, secret: Secret, by: Member
) -> Integration:
    integration.url, integration.cloud_id = site.url, site.cloud_id
    return services.store_grant(integration, secret, by=by)


def _wrong_site() -> Unprocessable:
    return Unprocessable(
        "What was allowed does not lead to this site: log in there as somebody who may see it, "
        "connect again, and choose it.",
        code="wrong_site",
    )


def _texts(sites: Collection[atlassian.Resource]) -> list[Mapping[str, str]]:
    return [asdict(each) for each in sites]


def _resource(told: Any) -> atlassian.Resource:
    return atlassian.Resource(**told)
