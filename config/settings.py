"""Django's settings, from the environment; importing them touches no server.

DEVHEALTH_ENV           production (default) or development
CONTROL_DATABASE_URI    organisations, people, tokens: PostgreSQL
DATABASE_URI            the store of facts and metrics
REDIS_URL               Redis or Valkey
DJANGO_SECRET_KEY       required in production
DEVHEALTH_ENCRYPTION_KEYS  comma separated id:key, 32 bytes in base64: providers' credentials are
                        sealed by the first and opened by all; required before one is stored
DEVHEALTH_LOGIN_GITHUB_ID, DEVHEALTH_LOGIN_GITHUB_SECRET
DEVHEALTH_LOGIN_GITLAB_ID, DEVHEALTH_LOGIN_GITLAB_SECRET, DEVHEALTH_LOGIN_GITLAB_URL
DEVHEALTH_LOGIN_GOOGLE_ID, DEVHEALTH_LOGIN_GOOGLE_SECRET
                        people may log in by these; default: by none
DEVHEALTH_PROVIDER_HOSTS  hosts and networks of the internal network that organisations may connect
                        to as providers, and over plain http; default none
DEVHEALTH_WEBHOOK_HOSTS  hosts and networks of the internal network that organisations' webhooks may
                        be sent to, and over plain http; default none
DEVHEALTH_GITHUB_CLIENT_ID, DEVHEALTH_GITHUB_CLIENT_SECRET  of an OAuth App, or of the GitHub App
DEVHEALTH_GITHUB_APP_ID, DEVHEALTH_GITHUB_APP_KEY, DEVHEALTH_GITHUB_APP_SLUG  of a GitHub App; the
                        key in PEM, or the path of its file
DEVHEALTH_GITHUB_APP_WEBHOOK_SECRETS  comma separated: what the App's webhook may be signed with
DEVHEALTH_GITLAB_CLIENT_ID, DEVHEALTH_GITLAB_CLIENT_SECRET, DEVHEALTH_JIRA_CLIENT_ID,
DEVHEALTH_JIRA_CLIENT_SECRET  of the operator's apps there; without one nobody connects by OAuth
DEVHEALTH_GITHUB_URL, DEVHEALTH_GITLAB_URL  whose the app is; default github.com, gitlab.com
DJANGO_ALLOWED_HOSTS    comma separated; production: DEVHEALTH_BASE_DOMAIN and all below it
DEVHEALTH_BASE_DOMAIN   organisations live at <slug>.<base domain>; default localhost
DEVHEALTH_BARE_HOSTS    more hosts without an organisation, where the token names it
DEVHEALTH_READ_TIMEOUT  seconds after which the store ends a request's read; default 30
DEVHEALTH_ANSWERS_SECONDS  so long Redis keeps an answer about metrics at most; default 600, 0: none
DEVHEALTH_METRICS_TOKEN what Prometheus sends to /metrics; without it there is none in production
STRIPE_SECRET_KEY       of Stripe's API; without it there is no checkout and staff set the tiers
STRIPE_WEBHOOK_SECRETS  comma separated: what Stripe may sign with; the old one too while it changes
STRIPE_API_BASE         where Stripe answers, for tests
STRIPE_RETURN_URL       where people come back to; {organization} in it stands for the slug
DEVHEALTH_LOG_FORMAT    json (production's default) or text (development's)
DEVHEALTH_LOG_LEVEL     default INFO
DEVHEALTH_ACCOUNT_URL   where browsers find the bare host; default https://<base domain>
DEVHEALTH_TRUSTED_PROXIES  networks whose X-Forwarded-For is believed; default none
EMAIL_URL               smtp://user:password@host:587 (STARTTLS), smtps://…, smtp+plain://…;
                        default console://, which prints e-mails
DEVHEALTH_MAIL_FROM     whom e-mails are from; default devhealth@<base domain>
DEVHEALTH_SUPPORT_CONTACT  whom people of a suspended organisation are told to ask; default: whom
                        e-mails are from
DEVHEALTH_OPEN_ORGANIZATION  development only: the slug of a demo's organisation whose figures
                        everybody may read, without a token and without people; default none
LOCAL_REPO_ROOTS        directories, written like PATH, below which organisations may read
                        repositories; {organization} in one stands for the organisation's id
DEVHEALTH_GIT_CACHE     where workers may keep what makes git faster; default nowhere
DEVHEALTH_STATIC_ROOT   where `collectstatic` puts what pages need; default .devhealth/static
"""

import os
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from config.logs import logging_config
from config.mail import mail_settings
from config.services import (
    control_database,
    encryption_keys,
    login_providers,
    networks,
    open_organization,
    password_of,
    provider_apps,
    seconds,
    secret_key,
    service_uris,
)

BASE_DIR = Path(__file__).resolve().parent.parent
STATE_DIR = BASE_DIR / ".devhealth"

ENVIRONMENT = os.environ.get("DEVHEALTH_ENV", "production")
if ENVIRONMENT not in ("production", "development"):
    raise ImproperlyConfigured("DEVHEALTH_ENV is `production` or `development`.")
DEVELOPMENT = ENVIRONMENT == "development"


def _names(variable: str) -> list[str]:
    return [name.strip() for name in os.environ.get(variable, "").split(",") if name.strip()]


DEBUG = False  # in development too: errors keep one shape, and no page shows settings
CONTROL_DATABASE_URI, DATABASE_URI, REDIS_URL = service_uris(STATE_DIR)
SECRET_KEY = secret_key(STATE_DIR, DEVELOPMENT)
ENCRYPTION_KEYS = encryption_keys(STATE_DIR, DEVELOPMENT)

# --- hosts ---------------------------------------------------------------------------------------

BASE_DOMAIN = os.environ.get("DEVHEALTH_BASE_DOMAIN", "localhost").lower()
ACCOUNT_URL = os.environ.get("DEVHEALTH_ACCOUNT_URL", "").rstrip("/") or (
    "http://localhost:8000" if DEVELOPMENT else f"https://{BASE_DOMAIN}"
)
TRUSTED_PROXIES = networks("DEVHEALTH_TRUSTED_PROXIES")
BARE_HOSTS = frozenset({"localhost", "127.0.0.1", BASE_DOMAIN, *_names("DEVHEALTH_BARE_HOSTS")})
HOSTLESS_PATHS = frozenset(
    {"/livez", "/readyz", "/health", "/metrics"}
)  # probes come by IP address
ALLOWED_HOSTS = _names("DJANGO_ALLOWED_HOSTS") or [BASE_DOMAIN, f".{BASE_DOMAIN}"]
if DEVELOPMENT:
    ALLOWED_HOSTS += ["localhost", "127.0.0.1", ".localhost"]

SECURE = ACCOUNT_URL.startswith("https://")
# The server in front ends TLS and says so; without the header a request is what it came as.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None

# --- a demo's organisation that everybody may look at (docs/web-client.md) -----------------------

OPEN_ORGANIZATION = open_organization(DEVELOPMENT)
OPEN_REQUESTS = frozenset(
    (method, f"/api/v1/{path}")
    for method, paths in {
        "GET": (
            "health", "meta", "filters/options", "quadrant", "heatmap", "flame", "flame/aggregated",
        ),
        "POST": (
            "home", "explain", "opportunities", "investment", "sankey", "drilldown/prs",
            "drilldown/issues", "telemetry",
        ),
    }.items()
    for path in paths
)  # fmt: skip

# --- apps and tenancy ----------------------------------------------------------------------------

SHARED_APPS = [
    "django_tenants",
    "apps.queue",
    "apps.orgs",
    "apps.inbound",
    "apps.billing",
    "apps.notify",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "unfold.apps.BasicAppConfig",  # no site of everybody's: `apps.web.admin` has two of its own
    "django.contrib.admin.apps.SimpleAdminConfig",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.github",
    "allauth.socialaccount.providers.gitlab",
    "allauth.socialaccount.providers.google",
    "ninja",
]
TENANT_APPS = ["apps.integrations", "apps.metrics", "apps.pipeline", "apps.alerts", "apps.web"]
INSTALLED_APPS = [*SHARED_APPS, *TENANT_APPS]

TENANT_MODEL = "orgs.Organization"
TENANT_DOMAIN_MODEL = "orgs.Domain"
AUTH_USER_MODEL = "orgs.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MIDDLEWARE = [
    "config.middleware.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "apps.orgs.cors.CorsMiddleware",
    "apps.orgs.tenancy.TenancyMiddleware",
    "apps.billing.metering.RatesMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "apps.web.policies.PolicyMiddleware",
]
TOKEN_PATHS = ("/api/", "/graphql", "/webhooks/")  # for programs: no cookie counts below them
CORS_PATHS = ("/api/v1/", "/graphql")  # what pages of listed origins may ask
ROOT_URLCONF = "config.urls"
PUBLIC_SCHEMA_URLCONF = "config.public_urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = False

# --- work: queues with the limit of an organisation that pays nothing, actors with their queue ----

QUEUES = {"sync": 2, "backfill": 1, "metrics": 1, "webhooks": 2, "billing": 1}
ACTORS = {
    "pipeline.sync": "sync",
    "pipeline.look": "sync",
    "pipeline.schedule": "sync",
    "pipeline.backfill": "backfill",
    "pipeline.compute": "metrics",
    "pipeline.restamp": "metrics",
    "pipeline.daily": "metrics",
    "pipeline.remove_facts": "metrics",
    "pipeline.apply_tier": "billing",
    "integrations.warn": "webhooks",
    "orgs.send_invitation": "webhooks",
    "orgs.delete_organizations": "sync",  # where git's cache is
    "orgs.make_tables": "webhooks",
    "orgs.clean_up": "webhooks",
    "billing.refresh": "billing",
    "notify.deliver": "webhooks",
    "notify.forget": "webhooks",
    "alerts.evaluate": "metrics",
}
DAILY = (
    "orgs.clean_up",
    "notify.forget",
)  # nobody's work, which plans itself anew once the clock has begun it

# Each is told, in the transaction of its end, that an organisation's compute is over.
AFTER_COMPUTE: tuple[str, ...] = ("apps.alerts.evaluating.ask",)

# --- limits: who is asked before something is made, and who counts what there is ------------------

COUNTS = {
    "repositories": "apps.pipeline.services.sources.count_repositories",
    "members": "apps.orgs.services.count_members",
    "requests_per_minute": "apps.billing.rates.count_requests",
    "graphql_points_per_hour": "apps.billing.rates.count_points",
}

# --- deleting an organisation: who may object, and what goes that is not in our own tables --------

DELETION_RULES: tuple[str, ...] = ("apps.billing.checkout.require_nothing_paid",)
DELETION_STEPS: tuple[str, ...] = (
    "apps.metrics.store.forget",
    "apps.pipeline.services.sources.forget_caches",
    "config.answers.forget",
)

# --- Stripe: without its key nobody pays, and staff set the tiers ---------------------------------

STRIPE_SECRET_KEY = os.environ.get("STRIPE_SECRET_KEY", "")
STRIPE_WEBHOOK_SECRETS = _names("STRIPE_WEBHOOK_SECRETS")
STRIPE_API_BASE = os.environ.get("STRIPE_API_BASE") or "https://api.stripe.com"
STRIPE_RETURN_URL = (
    os.environ.get("STRIPE_RETURN_URL") or f"https://{{organization}}.{BASE_DOMAIN}/"
)

# --- the machine's own disk: nothing unless the operator names directories ------------------------

PROVIDER_HOSTS = _names("DEVHEALTH_PROVIDER_HOSTS")
WEBHOOK_HOSTS = _names("DEVHEALTH_WEBHOOK_HOSTS")
# The secret of each goes to its own `url` only (Jira's: to Atlassian).
PROVIDER_APPS = provider_apps()
GITHUB_APP_WEBHOOK_SECRETS = _names("DEVHEALTH_GITHUB_APP_WEBHOOK_SECRETS")
ATLASSIAN_URLS = {"auth": "https://auth.atlassian.com", "api": "https://api.atlassian.com"}
LOCAL_REPO_ROOTS = os.environ.get("LOCAL_REPO_ROOTS", "").split(os.pathsep)
GIT_CACHE = os.environ.get("DEVHEALTH_GIT_CACHE", "")

# --- servers -------------------------------------------------------------------------------------

DATABASES = {"default": control_database(CONTROL_DATABASE_URI)}
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2**20
ANSWERS_SECONDS = int(os.environ.get("DEVHEALTH_ANSWERS_SECONDS") or 600)
READ_TIMEOUT = seconds("DEVHEALTH_READ_TIMEOUT", 30)  # of the store's reads, except work's

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "apps" / "web" / "templates"],  # before allauth's own
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "django",
    }
}
STATIC_URL = "/static/"
STATIC_ROOT = os.environ.get("DEVHEALTH_STATIC_ROOT") or STATE_DIR / "static"

METRICS_TOKEN = os.environ.get("DEVHEALTH_METRICS_TOKEN", "")

# --- people --------------------------------------------------------------------------------------

AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "/account/login/"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "apps.web.forms.SignUpForm"
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_CONFIRM_EMAIL_ON_GET = False  # what fetches links in e-mails confirms nothing
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_ADAPTER = "apps.web.adapters.AccountAdapter"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if SECURE else "http"
# Passwords are counted by `apps.orgs.attempts`; codes of a second factor by this, as often.
ACCOUNT_RATE_LIMITS = {"login_failed": "1000/m/ip,10/900s/key"}
MFA_ADAPTER = "apps.web.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "devhealth"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEVELOPMENT
MFA_FORMS = {  # which host a passkey may speak for is ours to say
    "add_webauthn": "apps.web.passkeys.AddForm",
    "login_webauthn": "apps.web.passkeys.LoginForm",
    "authenticate_webauthn": "apps.web.passkeys.AuthenticateForm",
    "reauthenticate_webauthn": "apps.web.passkeys.ReauthenticateForm",
}
SOCIALACCOUNT_PROVIDERS = login_providers()
# An address that the provider has confirmed is as good as one that we have.
SOCIALACCOUNT_EMAIL_AUTHENTICATION = SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_STORE_TOKENS = False

STAFF_NEED_MFA = not DEVELOPMENT  # to come into the operator's own admin

# A cookie is of one host: organisations cannot set each other's.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
_COOKIE = "__Host-{}" if SECURE else "{}"
SESSION_ENGINE = "apps.orgs.browser_session"
SESSION_COOKIE_NAME = _COOKIE.format("session")
CSRF_COOKIE_NAME = _COOKIE.format("csrftoken")
CSRF_COOKIE_HTTPONLY = True
NONCE_COOKIE = _COOKIE.format("nonce")
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

OPERATION_TABLE = "config.operations.OPERATIONS"
# Each is asked before an organisation gets a member.
SEAT_RULES: tuple[str, ...] = ("apps.billing.services.require_room_for_member",)
# Each is asked before a person founds an organisation.
FOUNDING_RULES: tuple[str, ...] = ("apps.billing.services.require_room_for_organization",)

# --- e-mail --------------------------------------------------------------------------------------

EMAIL_URL = os.environ.get("EMAIL_URL") or "console://"
DEFAULT_FROM_EMAIL = os.environ.get("DEVHEALTH_MAIL_FROM") or f"devhealth@{BASE_DOMAIN}"
SUPPORT_CONTACT = os.environ.get("DEVHEALTH_SUPPORT_CONTACT") or DEFAULT_FROM_EMAIL
globals().update(mail_settings(EMAIL_URL))  # Django's EMAIL_… names

# --- GraphQL: models describe themselves ----------------------------------------------------------

STRAWBERRY_DJANGO = {
    "FIELD_DESCRIPTION_FROM_HELP_TEXT": True,
    "TYPE_DESCRIPTION_FROM_MODEL_DOCSTRING": True,
}

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
FORMAT_MODULE_PATH = "config.formats"

LOG_FORMAT = os.environ.get("DEVHEALTH_LOG_FORMAT") or ("text" if DEVELOPMENT else "json")
if LOG_FORMAT not in ("json", "text"):
    raise ImproperlyConfigured("DEVHEALTH_LOG_FORMAT is `json` or `text`.")
LOGGING: dict[str, Any] = logging_config(
    "json" if LOG_FORMAT == "json" else "text",
    os.environ.get("DEVHEALTH_LOG_LEVEL", "INFO"),
    secrets=(
        SECRET_KEY,
        *(each.partition(":")[2] for each in ENCRYPTION_KEYS),
        *(app["secret"] for each in SOCIALACCOUNT_PROVIDERS.values() for app in each["APPS"]),
        *(each[name] for each in PROVIDER_APPS.values() for name in ("client_secret", "key")),
        METRICS_TOKEN,
        STRIPE_SECRET_KEY,
        *STRIPE_WEBHOOK_SECRETS,
        *GITHUB_APP_WEBHOOK_SECRETS,
        DATABASES["default"]["PASSWORD"],
        password_of(DATABASE_URI),
        password_of(REDIS_URL),
        password_of(EMAIL_URL),
    ),
)
